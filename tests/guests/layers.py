"""A function that uses what its layers bring along."""

import os
import subprocess
import sys
from pathlib import Path


def handler(event: dict[str, object], context: object) -> dict[str, object]:
    """What is found by name, in the order of search paths, and what is at `/opt`."""
    import helper  # type: ignore[import-not-found]

    return {
        "helper": helper.NAME,
        "tool": subprocess.run(["tool-of-a-layer"], capture_output=True, text=True, check=True).stdout,
        "wrapped": os.environ.get("WRAPPED"),
        "opt": sorted(path.name for path in Path("/opt").iterdir() if path.name.startswith("layer-")),
        "layers": os.environ["LAMBDA_LAYERS_ROOT"],
        "first": Path(sys.path[0]) == Path(os.environ["LAMBDA_TASK_ROOT"]),
    }
