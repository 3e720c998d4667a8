"""What the APIs of App Runner and of ECS Express Mode have in common: their services are containers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

from server.envoy.process import EnvoyUnavailable, envoy_program
from server.local_aws.containers.hosting import Hosting
from server.local_aws.control_plane.aws_json import JsonService
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.platform.service import Calls, Platform

WITHOUT_ENVOY = (
    "{} App Runner and ECS Express Mode need it; everything else works without, and "
    "`python -m server` is the same server without a proxy."
)

Parameters = dict[str, Any]
Handler = Callable[[ApiCall, Parameters], Parameters]


def now() -> datetime:
    return datetime.now(UTC)


class HostedService:
    """A service and where it is hosted. What is done to it goes on in the background."""

    GONE: ClassVar[str]
    """The status of one that was deleted."""

    def __init__(self, arn: str, region: str, status: str, tags: dict[str, str], hosting: Hosting) -> None:
        self.arn = arn
        self.region = region
        self.status = status
        self.tags = tags
        self.hosting = hosting
        self.created = self.updated = now()
        self._task: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """The stand-in ends: end what runs here."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.status != self.GONE:
            await self.hosting.close()


S = TypeVar("S", bound=HostedService)


class ContainerApi(Calls, Generic[S]):
    """Answers the calls that have handlers, by the model of the service that signs as `name`; knows the
    services that exist or existed."""

    def __init__(self, platform: Platform, name: str, invalid: str, unsupported: str) -> None:
        """`invalid` and `unsupported` are how this service names these errors."""
        self._platform = platform
        self._name = name
        self._invalid = invalid
        self._unsupported = unsupported
        self._json = JsonService(name, invalid)
        self._services: dict[str, S] = {}
        self._handlers: dict[str, Handler] = {}

    async def call(self, call: ApiCall) -> ApiAnswer:
        parameters = self._json.read(call)
        name = self._json.operation_name(call) or ""
        if name not in self._handlers:
            raise ApiError(501, self._unsupported, f"The local stand-in has no {name}")
        return self._json.answer(call, self._handlers[name](call, parameters))

    async def stop(self) -> None:
        for service in self._services.values():
            await service.stop()

    def _spelled(self, name: str) -> str:
        """A member as this service writes it: App Runner begins with a capital letter."""
        return name if self._name == "ecs" else name[0].upper() + name[1:]

    def _require_envoy(self) -> None:
        """Raise `ApiError`, 501, where there is none."""
        try:
            envoy_program()
        except EnvoyUnavailable as error:
            raise ApiError(501, self._unsupported, WITHOUT_ENVOY.format(error)) from None

    def _service(self, arn: str) -> S:
        if arn not in self._services:
            raise ApiError(400, "ResourceNotFoundException", f"Service cannot be found for arn: {arn}")
        return self._services[arn]

    def _page(
        self, items: Sequence[Any], parameters: Mapping[str, Any], size: int
    ) -> tuple[Sequence[Any], str | None]:
        """Return the page of `items` that was asked for, of `size` unless the call names another, and the
        token of the next."""
        token = parameters.get(self._spelled("nextToken")) or "0"
        if not token.isdecimal():
            raise ApiError(400, self._invalid, f"{self._spelled('nextToken')} is not one of ours")
        start = int(token)
        end = start + parameters.get(self._spelled("maxResults"), size)
        return items[start:end], str(end) if end < len(items) else None

    # Tags

    def _tagged(self, parameters: Parameters) -> dict[str, str]:
        return self._service(parameters[self._spelled("resourceArn")]).tags

    def _given_tags(self, parameters: Parameters) -> dict[str, str]:
        key, value = self._spelled("key"), self._spelled("value")
        given = parameters.get(self._spelled("tags"), [])
        return {tag[key]: tag.get(value, "") for tag in given if key in tag}

    def _tag(self, call: ApiCall, parameters: Parameters) -> Parameters:
        self._tagged(parameters).update(self._given_tags(parameters))
        return {}

    def _untag(self, call: ApiCall, parameters: Parameters) -> Parameters:
        for key in parameters[self._spelled("tagKeys")]:
            self._tagged(parameters).pop(key, None)
        return {}

    def _list_tags(self, call: ApiCall, parameters: Parameters) -> Parameters:
        key, value = self._spelled("key"), self._spelled("value")
        tags = [{key: name, value: text} for name, text in self._tagged(parameters).items()]
        return {self._spelled("tags"): tags}
