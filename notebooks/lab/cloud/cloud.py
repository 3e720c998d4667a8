"""What the lessons deploy to: the stand-in for AWS on this machine, or an AWS account, as one object."""

import json
import subprocess
import urllib.request
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from lab.cloud import client_hooks
from lab.cloud.run import full_name
from lab.cloud.signing import FunctionUrlSigner
from lab.streams import signers
from lab.streams.source import is_loopback, source_of

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
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict, repr=False)

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
        """The principal of a Function URL's permissions: everybody, or with AWS_IAM the account."""
        return "*" if self.url_auth == "NONE" else self.account_id

    def name(self, text: str) -> str:
        """Return the name of something that a lesson creates: the run's, and `text`."""
        return full_name(self.run, text)

    def client(self, service: str, endpoint_url: str | None = None) -> Any:
        """Return the boto3 client of `service`, made when it is first asked for. With a stand-in of its own
        it gives up at the first error; with an account it tries again when told to slow down, and waits for
        roles to be known (`client_hooks`)."""
        with MAKING_CLIENTS:
            if (service, endpoint_url) not in self._clients:
                self._clients[service, endpoint_url] = self._make_client(service, endpoint_url)
            return self._clients[service, endpoint_url]

    def _make_client(self, service: str, endpoint_url: str | None) -> Any:
        attempts = 1 if self.process is not None else 8
        config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=60)
        client = self.session.client(
            service,
            endpoint_url=endpoint_url or self.endpoint_url,
            region_name=self.region,
            config=config,
        )
        _ = client.exceptions  # it is made when first asked for, and two threads would make two of them
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

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "" if self.process is None or self.process.poll() is None else ", stopped"
        return f"<Cloud {self.label} {self.endpoint_url or ''} {self.region} {self.run}{state}>"
