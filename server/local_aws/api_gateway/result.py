"""From the result of a function to an HTTP response, payload format 1.0. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (checked
2026-11).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.aws_lambda.prelude import BadPrelude, Prelude, status_code, text
from server.local_aws.http1.exchange import Header


class BadResult(ValueError):
    """The function's result cannot be an HTTP response."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: list[Header]
    body: bytes
    is_base64: bool = False

    def decoded(self) -> bytes:
        """The body, decoded if the function said that it is base64. Raises `BadResult`."""
        if not self.is_base64:
            return self.body
        try:
            return base64.b64decode(self.body, validate=True)
        except (binascii.Error, ValueError):
            raise BadResult("the body is not base64") from None


def from_result(result: bytes) -> Response:
    """The response to a function that returned `result`: an object with `statusCode`, `headers`,
    `multiValueHeaders`, `body` (a string) and `isBase64Encoded`. Raises `BadResult` for all else."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        raise BadResult("the result is not JSON") from None
    if not isinstance(value, dict) or "statusCode" not in value:
        raise BadResult("the result is not an object with statusCode")
    body = value.get("body")
    if body is not None and not isinstance(body, str):
        raise BadResult("body is not a string")
    try:
        status = status_code(value["statusCode"])
        headers = merged(mapping(value, "headers"), mapping(value, "multiValueHeaders"))
    except BadPrelude as error:
        raise BadResult(str(error)) from None
    return Response(
        status, headers, (body or "").encode(errors="replace"), bool(value.get("isBase64Encoded"))
    )


def mapping(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    held = value.get(key) or {}
    if not isinstance(held, dict):
        raise BadResult(f"{key} is not an object")
    return held


def from_prelude(prelude: Prelude) -> tuple[int, list[Header]]:
    """Status and headers of a streamed response."""
    headers = merged(prelude.headers, prelude.multi_value_headers)
    return prelude.status, headers + [("set-cookie", cookie) for cookie in prelude.cookies]


def merged(headers: Mapping[str, Any], multi: Mapping[str, Any]) -> list[Header]:
    """`headers` and `multiValueHeaders` together; a pair that is in both is sent once."""
    several = [
        (name, text(value))
        for name, values in multi.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    seen = {(name.lower(), value) for name, value in several}
    single = [(name, text(value)) for name, value in headers.items()]
    return [pair for pair in single if (pair[0].lower(), pair[1]) not in seen] + several


def with_content_type(headers: list[Header], default: str) -> list[Header]:
    if any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return [("Content-Type", default), *headers]
