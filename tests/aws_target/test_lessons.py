"""Each lesson with AWS as its target, as a user who may do what the lesson says it needs, and nothing else.

The account is the stand-in; the switch, the credentials, the signatures, the names and the teardown are those
of AWS.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lab.cloud.plan import LESSONS, plan
from lab.cloud.run import run_name

from .account import ACCOUNT_ID, NOTEBOOKS, REGION, TestAccount

RECORD_CALLS = """\
import json
from lab.cloud import client_hooks

NAMES = ("FunctionName", "RoleName", "name", "Name", "ServiceName", "serviceName", "repositoryName")

def tag_and_record(client, run, tag=client_hooks.tag_everything):
    tag(client, run)
    def note(params, model, **_):
        name = next((params[key] for key in NAMES if key in params), "")
        with open({path!r}, "a") as calls:
            calls.write(json.dumps([model.service_model.service_name, model.name, name]) + "\\n")
    client.meta.events.register("provide-client-params", note)

client_hooks.tag_everything = tag_and_record
"""
CREATIONS = {
    "CreateRole": "IAM role",
    "CreateFunction": "Lambda function",
    "CreateRestApi": "REST API",
    "CreateGraphqlApi": "AppSync GraphQL API",
    "CreateService": "App Runner service",
    "CreateExpressGatewayService": "ECS Express service",
}


def run_lesson(lesson: str, environment: dict[str, str], calls: Path) -> None:
    (path,) = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(RECORD_CALLS.format(path=str(calls))))
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}})
    client.execute(env=environment)


@pytest.fixture
def patient(lesson: str, request: pytest.FixtureRequest) -> Iterator[TestAccount]:
    """The account; for lesson 10, which waits for limits of minutes, one with a fortieth of the limits."""
    if lesson != "10":
        yield request.getfixturevalue("account")
        return
    account = TestAccount.start(1 / 40)
    yield account
    account.stop()


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_creates_what_it_says_and_leaves_nothing(
    patient: TestAccount, lesson: str, tmp_path: Path
) -> None:
    environment = patient.environment(LESSONS[lesson].groups(), f"learner-{lesson}")
    before = patient.leftovers()
    run_lesson(lesson, environment, tmp_path / "calls")
    assert patient.leftovers() == before
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    arn = f"arn:aws:iam::{ACCOUNT_ID}:user/learner-{lesson}"
    run = run_name(lesson, arn)
    created = {
        (CREATIONS[operation], name)
        for _, operation, name in calls
        if operation in CREATIONS and name.startswith(run)  # the others are a second stand-in's
    }
    planned = set(plan(lesson, ACCOUNT_ID, REGION, run).resources)
    assert created == {each for each in planned if each[0] in CREATIONS.values()}
