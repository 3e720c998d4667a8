"""The control planes of HTTP and WebSocket APIs: moto's, completed; each API listens on a port of its own.

Docs: docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html (checked 2026-11).
"""

import json
import re
from typing import Any, ClassVar, Generic
from urllib.parse import unquote

from moto.apigatewayv2.models import Api, apigatewayv2_backends

from server.local_aws.api_gateway.common.deployments import Deployments, Routes
from server.local_aws.api_gateway.common.ports import Ports
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, bad_request
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.platform.service import Platform

PATH = re.compile(r"/v2/apis(?:/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?)?/?")


class Apis(Generic[Routes]):
    """Every API of one protocol."""

    PROTOCOL: ClassVar[str]

    def __init__(self, platform: Platform) -> None:
        self._ports = Ports(platform.endpoints)
        self._functions = functions_of(platform)
        self._limits = platform.limits
        self._forward = platform.forward
        self._deployments: dict[tuple[str, str], Deployments[Routes]] = {}

    def _freeze(self, api: Api) -> Routes:
        """Return the routes as they are now: what a deployment captures."""
        raise NotImplementedError

    def _check_creation(self, settings: dict[str, Any]) -> None:
        """Raise `ApiError` for an API that AWS refuses, or that could not be served here."""
        raise NotImplementedError

    def _check(self, call: ApiCall, api: Api, collection: str, item: str) -> None:
        """Raise `ApiError` for a change of an API (`collection` is "") or of what belongs to it that AWS
        refuses, or that could not be served here."""
        raise NotImplementedError

    async def _listen(self, call: ApiCall, api: Api) -> None:
        """Let the API that `call` has created listen: its endpoint is on this machine."""
        raise NotImplementedError

    async def call(self, call: ApiCall) -> ApiAnswer | None:
        """Answer a call; None if moto does, or if it is about something else. Raises `ApiError`."""
        match = PATH.fullmatch(call.path)
        if match is None:
            return None
        api_id, collection, item = (unquote(part) if part else "" for part in match.groups())
        if not api_id:
            creates = call.method == "POST" and call.members.get("protocolType") == self.PROTOCOL
            return await self._create(call) if creates else None
        api = self._find(call.region, api_id)
        if api is None:
            return None
        if call.method in ("POST", "PATCH", "PUT"):
            self._check(call, api, collection, item)
        deployments = self._deployments[call.region, api_id]
        if collection == "deployments":
            return deployments.call(call, item)
        if collection == "stages" and call.method in ("POST", "PATCH"):
            return deployments.call_stage(call, item)
        return None

    async def retire(self) -> None:
        """Let go of APIs that have been deleted."""
        for key in list(self._deployments):
            if self._find(*key) is None:
                await self._remove(key)

    async def stop(self) -> None:
        for key in list(self._deployments):
            await self._remove(key)

    async def _remove(self, key: tuple[str, str]) -> None:
        if self._deployments.pop(key, None) is not None:  # another call may have removed it meanwhile
            await self._ports.close(key)

    async def _create(self, call: ApiCall) -> ApiAnswer:
        self._check_creation(call.members)
        answer = await self._forward(call)
        if answer.status >= 300:
            return answer
        api = self._find(call.region, json.loads(answer.body)["apiId"])
        assert api is not None
        self._deployments[call.region, api.api_id] = Deployments(api, self._freeze)
        await self._listen(call, api)
        return ApiAnswer.of(201, api.to_json())

    def _find(self, region: str, api_id: str) -> Api | None:
        """moto's API, if it is one of this protocol."""
        regional = dict(apigatewayv2_backends[ACCOUNT_ID]).get(region)
        api = regional.apis.get(api_id) if regional else None
        return api if api is not None and api.protocol_type == self.PROTOCOL else None


def check_integration_type(settings: dict[str, Any], served: tuple[str, ...], *, creates: bool) -> None:
    """Refuse what this stand-in does not do, rather than ignore it."""
    kind = settings.get("integrationType")
    if kind not in served and (creates or kind is not None):
        raise bad_request(f"The local stand-in integrates these APIs by {' and '.join(served)}, not {kind}")
