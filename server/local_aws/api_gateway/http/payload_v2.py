"""Payload format 2.0 of HTTP APIs: the event, and what becomes of a function's result. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (checked
2026-11). What the page does not say was recorded on AWS: events in 2026-07 (github.com/hotsock/voker,
vokerhttp/testdata/apigwv2-request.json) and 2022-02 (github.com/mantil-io/go-lambda-examples), results by
AWS's own test tool for .NET (github.com/aws/aws-lambda-dotnet, InvokeResponseExtensionsIntegrationTests.cs,
2024-12) and by github.com/localstack/localstack (test_aws_proxy_response_payload_format_validation_v2, 2024).
"""

import json
from collections.abc import Mapping
from typing import Any

from server.local_aws.api_gateway.common.request import GatewayRequest, Target, extended_request_id
from server.local_aws.api_gateway.common.result import (
    BadResult,
    Response,
    flag,
    header_text,
    mapping,
    status_of,
    text_body,
)
from server.local_aws.api_gateway.http.body import encode_body, with_content_length
from server.local_aws.api_gateway.http.received_path import decoded
from server.local_aws.aws_lambda.function_url import event as url_event
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.exchange import Header

UNTYPED = "text/plain; charset=utf-8"
INFERRED = "application/json"


def event_v2(request: GatewayRequest, target: Target, route_key: str) -> dict[str, Any]:
    """The event: that of a Function URL with the route's key, the stage and the path's variables, the escapes
    of the path resolved, and cookies in `cookies` alone."""
    document = url_event.event(
        url_event.UrlRequest(
            method=request.method,
            target=f"{target.path}?{request.query}",
            headers=[(name.lower(), value) for name, value in with_content_length(request)],
            body=b"",
            source_ip=request.source_ip,
        ),
        url_id=target.api_id,
        domain=target.domain_name,
        account_id=ACCOUNT_ID,
        request_id=extended_request_id(request),
        trace_id=request.trace_id,
        authorizer=None,
    )
    path = decoded(target.path)
    document |= {"routeKey": route_key, "rawPath": path, "headers": joined_headers(request)}
    context = document["requestContext"]
    context |= {"accountId": ACCOUNT_ID, "routeKey": route_key, "stage": target.stage}
    context["http"] |= {"path": path}
    body, document["isBase64Encoded"] = encode_body(request)
    optional = {
        "body": body,
        "cookies": cookies(request),
        "pathParameters": dict(target.path_parameters),
        "stageVariables": dict(target.stage_variables),
    }
    return document | {name: value for name, value in optional.items() if value}


def joined_headers(request: GatewayRequest) -> dict[str, str]:
    """All but cookies; several of one name joined by commas."""
    passed = [(name.lower(), value) for name, value in with_content_length(request)]
    return url_event.joined([header for header in passed if header[0] != "cookie"])


def cookies(request: GatewayRequest) -> list[str]:
    sent = [value for name, value in request.headers if name.lower() == "cookie"]
    return [cookie.strip() for value in sent for cookie in value.split(";") if cookie.strip()]


def from_result(result: bytes) -> Response:
    """The response to a function that returned `result`: in full with `statusCode`; without, `result` is the
    body of a 200 as it is, JSON or not, a string without its quotes. Raises `BadResult`, also for a result
    that looks like the error of a function."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and "statusCode" in value:
        return stated(value)
    if isinstance(value, dict) and "errorMessage" in value:
        raise BadResult("the result is the error of a function")
    body = value.encode(errors="replace") if isinstance(value, str) else result
    return Response(200, [("Content-Type", INFERRED)], body)


def stated(value: Mapping[str, Any]) -> Response:
    """Return the response that a function stated in full; keys that are not known do not count."""
    headers: list[Header] = [
        (name, text) for name, given in mapping(value, "headers").items() if (text := header_text(given))
    ]
    set_cookies = value.get("cookies") or []
    if not isinstance(set_cookies, list):
        raise BadResult("cookies is not a list")
    headers += [("set-cookie", text) for cookie in set_cookies if (text := header_text(cookie))]
    return Response(status_of(value["statusCode"]), headers, text_body(value), flag(value))
