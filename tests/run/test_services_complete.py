"""A service of the stand-in is complete when all has it that has to: what it lacks is said by its name."""

import ast
import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from unittest.mock import MagicMock

import pytest
from botocore.session import get_session

from lab.cloud.permissions import GROUPS, LOOK
from lab.cloud.plan import LESSONS
from lab.cloud.teardown import find
from server.local_aws.iam.resources import KINDS
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.service import Service
from server.local_aws.services import SERVICES
from server.local_aws.stand_in import StandIn
from tests.support.account import Account

ROOT = Path(__file__).parents[2]
LOCAL_AWS = ROOT / "server" / "local_aws"
README = LOCAL_AWS / "README.md"
ROW = re.compile(r"^\| `([\w-]+)` \| `(\w+)/` \| .* \| (.+) \|$", re.MULTILINE)

NOTHING_IS_DEPLOYED = {"cloudformation", "sts"}
"""Services of which nothing listens, and of which no lesson creates anything: what a stack deploys is other
services'."""

LIMITS = {field.name for field in fields(Limits)}


def lacks(name: str, module: str) -> Iterator[str]:
    """What the service that signs as `name` lacks, each with the file in which it has to be added."""
    folder = module.split(".")[2]
    if not (ROOT / module.replace(".", "/")).with_suffix(".py").exists():
        yield f"server/local_aws/services.py: a module that exists, {module} does not"
    if name not in KINDS:
        yield "server/local_aws/iam/resources.py: permissions, the resources of its calls in KINDS"
    if name not in rows() or rows()[name][0] != folder:
        yield f"server/local_aws/README.md: documentation, its row, with the folder `{folder}/`"
    elif "none" not in rows()[name][1] and not limits_of(name):
        yield "server/local_aws/README.md: its limits, fields of platform/limits.py, or `none`"
    if not (ROOT / "tests" / "server" / "local_aws" / folder).is_dir():
        yield f"tests/server/local_aws/{folder}/: tests"
    if name in NOTHING_IS_DEPLOYED:
        return
    if not makes_endpoints(LOCAL_AWS / folder):
        yield f"server/local_aws/{folder}/: endpoints, an Endpoint for whatever it opens (a Hosting adds one)"
    if name not in services_of(LOOK):
        yield "notebooks/lab/cloud/permissions.py: permissions to find what there is, in LOOK"
    allowed = {group for group, entries in GROUPS.items() if name in services_of(entries)}
    if not allowed:
        yield "notebooks/lab/cloud/permissions.py: permissions to create and delete, in GROUPS"
    if not any(allowed & set(creates.groups()) for creates in LESSONS.values()):
        yield "notebooks/lab/cloud/plan.py: plan, a lesson in LESSONS that creates something of it"
    if name not in asked_by_teardown():
        yield "notebooks/lab/cloud/teardown.py: teardown, a listing of it in find()"


@cache
def rows() -> dict[str, tuple[str, str]]:
    """Of each service in the README's table: its folder, and what the row says of its limits."""
    return {name: (folder, limits) for name, folder, limits in ROW.findall(README.read_text("utf-8"))}


def limits_of(name: str) -> set[str]:
    patterns = re.findall(r"`([\w*]+)`", rows()[name][1])
    return {limit for limit in LIMITS for pattern in patterns if fnmatch(limit, pattern)}


def services_of(entries: list[tuple[str, list[str]]]) -> set[str]:
    return {action.partition(":")[0] for _, actions in entries for action in actions}


def makes_endpoints(folder: Path) -> bool:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py"))
    called = {node.func.id for tree in trees for node in ast.walk(tree) if is_call_of_a_name(node)}
    return bool(called & {"Endpoint", "Hosting"})


def is_call_of_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@cache
def asked_by_teardown() -> set[str]:
    """The services that `find` asks for what they have, by the names for which their calls are signed."""
    cloud, session = MagicMock(), get_session()
    assert find(cloud) == []
    names = {call.args[0] for call in cloud.client.call_args_list}
    return {session.get_service_model(name).signing_name for name in names}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_complete(name: str) -> None:
    found = list(lacks(name, SERVICES[name][0]))
    assert not found, f"the service {name} lacks, in " + "; in ".join(found)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_methods_of_one(name: str) -> None:
    module, made_by = SERVICES[name]
    service = getattr(import_module(module), made_by)
    methods = [method for method in vars(Service) if not method.startswith("_")]
    without = [method for method in methods if not callable(getattr(service, method, None))]
    assert not without, f"{module}.{made_by} lacks {', '.join(without)}"


def test_the_table_has_no_other_services_and_every_limit() -> None:
    assert rows().keys() == SERVICES.keys()
    nobodys = LIMITS - set().union(*(limits_of(name) for name in rows()))
    assert not nobodys, f"whose limits are these, in {README.relative_to(ROOT)}? {sorted(nobodys)}"


def test_what_a_new_service_lacks_is_said_by_its_name() -> None:
    found = list(lacks("toy", "server.local_aws.toy.service"))
    assert [re.split(": |, ", lack)[1].split()[0] for lack in found] == [
        "a",
        "permissions",
        "documentation",
        "tests",
        "endpoints",
        "permissions",
        "permissions",
        "plan",
        "teardown",
    ]


async def test_the_readmes_example_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(
        r"^   ```python\n(.*?)^   ```$", README.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "example_of_the_readme.py").write_text(dedent(example))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SERVICES, "sqs", ("example_of_the_readme", "Queue"))
    stand_in = StandIn()
    client = Account(await stand_in.start()).client("sqs")
    try:
        queue = (await asyncio.to_thread(client.create_queue, QueueName="toy"))["QueueUrl"]
        sent = await asyncio.to_thread(client.send_message, QueueUrl=queue, MessageBody="hello")
        assert sent["MessageId"] == "5 letters"
    finally:
        await stand_in.stop()
