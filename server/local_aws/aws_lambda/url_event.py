"""The event of a Function URL (payload format 2.0): docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
(checked 2026-11)."""

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

Header = tuple[str, str]
TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml")
STRUCTURED = ("+json", "+xml")


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
    """The event that the function gets.

    Choices where AWS is unconfirmed: `body` is left out when there is none; `cookie` stays in `headers`
    beside `cookies`; escapes of the path are kept; so are the `X-Amz-…` parameters of a presigned URL, in
    `rawQueryString` as they were sent. `host` is the address that was asked, not AWS's domain name.
    """
    path, _, query = request.target.partition("?")
    now = time.time()
    headers = joined(
        [
            *(
                (name, value)
                for name, value in request.headers
                if name not in ("connection", "transfer-encoding")
            ),
            ("x-forwarded-for", request.source_ip),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "443"),
            ("x-amzn-trace-id", trace_id),
            ("x-amzn-tls-version", "TLSv1.3"),
            ("x-amzn-tls-cipher-suite", "TLS_AES_128_GCM_SHA256"),
        ]
    )
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
        "time": datetime.fromtimestamp(now, timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000"),
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


def joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Several values of one name become one, joined by commas."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def encode_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """The body as a string, and whether it is base64: text and JSON are not, all else is."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type or media_type.startswith(TEXTUAL) or media_type.endswith(STRUCTURED):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
