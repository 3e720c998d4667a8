"""From the result of a function to an HTTP response, payload format 1.0. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (checked
2026-11). What is refused was tried on AWS by github.com/localstack/localstack
(test_aws_proxy_response_payload_format_validation and …_v1, 2024) and by AWS's own test tool for .NET
(github.com/aws/aws-lambda-dotnet, ApiGatewayResponseTestCases.cs, 2025-01).

Choices where AWS is unconfirmed: a number as a header's value is sent as JSON writes it; null, and a
`statusCode` of null, are taken for absent; base64 that lacks its padding is an error.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.aws_lambda.prelude import BadPrelude, Prelude, status_code, text
from server.local_aws.control_plane.call import json_object
from server.local_aws.http1.answering import has
from server.local_aws.http1.exchange import Header

KEYS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class BadResult(ValueError):
    """The function's result cannot be an HTTP response."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: list[Header]
    body: bytes
    is_base64: bool = False

    def decoded(self) -> bytes:
        """Return the body, decoded if the function said that it is base64. Raises `BadResult`."""
        if not self.is_base64:
            return self.body
        try:
            return base64.b64decode(self.body, validate=True)
        except (binascii.Error, ValueError):
            raise BadResult("the body is not base64") from None


def from_rest_result(result: bytes) -> Response:
    """Return the response of a REST API: an object with any of `statusCode` (200 if not given), `headers`,
    `multiValueHeaders`, `body` and `isBase64Encoded`, and no other key. Raises `BadResult` for all else."""
    value = parsed(result)
    if unknown := set(value) - KEYS:
        raise BadResult(f"unknown keys: {', '.join(sorted(unknown))}")
    return response(value)


def from_http_result(result: bytes) -> Response:
    """The response of an HTTP API: the same, but `statusCode` must be there and other keys do not count.
    Raises `BadResult`."""
    value = parsed(result)
    if value.get("statusCode") is None:
        raise BadResult("the result has no statusCode")
    return response(value)


def parsed(result: bytes) -> dict[str, Any]:
    value = json_object(result)
    if value is None:
        raise BadResult("the result is not a JSON object")
    return value


def response(value: Mapping[str, Any]) -> Response:
    given = value.get("statusCode")
    status = 200 if given is None else status_of(given)
    several = mapping(value, "multiValueHeaders")
    if not all(isinstance(values, list) for values in several.values()):
        raise BadResult("a value in multiValueHeaders is not a list")
    return Response(status, merged(mapping(value, "headers"), several), text_body(value), flag(value))


def status_of(value: object) -> int:
    try:
        return status_code(value)
    except BadPrelude as error:
        raise BadResult(str(error)) from None


def text_body(value: Mapping[str, Any]) -> bytes:
    body = value.get("body")
    if body is not None and not isinstance(body, str):
        raise BadResult("body is not a string")
    return (body or "").encode(errors="replace")


def flag(value: Mapping[str, Any]) -> bool:
    """`isBase64Encoded`; "true" and "false" do as well."""
    return str(value.get("isBase64Encoded")).lower() == "true"


def mapping(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    held = value.get(key)
    if held is not None and not isinstance(held, dict):
        raise BadResult(f"{key} is not an object")
    return held or {}


def header_text(value: object) -> str | None:
    """The value of a header as it is sent, None for null. Raises `BadResult` for a list or an object."""
    if isinstance(value, list | dict):
        raise BadResult("the value of a header is a list or an object")
    return None if value is None else text(value)


def from_prelude(prelude: Prelude) -> tuple[int, list[Header]]:
    """Status and headers of a streamed response."""
    headers = merged(prelude.headers, prelude.multi_value_headers)
    return prelude.status, headers + [("set-cookie", cookie) for cookie in prelude.cookies]


def merged(headers: Mapping[str, Any], multi: Mapping[str, Any]) -> list[Header]:
    """`multiValueHeaders` and `headers` together; a pair that is in both is sent once. Raises `BadResult`."""
    several = [
        (name, sent)
        for name, values in multi.items()
        for value in values
        if (sent := header_text(value)) is not None
    ]
    seen = {(name.lower(), value) for name, value in several}
    single = [(name, sent) for name, value in headers.items() if (sent := header_text(value)) is not None]
    return several + [pair for pair in single if (pair[0].lower(), pair[1]) not in seen]


def with_content_type(headers: list[Header], default: str) -> list[Header]:
    return headers if has(headers, "content-type") else [("Content-Type", default), *headers]
