"""Who may read the streams from a web page: pages served from this machine, those of the setting
(`server.door.allowed`), and nobody else.

JupyterLab serves its page on one port and the embedded server listens on another, so the browser asks
(CORS, Fetch standard section 3.3). A WebSocket handshake is not subject to CORS (RFC 6455 section 10.2); the
guard refuses it, as it does every other request of a page that may not read.
"""

from aiohttp import hdrs, web

from server.door.admission import setting_of
from server.door.guard import is_loopback_origin


async def allow_pages(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal handler: adds the CORS answer to each response, errors included."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if is_loopback_origin(origin) or origin in setting_of(request).origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


async def preflight(request: web.Request) -> web.Response:
    """Answer `OPTIONS`, which a browser sends before a request with a header such as `Last-Event-ID`."""
    headers = {
        hdrs.ALLOW: "GET, HEAD, OPTIONS",
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, ""),
    }
    return web.Response(status=204, headers={name: value for name, value in headers.items() if value})
