"""Calls what a route is integrated with.

Docs: …/developerguide/apigateway-websocket-api-integration-requests.html (checked 2026-11).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from server.local_aws.api_gateway.common.lambda_target import InvokeRejected, permitted_function
from server.local_aws.api_gateway.common.stage_variables import with_stage_variables
from server.local_aws.api_gateway.websocket.deployed import Authorizer, Integration
from server.local_aws.aws_lambda.failure import Throttled
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.control_plane.moto import ACCOUNT_ID

FUNCTION = re.compile(r":lambda:path/2015-03-31/functions/(arn:aws:lambda:[^/]+)/invocations")


class IntegrationFailure(Exception):
    """There is no result. `status` is what a client gets that is not connected yet, `function_said` the
    message of the function's own error, if that is why."""

    def __init__(self, status: int, message: str, function_said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.function_said = function_said


def internal(status: int) -> IntegrationFailure:
    return IntegrationFailure(status, "Internal server error")


class Integrations:
    """Calls integrations for one API; `seconds` is the gateway's own limit for one call."""

    def __init__(self, functions: Functions, region: str, api_id: str, seconds: float) -> None:
        self._functions = functions
        self._region = region
        self._api_id = api_id
        self._seconds = seconds

    async def call(
        self, integration: Integration, event: Mapping[str, Any], stage: str, variables: Mapping[str, str]
    ) -> Any:
        """The integration's result, parsed. A MOCK is a 200. Raises `IntegrationFailure`; the function goes
        on when its time is up."""
        if integration.kind == "MOCK":
            return {"statusCode": 200}
        return await self._invoke(
            integration.uri,
            event,
            variables,
            source=f"{stage}/{event['requestContext']['routeKey']}",
            role=integration.credentials,
            seconds=min(integration.seconds, self._seconds),
        )

    async def authorize(
        self, authorizer: Authorizer, event: Mapping[str, Any], variables: Mapping[str, str], source: str
    ) -> Any:
        """What a Lambda authorizer returns, parsed. Raises `IntegrationFailure`."""
        return await self._invoke(
            authorizer.uri,
            event,
            variables,
            source=source,
            role=authorizer.credentials,
            seconds=self._seconds,
        )

    async def _invoke(
        self,
        uri: str,
        event: Mapping[str, Any],
        variables: Mapping[str, str],
        *,
        source: str,
        role: str,
        seconds: float,
    ) -> Any:
        match = FUNCTION.search(with_stage_variables(uri, variables))
        if match is None:
            raise internal(500)
        source_arn = f"arn:aws:execute-api:{self._region}:{ACCOUNT_ID}:{self._api_id}/{source}"
        try:
            function = permitted_function(match[1], source_arn, role, judge_roles=self._functions.judge_roles)
            payload = json.dumps(event).encode()
            async with asyncio.timeout(seconds):
                result = await self._functions.invoke(function, payload)
        except TimeoutError:
            raise IntegrationFailure(504, "Endpoint request timed out") from None
        except (InvokeRejected, Throttled, RecursionError):  # it holds what an authorizer said
            raise internal(500) from None
        try:
            document = json.loads(result.payload or b"null")
        except (ValueError, RecursionError):
            raise internal(502) from None
        if result.failed:
            said = document.get("errorMessage") if isinstance(document, dict) else None
            raise IntegrationFailure(502, "Internal server error", str(said or ""))
        return document
