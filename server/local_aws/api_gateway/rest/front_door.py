"""The front door of a REST API: finds the stage and the method for a request, and carries the method out.

Slashes before the stage and between it and the path do not count (recordings on AWS of 2024-07 by
github.com/localstack/localstack, test_apigateway_lambda.snapshot.json).

What AWS answers to a request whose headers exceed 10,240 bytes is unconfirmed: 431 is this stand-in's choice.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from moto.apigateway.models import RestAPI

from server.local_aws.api_gateway.common.request import GatewayRequest, Target, has_large_head
from server.local_aws.api_gateway.rest.answering import RestAnswering
from server.local_aws.api_gateway.rest.deployment import Deployment
from server.local_aws.api_gateway.rest.method_call import MethodCall, Settings
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.platform.limits import Limits


class RestFrontDoor:
    """Serves one REST API, all its stages. `api()` is moto's, None once it is deleted."""

    def __init__(
        self,
        api: Callable[[], RestAPI | None],
        deployments: Mapping[str, Deployment],
        functions: Functions,
        limits: Limits,
    ) -> None:
        self._api = api
        self._deployments = deployments
        self._functions = functions
        self._limits = limits

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        api = self._api()
        path = "/" + exchange.target.partition("?")[0].lstrip("/")
        stage_name, _, below = path[1:].partition("/")
        stage = api.stages.get(stage_name) if api else None
        deployment = self._deployments.get(stage.deployment_id or "") if stage else None
        request = GatewayRequest.of(exchange, "/" + below.lstrip("/"), b"")
        answer = RestAnswering(exchange, request)
        if api is None or stage is None or deployment is None:
            await answer.refuse(403, "ForbiddenException", "Forbidden")
            return
        route = deployment.route(exchange.method, request.path)
        if route is None:
            await answer.refuse(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            return
        if has_large_head(exchange):
            await answer.refuse(
                431, "RequestHeaderFieldsTooLargeException", "Request Header Fields Too Large"
            )
            return
        try:
            body = await exchange.read(self._limits.gateway_payload)
        except BodyTooLarge:
            await answer.refuse(413, "RequestTooLargeException", "Request Too Long")
            return
        except TruncatedBody:
            await answer.refuse(400, "BadRequestException", "Bad Request")
            return
        request = replace(request, body=body)
        target = Target(
            api_id=api.id,
            region=api.region_name,
            stage=stage_name,
            resource=route.resource,
            resource_id=route.resource_id,
            deployment_id=deployment.id,
            path=path,
            path_parameters=route.path_parameters,
            stage_variables=dict(stage.variables or {}),
        )
        settings = Settings.of(api)
        call = MethodCall(request, target, route.integration, settings, self._functions, self._limits)
        await call.carry_out(answer)
