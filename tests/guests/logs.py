"""A function that logs on every way, uses as much memory as its event says, and fails where that says so."""

import logging
import os
from typing import Any


def handler(event: dict[str, Any], context: object) -> int:
    logging.getLogger("mine").info("told %s", "so", extra={"order": 7})
    logging.getLogger().debug("too detailed")
    logging.warning({"as": "it is"})
    print("printed")
    used = bytearray(event.get("megabytes", 0) * 1_000_000)
    if "fail" in event:
        raise ValueError("as asked")
    return len(used)


def variables(event: dict[str, Any], context: object) -> dict[str, str | None]:
    """What of its environment is about logs and traces."""
    names = ("AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL", "AWS_XRAY_DAEMON_ADDRESS")
    return {name: os.environ.get(name) for name in (*names, "AWS_LAMBDA_LOG_GROUP_NAME")}
