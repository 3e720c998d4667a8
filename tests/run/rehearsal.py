"""A lesson with AWS as its target, as a user who may do what the lesson says it needs, and nothing else.

It is the second pass of a notebook that deploys (`twice`). The account is a stand-in that enforces IAM; the
switch, the credentials, the signatures, the names and the teardown are those of AWS.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.cloud.plan import LESSONS, plan
from lab.cloud.run import run_name
from tests.aws_target.account import ACCOUNT_ID, OWN_VARIABLES, REGION, TestAccount

SWITCH = """\
import json, os
from lab.cloud import client_hooks

for name in [name for name in os.environ if name.startswith({own!r})]:
    del os.environ[name]
os.environ.update({environment!r})

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


def is_rehearsed(lesson: str) -> bool:
    """Return whether `lesson` (two digits) deploys, so that it has AWS as its second target."""
    return lesson in LESSONS


@contextmanager
def rehearsal(lesson: str, calls: Path) -> Iterator[str]:
    """Yield the source of a cell that points the kernel at an account of its own and records the calls.

    Raises `AssertionError` at the end unless the lesson has created what its plan says and left nothing.
    """
    # lesson 10 waits for limits of minutes
    account = TestAccount.start(1 / 40 if lesson == "10" else 1.0)
    try:
        user = f"learner-{lesson}"
        environment = account.configuration(LESSONS[lesson].groups(), user)
        yield SWITCH.format(own=OWN_VARIABLES, environment=environment, path=str(calls))
        assert account.leftovers() == {}
    finally:
        account.stop()
    run = run_name(lesson, f"arn:aws:iam::{ACCOUNT_ID}:user/{user}")
    planned = plan(lesson, ACCOUNT_ID, REGION, run).resources
    assert created(calls, run) == {each for each in planned if each[0] in CREATIONS.values()}


def created(calls: Path, run: str) -> set[tuple[str, str]]:
    """Return the kinds and names of what the run has created; the others are a second stand-in's."""
    made = [json.loads(line) for line in calls.read_text().splitlines()]
    return {
        (CREATIONS[operation], name)
        for _, operation, name in made
        if operation in CREATIONS and name.startswith(run)
    }
