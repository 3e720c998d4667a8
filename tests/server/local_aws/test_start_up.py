"""What the stand-in and `lab` import: little before it is needed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

START = """
import asyncio
import server.local_aws.command
from server.local_aws.stand_in import StandIn

async def main():
    stand_in = StandIn()
    await stand_in.start()
    ready = sorted(sys.modules)
    await stand_in.stop()
    return ready

ready = asyncio.run(main())
for name in set(sys.modules) - set(ready):
    del sys.modules[name]
"""

NEEDED_LATER = {"sympy", "moto.ec2", "rfc3987_syntax", "jsonschema", "graphql", "aiohttp", "moto.awslambda"}
"""Each takes a tenth of a second or more; `rfc3987_syntax` and `moto.ec2` more than one."""


def modules_after(code: str, folder: Path) -> set[str]:
    code = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, check=True)
    return set(json.loads(done.stdout))


def test_a_stand_in_that_is_ready_has_not_imported_what_only_some_services_need() -> None:
    imported = modules_after(START, ROOT)
    assert imported & NEEDED_LATER == set()
    assert "moto.iam.models" in imported


@pytest.mark.parametrize(
    ("code", "deferred"),
    [
        ("from moto.ecs.models import ecs_backends; ecs_backends['1']['us-east-1']", "moto.ec2.models"),
        ("import moto.apigateway.models", "openapi_spec_validator.shortcuts"),
        ("import moto.apigateway.models", "rfc3987_syntax"),
        ("import moto.apigateway.models", "isoduration"),
    ],
    ids=["ecs", "apigateway", "jsonschema", "durations"],
)
def test_what_moto_names_and_hardly_ever_uses_is_not_imported_with_it(code: str, deferred: str) -> None:
    assert deferred not in modules_after(f"import server.local_aws.control_plane.moto; {code}", ROOT)


def test_a_route_builds_its_urls_though_their_builder_is_compiled_when_it_is_used() -> None:
    code = """
import server.local_aws.control_plane.moto
from werkzeug.routing import Map, Rule
urls = Map([Rule("/a/<int:number>", endpoint="a")]).bind("host")
for build in range(2):
    assert urls.build("a", {"number": 7, "more": "x"}) == "/a/7?more=x"
    assert urls.build("a", {"number": 7, "more": "x"}, append_unknown=False) == "/a/7"
"""
    assert "moto.ec2.models" not in modules_after(code, ROOT)


def test_what_is_deferred_is_complete_when_it_is_used() -> None:
    code = """
import server.local_aws.control_plane.moto
from moto.ec2 import ec2_backends
from openapi_spec_validator import validate
from openapi_spec_validator.validation import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
assert ec2_backends["123456789012"]["us-east-1"].describe_vpcs()
try:
    validate({"openapi": "3.0.0"})
except OpenAPIValidationError as error:
    assert "info" in str(error)
import moto.ec2
assert moto.ec2.models.ec2_backends["123456789012"] is ec2_backends["123456789012"]
"""
    assert {"moto.ec2.models", "openapi_spec_validator.shortcuts"} <= modules_after(code, ROOT)


def test_lab_reads_streams_without_knowing_aws_or_drawing() -> None:
    imported = modules_after("import lab, lab.streams.readers", ROOT / "notebooks")
    assert not {name.partition(".")[0] for name in imported} & {"boto3", "botocore", "moto", "matplotlib"}


def test_the_notebooks_without_aws_import_nothing_of_it() -> None:
    imports = set()
    for path in sorted((ROOT / "notebooks").glob("0[0-5]_*.ipynb")):
        cells = [
            cell["source"] for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"
        ]
        lines = [line.strip() for source in cells for line in "".join(source).splitlines()]
        imports |= {line for line in lines if re.match(r"(from [\w.]+ )?import [\w., ]+$", line)}
    assert len(imports) > 20
    imported = modules_after("\n".join(sorted(imports)), ROOT / "notebooks")
    assert not {name.partition(".")[0] for name in imported} & {"boto3", "botocore", "moto"}
