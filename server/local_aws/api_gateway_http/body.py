"""The body of a request to an HTTP API, as both payload formats have it.

AWS documents that "binary" bodies go as base64, but not which they are. Tried on AWS in 2026-06, by
github.com/ministackorg/ministack/pull/766: these types are text, and all others, or none, are binary.
"""

import base64

from server.local_aws.api_gateway.request import Body, GatewayRequest
from server.local_aws.http1.exchange import Header

TEXTUAL = ("application/json", "application/javascript", "application/xml")


def encode_body(request: GatewayRequest) -> Body:
    """The body as an event has it, None without one. Text that is not UTF-8 goes as base64, which is a choice
    where AWS is unconfirmed."""
    if not request.body:
        return None, False
    media_type = request.header("content-type").partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in TEXTUAL:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def with_content_length(request: GatewayRequest) -> list[Header]:
    """The headers as they go on; a request without a body has the length 0."""
    headers = request.forwarded()
    if request.header("content-length"):
        return headers
    return [*headers, ("Content-Length", str(len(request.body)))]
