"""The origin: an aiohttp application that sends the same items as a chunked response, as SSE, as WebSocket.

`/transfer-encoding`, `/sse` and `/websocket` send `foo`, `bar`, `baz` 200 ms apart, as the article's server
does. With `?count=N&interval_ms=M[&pad=BYTES]` each sends N stamped items instead (see `server.items`).
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from aiohttp import HttpVersion11, WSCloseCode, hdrs, web

from server.cors import allow_pages, preflight
from server.items import BadParameter, Items, whole_number
from server.sse import encode_comment, encode_event
from server.websocket_frames import accept

HEARTBEAT = web.AppKey("heartbeat", float)
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 1000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def begin_stream(request: web.Request, content_type: str) -> web.StreamResponse:
    """Send the head of a response of unknown length. aiohttp frames it as `Transfer-Encoding: chunked`
    (RFC 9112 section 7.1); in HTTP/1.0 only closing ends it (section 6.3), keep-alive or not."""
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: content_type})
    if request.version < HttpVersion11:
        response.force_close()
    await response.prepare(request)
    return response


async def transfer_encoding(request: web.Request) -> web.StreamResponse:
    """One item a line, one line a chunk."""
    items = Items.from_query(request.query)
    response = await begin_stream(request, "text/plain; charset=utf-8")
    if request.method == hdrs.METH_GET:
        async for _, text in items.produce():
            await response.write(f"{text}\n".encode())
    return response


async def sse(request: web.Request) -> web.StreamResponse:
    """One item an event of type `test`. Stamped events carry an `id`; the stream opens with `retry`, resumes
    after `Last-Event-ID`, and says `event: end` when it is complete: `EventSource` has no event for that
    and would reconnect for ever. A client that reconnects even so gets 204, which the HTML standard (section
    9.2.3) defines as "stop". Comments keep the line in use while no item is due."""
    items = Items.from_query(request.query)
    first = 0
    if items.stamped and (last := request.headers.get("Last-Event-ID")):
        first = whole_number("Last-Event-ID", last, 0, items.count - 1) + 1
        if first == items.count:
            return web.Response(status=204)
    response = await begin_stream(request, "text/event-stream")
    if request.method == hdrs.METH_HEAD:
        return response
    async for chunk in with_heartbeats(events(items, first), request.app[HEARTBEAT]):
        await response.write(chunk)
    return response


async def events(items: Items, first: int) -> AsyncIterator[bytes]:
    """The items as encoded events, in the article's form unless they are stamped."""
    retry_ms: int | None = RETRY_MS
    async for seq, text in items.produce(first):
        if not items.stamped:
            yield encode_event(text, event="test")
            continue
        yield encode_event(text, event="test", id=str(seq), retry_ms=retry_ms)
        retry_ms = None
    if items.stamped:
        yield encode_event(f'{{"count": {items.count}}}', event="end")


async def with_heartbeats(chunks: AsyncIterator[bytes], every: float) -> AsyncIterator[bytes]:
    """Pass `chunks` on, with a comment whenever `every` seconds go by without one."""
    source = aiter(chunks)
    upcoming = asyncio.ensure_future(anext(source))
    try:
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=every)
            if not done:
                yield encode_comment("heartbeat")
                continue
            try:
                chunk = upcoming.result()
            except StopAsyncIteration:
                return
            yield chunk
            upcoming = asyncio.ensure_future(anext(source))
    finally:
        upcoming.cancel()


async def websocket(request: web.Request) -> web.StreamResponse:
    """One item a text message, then the closing handshake with code 1000 (RFC 6455 section 7.4.1). What the
    peer sends is read while items go out, so that its pings are answered and its leaving is seen at once."""
    refusal = refuse_handshake(request)
    if refusal is not None:
        return refusal
    items = Items.from_query(request.query)
    ws = web.WebSocketResponse(timeout=2, max_msg_size=65_536, autoclose=False, compress=False)
    await accept(request, ws)
    sending = asyncio.create_task(send_messages(ws, items))
    reading = asyncio.create_task(read_until_closed(ws))
    try:
        await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()  # while somebody reads, aiohttp's close() does not wait for the peer's answer
        await asyncio.gather(reading, return_exceptions=True)
        await ws.close(code=ws.close_code or WSCloseCode.OK)  # a peer that closed gets its own code back
    finally:
        sending.cancel()
        reading.cancel()
        await asyncio.gather(sending, reading, return_exceptions=True)
    return ws


async def send_messages(ws: web.WebSocketResponse, items: Items) -> None:
    with suppress(ConnectionError):  # the peer has gone: read_until_closed sees it too
        async for _, text in items.produce():
            await ws.send_str(text if items.stamped else f"{text}\n")


async def read_until_closed(ws: web.WebSocketResponse) -> None:
    async for _ in ws:
        pass


def refuse_handshake(request: web.Request) -> web.Response | None:
    """The answer to a request that cannot become a WebSocket (RFC 6455 section 4.2), or None if it can."""
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    connection = request.headers.get(hdrs.CONNECTION, "").lower()
    upgrades = "upgrade" in connection and request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if not upgrades or request.method != hdrs.METH_GET or request.version < HttpVersion11:
        message = (
            "this path speaks WebSocket: GET it by HTTP/1.1 with Connection: Upgrade, Upgrade: websocket"
        )
        return web.json_response({"error": message}, status=426, headers=upgrade)
    if (version := request.headers.get(hdrs.SEC_WEBSOCKET_VERSION)) != "13":
        message = f"Sec-WebSocket-Version must be 13, not {version!r}"
        return web.json_response({"error": message}, status=426, headers=upgrade)
    if not is_nonce(request.headers.get(hdrs.SEC_WEBSOCKET_KEY, "")):
        message = "Sec-WebSocket-Key must be 16 bytes in base64, for example from: openssl rand -base64 16"
        return web.json_response({"error": message}, status=400)
    return None


def is_nonce(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


ROUTES: dict[str, Handler] = {
    "/transfer-encoding": transfer_encoding,
    "/sse": sse,
    "/websocket": websocket,
}


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal says in JSON what was wrong and what would be right."""
    try:
        return await handler(request)
    except BadParameter as error:
        return web.json_response(error.details(), status=400)
    except web.HTTPNotFound:
        message = f"there is nothing at {request.path}"
        return web.json_response({"error": message, "paths": list(ROUTES)}, status=404)
    except web.HTTPMethodNotAllowed as error:
        message = f"{request.path} answers GET, not {request.method}"
        allow = {hdrs.ALLOW: ", ".join(sorted(error.allowed_methods))}
        return web.json_response({"error": message}, status=405, headers=allow)


async def without_server_header(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall(hdrs.SERVER, None)


def make_app(heartbeat: float = HEARTBEAT_SECONDS) -> web.Application:
    """The origin as a new application. `heartbeat`: seconds of silence after which SSE sends a comment."""
    app = web.Application(middlewares=[errors_as_json])
    app[HEARTBEAT] = heartbeat
    for path, handler in ROUTES.items():
        app.router.add_get(path, handler)
        app.router.add_options(path, preflight)
    app.on_response_prepare.append(allow_pages)
    app.on_response_prepare.append(without_server_header)
    return app
