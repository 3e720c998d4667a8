"""The event of a Function URL (payload format 2.0).

Docs: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (checked 2026-11). Events recorded on AWS:
github.com/aws/aws-lambda-go/tree/main/lambdaurl/testdata (2023-04): `cookie` stays in `headers` beside
`cookies`; `body`, `cookies` and `queryStringParameters` are absent when there is none; the signature's
`authorization` does not reach the function; `x-amzn-trace-id` is the trace's root alone.
"""

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from server.local_aws.http1.exchange import Header

TEXTUAL = ("application/json", "application/javascript", "application/xml")
FRAMING = ("connection", "transfer-encoding")


@dataclass(frozen=True)
class UrlRequest:
    """A request to a Function URL. `headers`: lower-case names in the order they came; `target`: as sent."""

    method: str
    target: str
    headers: Sequence[Header]
    body: bytes
    source_ip: str


def event(
    request: UrlRequest,
    *,
    url_id: str,
    domain: str,
    account_id: str,
    request_id: str,
    trace_id: str,
    authorizer: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return the event that the function gets.

    Choices where AWS is unconfirmed: escapes of the path are kept; so are the `X-Amz-…` parameters of a
    presigned URL, in `rawQueryString` as they were sent; `userAgent` is "" where a client sends none; what a
    client sends of the headers that Lambda adds is replaced, but `x-forwarded-for` is added to. `host` is the
    address that was asked, not AWS's domain name.
    """
    path, _, query = request.target.partition("?")
    now = time.time()
    headers = event_headers(request, trace_id, signed=authorizer is not None)
    context: dict[str, Any] = {
        "accountId": account_id if authorizer else "anonymous",
        "apiId": url_id,
        "domainName": domain,
        "domainPrefix": url_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": request_time(now),
        "timeEpoch": int(now * 1000),
    }
    if authorizer:
        context["authorizer"] = {"iam": authorizer}
    document: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if parameters := joined(parse_qsl(query, keep_blank_values=True)):
        document["queryStringParameters"] = parameters
    if cookies := [cookie.strip() for cookie in headers.get("cookie", "").split(";") if cookie.strip()]:
        document["cookies"] = cookies
    if request.body:
        document["body"], document["isBase64Encoded"] = encode_body(
            request.body, headers.get("content-type", "")
        )
    return document


def event_headers(request: UrlRequest, trace_id: str, *, signed: bool) -> dict[str, str]:
    """The client's headers, without those of the connection and (`signed`) the signature, and Lambda's."""
    own = {
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
        "x-amzn-trace-id": trace_id.partition(";")[0],
        "x-amzn-tls-version": "TLSv1.3",
        "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
    }
    hidden = {*FRAMING, *own, *(("authorization",) if signed else ())}
    sent = [(name, value) for name, value in request.headers if name not in hidden]
    headers = joined([*sent, ("x-forwarded-for", request.source_ip)])
    if "cookie" in headers:  # several are one list of cookies (RFC 6265 section 4.2.1)
        headers["cookie"] = "; ".join(value for name, value in sent if name == "cookie")
    return {**headers, **own}


def request_time(now: float) -> str:
    """Return a moment, in seconds of the epoch, as events have it."""
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Several values of one name become one, joined by commas."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def encode_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """The body as a string, and whether it is base64: AWS documents that "binary" bodies are, but not which
    they are. Text are `text/*` and three types of `application/` only. So it was tried on HTTP APIs in
    2026-06, whose payload format this is, where a missing type is none of them
    (github.com/ministackorg/ministack/pull/766), and on Function URLs for JSON and forms of both kinds
    (github.com/LeanerCloud/CUDly/pull/1483; all checked 2026-11). Text that is not UTF-8 is
    base64, which is a choice."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in TEXTUAL:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
