"""Response headers that are the gateway's own: an integration's are renamed.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html (checked 2026-11).
Which of them a stream renames is not documented, but `Content-Length`: it may say how long a stream is.
"""

from server.local_aws.http1.answering import renamed
from server.local_aws.http1.exchange import Header

PREFIX = "x-amzn-Remapped-"
OWNED = {"connection", "content-md5", "date", "host", "server", "user-agent", "www-authenticate"}
FRAMING = {"transfer-encoding", "keep-alive", "upgrade"}
"""What belongs to the connection, and is left out."""


def remapped(headers: list[Header], *, streams: bool) -> list[Header]:
    """`headers` of an integration as the client gets them."""
    owned = OWNED if streams else OWNED | {"content-length"}
    return renamed((header for header in headers if header[0].lower() not in FRAMING), owned, PREFIX)
