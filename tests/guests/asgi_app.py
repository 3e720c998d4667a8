"""An ASGI application without a framework: streams stamped lines, echoes a POST, fails when told to."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STARTED: list[bool] = []


async def app(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        STARTED.append(True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    if scope["method"] == "POST":
        body = (await receive())["body"]
        told = {name: scope[name] for name in ("path", "method", "scheme")}
        told |= {"query": scope["query_string"].decode(), "body": body.decode("latin-1"), "started": STARTED}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        told["cookie"] = headers["cookie"]
        await start(send, 201, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"))
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})
        return
    if scope["path"] == "/silent":
        return
    if scope["path"] == "/early":
        raise LookupError("before the response")
    await start(send, 200)
    for seq in range(3):
        line = json.dumps({"seq": seq, "sent": time.time()}) + "\n"
        await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
        await asyncio.sleep(0.2)
    if scope["path"] == "/late":
        raise LookupError("in mid-stream")
    await send({"type": "http.response.body"})


async def start(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    fields = [(b"content-type", b"text/plain"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
