"""How the answer to a request leaves a REST API: to the client, piece by piece."""

import json
from typing import Protocol

from server.local_aws.api_gateway.common.request import GatewayRequest, extended_request_id
from server.local_aws.api_gateway.common.result import with_content_type
from server.local_aws.api_gateway.rest.remapped import remapped
from server.local_aws.aws_lambda.relay import Client
from server.local_aws.http1.answering import Answering
from server.local_aws.http1.exchange import Exchange, Header


class Answer(Client, Protocol):
    """Where an answer goes: `whole` at once, or piece by piece."""

    async def whole(self, status: int, headers: list[Header], body: bytes) -> None: ...

    async def fail(self, status: int, message: str) -> None:
        """An error of the integration. Once the response has begun, it is broken off instead."""

    async def refuse(self, status: int, error_type: str, message: str) -> None:
        """An error of the gateway's own, as JSON: spaced only where an integration failed (AWS's own test
        tool for .NET, github.com/aws/aws-lambda-dotnet, ApiGatewayResponseTestCases.cs, 2025-01)."""
        separators = (",", ": ") if status >= 500 else (",", ":")
        body = json.dumps({"message": message}, separators=separators).encode()
        await self.whole(status, [("x-amzn-ErrorType", error_type)], body)


class RestAnswering(Answering, Answer):
    """Answers a client with the headers that every answer of a REST API has."""

    def __init__(self, exchange: Exchange, request: GatewayRequest) -> None:
        own = [
            ("x-amzn-RequestId", request.request_id),
            ("x-amz-apigw-id", extended_request_id(request)),
            ("X-Amzn-Trace-Id", request.trace_id),
        ]
        super().__init__(exchange, own)

    def shown(self, headers: list[Header], *, streams: bool) -> list[Header]:
        return with_content_type(remapped(headers, streams=streams), "application/json")

    async def fail(self, status: int, message: str) -> None:
        """An error of the integration. Once the response has begun, the connection is cut instead."""
        if self.exchange.started:
            self.exchange.abort()
        else:
            await self.refuse(status, "InternalServerErrorException", message)
