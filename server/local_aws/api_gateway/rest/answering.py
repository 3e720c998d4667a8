"""How the answer to a request leaves a REST API: to the client, piece by piece."""

import json
import time
from email.utils import formatdate
from typing import Protocol

from server.local_aws.api_gateway.common.request import GatewayRequest, extended_request_id
from server.local_aws.api_gateway.common.result import with_content_type
from server.local_aws.api_gateway.rest.remapped import remapped
from server.local_aws.http1.exchange import Exchange, Header


class Answer(Protocol):
    """Where an answer goes: `whole` at once, or `start`, `send` and `finish`."""

    async def whole(self, status: int, headers: list[Header], body: bytes) -> None: ...

    async def start(self, status: int, headers: list[Header]) -> None: ...

    async def send(self, chunks: list[bytes]) -> None: ...

    async def finish(self) -> None: ...

    async def fail(self, status: int, message: str) -> None:
        """An error of the integration. Once the response has begun, it is broken off instead."""

    async def refuse(self, status: int, error_type: str, message: str) -> None:
        """An error of the gateway's own, as JSON: spaced only where an integration failed (AWS's own test
        tool for .NET, github.com/aws/aws-lambda-dotnet, ApiGatewayResponseTestCases.cs, 2025-01)."""
        separators = (",", ": ") if status >= 500 else (",", ":")
        body = json.dumps({"message": message}, separators=separators).encode()
        await self.whole(status, [("x-amzn-ErrorType", error_type)], body)


class Answering(Answer):
    """Answers a client with the headers that every answer of a REST API has."""

    def __init__(self, exchange: Exchange, request: GatewayRequest) -> None:
        self._exchange, self._request = exchange, request
        self._begun = False

    def _head(self, headers: list[Header], *, streams: bool = False) -> list[Header]:
        return [
            ("Date", formatdate(time.time(), usegmt=True)),
            *with_content_type(remapped(headers, streams=streams), "application/json"),
            ("Connection", "keep-alive"),
            ("x-amzn-RequestId", self._request.request_id),
            ("x-amz-apigw-id", extended_request_id(self._request)),
            ("X-Amzn-Trace-Id", self._request.trace_id),
        ]

    async def whole(self, status: int, headers: list[Header], body: bytes) -> None:
        await self._exchange.respond(status, self._head(headers), body)

    async def start(self, status: int, headers: list[Header]) -> None:
        await self._exchange.start(status, self._head(headers, streams=True))
        self._begun = True

    async def send(self, chunks: list[bytes]) -> None:
        if chunks and self._exchange.method != "HEAD":
            await self._exchange.send(chunks)

    async def finish(self) -> None:
        await self._exchange.finish()

    async def fail(self, status: int, message: str) -> None:
        """An error of the integration. Once the response has begun, the connection is cut instead."""
        if self._begun:
            self._exchange.abort()
        else:
            await self.refuse(status, "InternalServerErrorException", message)
