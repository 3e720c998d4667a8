"""From a function's result to the HTTP response of its Function URL: pure mappings.

Sources: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, and recordings of AWS (both checked
2026-11).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.aws_lambda.prelude import BadPrelude, Prelude, status_code, text
from server.local_aws.http1.answering import has, renamed
from server.local_aws.http1.exchange import Header

OWNED = {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
"""Headers that are the server's. AWS was seen to rename a function's `content-length` by the prefix below;
that the others are treated alike is this stand-in's choice."""

REMAPPED = "x-amzn-remapped-"
OCTET_STREAM = "application/octet-stream"
"""What a stream is taken for that has no content type."""


class BadResult(ValueError):
    """The function's result cannot be an HTTP response: AWS answers 502."""


@dataclass(frozen=True)
class UrlResponse:
    status: int
    headers: list[Header]
    body: bytes


def from_result(result: bytes) -> UrlResponse:
    """Return the response of a BUFFERED URL to a function that returned `result`. Raises `BadResult`.

    An object with `statusCode` is the response in full. Any other JSON value is the body as it is; a string
    goes without its quotes. What is not JSON goes as the bytes it is: so AWS's own test tool for .NET has it,
    AWS itself is unconfirmed.
    """
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return UrlResponse(200, [("Content-Type", "application/json")], result)
    if not isinstance(value, dict) or "statusCode" not in value:
        body = value.encode(errors="replace") if isinstance(value, str) else compact(value)
        return UrlResponse(200, [("Content-Type", "application/json")], body)
    headers = value.get("headers") or {}
    cookies = value.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise BadResult("headers is not an object, or cookies not a list")
    try:
        status = status_code(value["statusCode"])
        fields = response_headers(headers, [text(cookie) for cookie in cookies], "application/json")
    except BadPrelude as error:
        raise BadResult(str(error)) from None
    return UrlResponse(status, fields, result_body(value))


def result_body(value: Mapping[str, Any]) -> bytes:
    body = value.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        return compact(body)
    if not value.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise BadResult("the body is not base64") from None


def from_prelude(prelude: Prelude) -> tuple[int, list[Header]]:
    """Status and headers of a RESPONSE_STREAM URL from a function's prelude."""
    return prelude.status, response_headers(prelude.headers, prelude.cookies, OCTET_STREAM)


def response_headers(headers: Mapping[str, Any], cookies: list[str], content_type: str) -> list[Header]:
    """Return the function's headers, one `set-cookie` for each cookie, and a content type if it gave none."""
    fields = renamed(((name, text(value)) for name, value in headers.items()), OWNED, REMAPPED)
    if not has(fields, "content-type"):
        fields.append(("Content-Type", content_type))
    return fields + [("set-cookie", cookie) for cookie in cookies]


def compact(value: object) -> bytes:
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
    except RecursionError:
        raise BadResult("the result is nested too deeply") from None
