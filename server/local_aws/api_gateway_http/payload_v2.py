"""Payload format 2.0 of HTTP APIs: the event, and what becomes of a function's result. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, and
AWS's own test tool for .NET (both checked 2026-11).
"""

import json
from typing import Any

from server.local_aws.api_gateway.request import GatewayRequest, Target
from server.local_aws.api_gateway.result import BadResult, Response
from server.local_aws.aws_lambda import url_event, url_response
from server.local_aws.control_plane import ACCOUNT_ID

ONLY_FUNCTION_URLS = ("x-amzn-tls-version", "x-amzn-tls-cipher-suite")
UNTYPED = "text/plain; charset=utf-8"


def event_v2(request: GatewayRequest, target: Target, route_key: str) -> dict[str, Any]:
    """The event: that of a Function URL with the route's key, the stage and the path's variables."""
    document = url_event.event(
        url_event.UrlRequest(
            method=request.method,
            target=f"{target.path}?{request.query}",
            headers=[(name.lower(), value) for name, value in request.headers],
            body=request.body,
            source_ip=request.source_ip,
        ),
        url_id=target.api_id,
        domain=target.domain_name,
        account_id=ACCOUNT_ID,
        request_id=request.request_id,
        trace_id=request.trace_id,
        authorizer=None,
    )
    for name in ONLY_FUNCTION_URLS:
        document["headers"].pop(name, None)
    document["routeKey"] = route_key
    document["requestContext"] |= {"accountId": ACCOUNT_ID, "routeKey": route_key, "stage": target.stage}
    if target.path_parameters:
        document["pathParameters"] = dict(target.path_parameters)
    if target.stage_variables:
        document["stageVariables"] = dict(target.stage_variables)
    return document


def from_result(result: bytes) -> Response:
    """The response to a function that returned `result`: in full with `statusCode`; without, even if it is
    not JSON, `result` is the body of a 200. Raises `BadResult`."""
    try:
        response = url_response.from_result(result)
    except url_response.BadResult as error:
        raise BadResult(str(error)) from None
    headers = response.headers
    if full := stated(result):
        given = {str(name).lower() for name in full.get("headers") or {}}
        if "content-type" not in given:
            headers = [(name, UNTYPED if name == "Content-Type" else value) for name, value in headers]
    return Response(response.status, headers, response.body)


def stated(result: bytes) -> dict[str, Any] | None:
    """The result, if it states its `statusCode`."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "statusCode" in value else None
