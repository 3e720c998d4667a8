"""Where the lessons deploy to: the stand-in for AWS on this machine, or an AWS account.

`STREAMING_TARGET=aws` points `start_cloud` at the account of your AWS configuration. There is no fallback
from one to the other: without usable credentials nothing is deployed anywhere.
"""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession

from lab.cloud import account, client_hooks
from lab.cloud.plan import plan
from lab.cloud.run import full_name, run_name
from lab.cloud.signing import FunctionUrlSigner
from lab.cloud.teardown import clear
from lab.streams import signers
from lab.streams.source import is_loopback, source_of

TARGET_VARIABLE = "STREAMING_TARGET"
URL_AUTH_VARIABLE = "STREAMING_URL_AUTH"
SCALE_VARIABLE = "LOCAL_AWS_LIMIT_SCALE"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

MAKING_CLIENTS = Lock()
"""A client may be used by several threads, but a session makes one at a time."""


@dataclass
class Cloud:
    """`client("lambda")` is an ordinary boto3 client; what it creates is tagged with `run`.

    `url_auth` is the AuthType of the Function URLs that lessons create, `limit_scale` what AWS's limits are
    multiplied by (1 on AWS).

    >>> with start_cloud("00") as cloud:
    ...     cloud.client("lambda").list_functions()["Functions"]
    []
    """

    session: boto3.Session
    endpoint_url: str | None
    region: str
    run: str
    url_auth: str = "NONE"
    limit_scale: float = 1.0
    process: "subprocess.Popen[str] | None" = None

    @property
    def label(self) -> str:
        """Where it is: `LOCAL`, or AWS with its Region and today's date."""
        return source_of(self.endpoint_url or f"https://sts.{self.region}.amazonaws.com")

    @property
    def is_local(self) -> bool:
        """True if its API calls are answered on this machine."""
        return self.endpoint_url is not None and is_loopback(self.endpoint_url)

    @property
    def account_id(self) -> str:
        identity: str = self.client("sts").get_caller_identity()["Account"]
        return identity

    @property
    def url_principal(self) -> str:
        """Whom a Function URL's permissions are for: everybody, or with AWS_IAM the account."""
        return "*" if self.url_auth == "NONE" else self.account_id

    def name(self, text: str) -> str:
        """The name of something that a lesson creates: the run's, and `text`."""
        return full_name(self.run, text)

    def client(self, service: str, endpoint_url: str | None = None) -> Any:
        """A boto3 client of `service`. With a stand-in of its own it gives up at the first error; with an
        account it tries again when told to slow down, and waits for roles to be known (`client_hooks`)."""
        attempts = 1 if self.process is not None else 8
        config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=60)
        with MAKING_CLIENTS:
            client = self.session.client(
                service,
                endpoint_url=endpoint_url or self.endpoint_url,
                region_name=self.region,
                config=config,
            )
        client_hooks.tag_everything(client, self.run)
        client_hooks.wait_for_roles(client)
        if not self.is_local:
            client_hooks.let_changes_settle(client)
        return client

    def address(self, host: str, scheme: str = "http") -> str:
        """The URL of a host that AWS names, with TLS; the stand-in names HOST:PORT, or a URL, without."""
        if "://" in host:
            return host
        return f"{scheme}://{host}" if self.is_local else f"{scheme}s://{host}"

    def endpoints(self) -> list[dict[str, str]]:
        """What the stand-in has deployed and reachable: service, kind, id and URL of each."""
        with urllib.request.urlopen(f"{self.endpoint_url}/_local/endpoints", timeout=10) as response:
            listed: list[dict[str, str]] = json.load(response)
        return listed

    def sign_requests_to(self, url: str) -> None:
        """From now on sign the requests of readers and curl to the Function URL `url`, if it asks for it."""
        if self.url_auth == "AWS_IAM":
            signers.sign_with(FunctionUrlSigner(self.session, self.region), url)

    def stop(self) -> None:
        """End the stand-in and all that it started. Does nothing when it has ended, or on AWS."""
        if self.process is not None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(20)

    def __enter__(self) -> "Cloud":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "" if self.process is None or self.process.poll() is None else ", stopped"
        return f"<Cloud {self.label} {self.endpoint_url or ''} {self.region} {self.run}{state}>"


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
    """A session that reads nothing of the reader's AWS configuration: no variables, no files."""
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
        url_auth=url_auth(),
        limit_scale=float(os.environ.get(SCALE_VARIABLE, "1")) if here else 1.0,
    )


def url_auth() -> str:
    """The AuthType of Function URLs on AWS: signed requests only, unless the reader asks for public ones."""
    asked = os.environ.get(URL_AUTH_VARIABLE, "AWS_IAM")
    if asked not in ("AWS_IAM", "NONE"):
        raise RuntimeError(f"{URL_AUTH_VARIABLE}={asked!r}: it is AWS_IAM (the default) or NONE (public)")
    return asked
