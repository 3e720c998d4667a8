"""The configurations of Function URLs: create, get, update, delete, list.

moto keeps one per function, without updates of `InvokeMode`, without list and without validation; and a URL
must listen. So all of it is here. Docs: docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html (checked
2026-11).
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from server.door.guard import Kind
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.function_url import cors as url_cors
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.endpoints import Endpoint, Endpoints
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.server import HOST, Handler, Server

ENUMS = {"InvokeMode": ("RESPONSE_STREAM", "BUFFERED"), "AuthType": ("NONE", "AWS_IAM")}
"""Valid values, in the order in which AWS names them."""


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class UrlConfig:
    """A Function URL: `region`, `function` (its name) and `qualifier` (an alias, or "") say whose."""

    region: str
    function: str
    qualifier: str
    function_arn: str
    auth_type: str
    invoke_mode: str = "BUFFERED"
    cors: dict[str, Any] | None = None
    url: str = ""
    url_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: str = field(default_factory=now)
    modified: str = ""

    def to_document(self, *, with_modified: bool = True) -> dict[str, Any]:
        document: dict[str, Any] = {
            "FunctionUrl": self.url,
            "FunctionArn": self.function_arn,
            "AuthType": self.auth_type,
            "CreationTime": self.created,
            "InvokeMode": self.invoke_mode,
        }
        if self.cors is not None:
            document["Cors"] = self.cors
        if with_modified:
            document["LastModifiedTime"] = self.modified or self.created
        return document


class FunctionUrls:
    """Every Function URL, each on a port of its own; `front_door` makes the handler that serves one."""

    def __init__(self, endpoints: Endpoints, front_door: Callable[[UrlConfig], Handler]) -> None:
        self._endpoints = endpoints
        self._front_door = front_door
        self._urls: dict[tuple[str, str, str], tuple[UrlConfig, Server, Endpoint]] = {}
        self._creating = asyncio.Lock()

    async def call(self, call: ApiCall, name: str) -> ApiAnswer:
        """Create (POST), get, update (PUT) or delete one. Raises `ApiError`."""
        qualifier = call.query.get("Qualifier", "")
        found = deployed.find(call.region, name, qualifier or None)
        key = (call.region, found.function_name, qualifier)
        if call.method == "POST":
            async with self._creating:
                return await self._create(key, checked(call.members))
        if key not in self._urls:
            raise ApiError(404, "ResourceNotFoundException", "The resource you requested does not exist.")
        config = self._urls[key][0]
        if call.method == "PUT":
            update(config, checked(call.members))
        elif call.method == "DELETE":
            await self._remove(key)
            return ApiAnswer.of(204)
        elif call.method != "GET":
            raise ApiError(405, "MethodNotAllowedException", f"{call.path} does not answer {call.method}")
        return ApiAnswer.of(200, config.to_document())

    def list(self, call: ApiCall, name: str) -> ApiAnswer:
        """All URLs of one function. Raises `ApiError`."""
        found = deployed.find(call.region, name)
        configs = [
            config.to_document()
            for (region, function, _), (config, _, _) in self._urls.items()
            if (region, function) == (call.region, found.function_name)
        ]
        return ApiAnswer.of(200, {"FunctionUrlConfigs": configs})

    async def retire(self) -> None:
        """Close the URLs of functions that have been deleted."""
        for key in list(self._urls):
            region, function, qualifier = key
            try:
                deployed.find(region, function, qualifier or None)
            except ApiError:
                await self._remove(key)

    async def stop(self) -> None:
        for key in list(self._urls):
            await self._remove(key)

    async def _create(self, key: tuple[str, str, str], settings: dict[str, Any]) -> ApiAnswer:
        region, function, qualifier = key
        if key in self._urls:
            message = (
                f"Function Url Config is already defined for this function (FunctionUrlConfig: {function})"
            )
            raise ApiError(409, "ResourceConflictException", message)
        if "AuthType" not in settings:
            raise ApiError(
                400, "ValidationException", "1 validation error detected: AuthType must not be null"
            )
        arn = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{function}"
        config = UrlConfig(
            region, function, qualifier, f"{arn}:{qualifier}" if qualifier else arn, settings["AuthType"]
        )
        update(config, settings)
        config.modified = config.created
        server = Server(self._front_door(config), Kind.PUBLIC)
        port = await server.start()
        config.url = f"http://{HOST}:{port}/"
        endpoint = Endpoint("lambda", "function-url", config.url_id, config.url)
        self._endpoints.add(endpoint)
        self._urls[key] = (config, server, endpoint)
        return ApiAnswer.of(201, config.to_document(with_modified=False))

    async def _remove(self, key: tuple[str, str, str]) -> None:
        if key in self._urls:  # another call may have removed it meanwhile
            _, server, endpoint = self._urls.pop(key)
            self._endpoints.remove(endpoint)
            await server.stop()


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings in a call. Raises `ApiError` (400) if they are not valid."""
    for name, allowed in ENUMS.items():
        value = settings.get(name)
        if value is not None and value not in allowed:
            member = name[0].lower() + name[1:]
            raise ApiError(
                400,
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(allowed)}]",
            )
    url_cors.check(settings.get("Cors"))
    return settings


def update(config: UrlConfig, settings: dict[str, Any]) -> None:
    """Change what `settings` names; an empty `Cors` removes it."""
    config.auth_type = settings.get("AuthType") or config.auth_type
    config.invoke_mode = settings.get("InvokeMode") or config.invoke_mode
    if "Cors" in settings:
        config.cors = settings["Cors"] or None
    config.modified = now()
