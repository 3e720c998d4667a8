"""Who may read the streams from a web page: pages served from this machine, and nobody else.

JupyterLab serves its page on one port and the embedded server listens on another, so the browser asks
(CORS, Fetch standard section 3.3). A WebSocket handshake is not subject to CORS; its `Origin` is checked
here instead (RFC 6455 section 10.2).
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import hdrs, web


def is_loopback_origin(origin: str) -> bool:
    """True for `http(s)://localhost`, `127.0.0.0/8` and `[::1]`, on any port, written as browsers write an
    origin (Fetch standard section 3.2: scheme, host and port, nothing else)."""
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or "@" in origin or origin != f"{parts.scheme}://{parts.netloc}":
        return False
    in_brackets = parts.netloc.startswith("[")  # only an IPv6 address may be; Python 3.10 does not check
    if host == "localhost":
        return not in_brackets
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and in_brackets == (address.version == 6)


def may_open_websocket(request: web.Request) -> bool:
    """True without an `Origin` (not a browser) and from a loopback page. A page of this very host is not
    enough: any page can make its host name resolve to this machine (DNS rebinding)."""
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is None or is_loopback_origin(origin)


async def allow_loopback_pages(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal handler: adds the CORS answer to each response, errors included."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if is_loopback_origin(origin):
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


async def preflight(request: web.Request) -> web.Response:
    """Answer `OPTIONS`, which a browser sends before a request with a header such as `Last-Event-ID`."""
    headers = {
        hdrs.ALLOW: "GET, HEAD, OPTIONS",
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, ""),
    }
    return web.Response(status=204, headers={name: value for name, value in headers.items() if value})
