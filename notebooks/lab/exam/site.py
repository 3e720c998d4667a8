"""Where the endpoints of an exam stand: an origin, relays, Envoys and deployments, all on this machine.

Every method puts one layer in front of what is there, and returns its address without a path; all of them
answer at `PATH`, so that an address tells nothing.
"""

import itertools
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from threading import Lock

from lab.cloud import Cloud, start_stand_in
from lab.deploy.api import deploy_http_api, deploy_rest_api
from lab.deploy.containers import deploy_app_runner
from lab.deploy.function import FOLDERS, deploy
from lab.streams.relay import Transform, relay
from server.embedded import EmbeddedServer
from server.envoy.process import Envoy, route_to

PATH = "/transfer-encoding"
AS_ON_AWS = 1.0
LIMITED = 1 / 20
"""What AWS's limits are multiplied with where one is the cause: App Runner's 120 s become 6 s, and an edge
API's 30 s of silence 1.5 s."""
RATE_LIMITED = 1 / 60
"""The same for Lambda's rate: its free 6 MiB become 105 kB, its 2 MiB/s 35 kB/s."""

COALESCING = {"LOCAL_AWS_COALESCE": "hold-last"}


class Site:
    """Holds what was opened, until `close()`. Nothing is on AWS, whatever the other lessons deploy to."""

    def __init__(self) -> None:
        self._opened = ExitStack()
        self._clouds: dict[float, Cloud] = {}
        self._starting = {scale: Lock() for scale in (AS_ON_AWS, LIMITED, RATE_LIMITED)}
        self._numbers = itertools.count(1)
        self.origin = self._opened.enter_context(EmbeddedServer()).url("")

    def close(self) -> None:
        """End every layer. Does nothing the second time."""
        self._opened.close()

    def relay(self, upstream: str, transform: Transform, headers: Mapping[str, str] | None = None) -> str:
        return self._opened.enter_context(relay(upstream, transform, headers)).url("")

    def envoy(self, upstream: str, lua: str | None = None) -> str:
        """Raises `EnvoyUnavailable`."""
        return self._opened.enter_context(Envoy(route_to(upstream, lua=lua))).url("")

    def function_url(self, folder: str, mode: str, limit_scale: float) -> str:
        """The function of that folder of `lambda/`, started once, so that its first picture is not the cold
        start's."""
        return self._deployed(self.cloud(limit_scale), folder, mode)

    def coalescing_url(self, folder: str) -> str:
        """The same, streaming, on a stand-in of its own that holds what a function has written last."""
        cloud = self._opened.enter_context(start_stand_in("13", AS_ON_AWS, **COALESCING))
        return self._deployed(cloud, folder, "RESPONSE_STREAM")

    def rest_api(self, upstream: str, mode: str, limit_scale: float, endpoint_type: str = "REGIONAL") -> str:
        cloud = self.cloud(limit_scale)
        stage = deploy_rest_api(cloud, self._name(), upstream + PATH, mode, endpoint_type)
        api = next(each for each in cloud.endpoints() if stage.startswith(each["url"]))
        # a second stage with the name of the path: "prod" in an address would tell
        cloud.client("apigateway").create_deployment(restApiId=api["id"], stageName=PATH.strip("/"))
        return api["url"]

    def http_api(self, upstream: str) -> str:
        return deploy_http_api(self.cloud(AS_ON_AWS), self._name(), upstream + PATH)

    def app_runner(self, limit_scale: float) -> str:
        """Raises `RuntimeError` if the service does not run."""
        return deploy_app_runner(self.cloud(limit_scale), self._name())

    def cloud(self, limit_scale: float) -> Cloud:
        """The stand-in with AWS's limits times `limit_scale`, started when it is needed first."""
        with self._starting[limit_scale]:  # several endpoints are built at once
            if limit_scale not in self._clouds:
                cloud = self._opened.enter_context(start_stand_in("13", limit_scale))
                self._clouds[limit_scale] = cloud
            return self._clouds[limit_scale]

    def _deployed(self, cloud: Cloud, folder: str, mode: str) -> str:
        deployed = deploy(cloud, self._name(), FOLDERS / folder, mode=mode)
        with urllib.request.urlopen(f"{deployed.url}?count=1&interval_ms=0", timeout=20) as response:
            response.read()
        return deployed.url.rstrip("/")

    def _name(self) -> str:
        return f"exam-{next(self._numbers)}"
