"""Starts or finds what the lessons deploy to; `STREAMING_TARGET=aws` points `start_cloud` at your account.

There is no fallback from one to the other: without usable credentials nothing is deployed anywhere.
"""

import json
import os
import subprocess
import sys

import boto3
from botocore.session import Session as BotocoreSession

from lab.cloud import account
from lab.cloud.cloud import Cloud
from lab.cloud.plan import plan
from lab.cloud.run import run_name
from lab.cloud.teardown import clear
from lab.streams.source import is_loopback

TARGET_VARIABLE = "STREAMING_TARGET"
URL_AUTH_VARIABLE = "STREAMING_URL_AUTH"
SCALE_VARIABLE = "LOCAL_AWS_LIMIT_SCALE"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def start_cloud(lesson: str, limit_scale: float = 1.0, **environment: str) -> Cloud:
    """What the lesson (two digits) deploys to: the stand-in, or with STREAMING_TARGET=aws your account.

    On the stand-in, `limit_scale` times AWS's limits are its own, so that a lesson can reach them, and
    `environment` adds to its environment variables (`LOCAL_AWS_COALESCE="hold-last"`).
    Raises `RuntimeError` if the stand-in does not start, if the target is unknown, if there are no usable
    credentials, or if the account has not been confirmed; then nothing has been created.
    """
    target = os.environ.get(TARGET_VARIABLE, "local")
    if target == "local":
        return start_stand_in(lesson, limit_scale, **environment)
    if target == "aws":
        return use_account(lesson)
    raise RuntimeError(
        f"{TARGET_VARIABLE}={target!r} is no target: it is local (the default) or aws. Nothing was created."
    )


def start_stand_in(lesson: str, limit_scale: float = 1.0, **environment: str) -> Cloud:
    """Start the stand-in, whatever the target; `environment` adds to its environment variables. Raises
    `RuntimeError` if it does not start."""
    if sys.platform == "win32":
        raise RuntimeError("The stand-ins run functions as Unix processes: on Windows, use WSL from here on.")
    process = subprocess.Popen(
        [sys.executable, "-m", "server.local_aws", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, SCALE_VARIABLE: str(limit_scale), **environment},
        start_new_session=True,  # the interrupt that stops a cell must not stop it
    )
    assert process.stdout is not None
    announcement = process.stdout.readline()
    if not announcement:
        raise RuntimeError(
            "the stand-in did not start; in a terminal `.venv/bin/python -m server.local_aws` says why"
        )
    return Cloud(
        session=isolated_session(),
        run=run_name(lesson),
        limit_scale=limit_scale,
        process=process,
        **json.loads(announcement),
    )


def isolated_session() -> boto3.Session:
    """Return a session that reads nothing of the reader's AWS configuration: no variables, no files."""
    variables = {
        name: (key, None, default, convert)
        for name, (key, _, default, convert) in BotocoreSession.SESSION_VARIABLES.items()
    }
    for name in ("config_file", "credentials_file"):
        variables[name] = (None, None, os.devnull, None)
    return boto3.Session(botocore_session=BotocoreSession(session_vars=variables), **CREDENTIALS)


def use_account(lesson: str) -> Cloud:
    """The AWS account of the ordinary AWS configuration, after a look at who you are and your confirmation;
    what an interrupted run of the lesson has left is deleted. Raises `RuntimeError`, see `start_cloud`."""
    caller = account.who_am_i()
    cloud = cloud_of(caller, lesson)
    print(f"You are {caller.arn}, in {caller.region}, by {caller.endpoint_url}.")
    print(plan(lesson, caller.account_id, caller.region, cloud.run))
    account.confirm(caller, "To create this")
    clear(cloud)
    return cloud


def cloud_of(caller: account.Caller, lesson: str) -> Cloud:
    """What `caller` reaches. Where the configuration names an endpoint of its own (AWS_ENDPOINT_URL), what is
    measured carries its name, not that of AWS; if it is on this machine, LOCAL."""
    own_endpoint = ".amazonaws.com" not in caller.endpoint_url
    here = is_loopback(caller.endpoint_url)
    return Cloud(
        session=caller.session,
        endpoint_url=caller.endpoint_url if own_endpoint else None,
        region=caller.region,
        run=run_name(lesson, caller.arn),
        url_auth=asked_url_auth(),
        limit_scale=float(os.environ.get(SCALE_VARIABLE, "1")) if here else 1.0,
    )


def asked_url_auth() -> str:
    """The AuthType of Function URLs on AWS: signed requests only, unless the reader asks for public ones."""
    asked = os.environ.get(URL_AUTH_VARIABLE, "AWS_IAM")
    if asked not in ("AWS_IAM", "NONE"):
        raise RuntimeError(f"{URL_AUTH_VARIABLE}={asked!r}: it is AWS_IAM (the default) or NONE (public)")
    return asked
