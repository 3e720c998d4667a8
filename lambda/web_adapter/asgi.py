"""Calls an ASGI application for one request at a time, and yields what it sends, when it sends it.

The protocol: https://asgi.readthedocs.io/en/latest/specs/www.html (checked 2026-11). The application runs
while its next message is awaited: one that is faster than its reader waits for it.
"""

import asyncio
from importlib import import_module
from urllib.parse import unquote_to_bytes

LOOP = asyncio.new_event_loop()


class Application:
    """The application that `name`, as in `module:attribute`, names, started once (lifespan protocol)."""

    def __init__(self, name):
        module, _, attribute = name.partition(":")
        self._app = getattr(import_module(module), attribute)
        self._state = {}
        LOOP.run_until_complete(self._start())

    async def _start(self):
        """An application without a lifespan raises, or returns, as the specification lets it."""
        self._life, replies = asyncio.Queue(), asyncio.Queue()
        await self._life.put({"type": "lifespan.startup"})
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self._state}
        self._living = asyncio.create_task(self._app(scope, self._life.get, replies.put))
        reply = await either(replies, self._living)
        if reply and reply["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"the application did not start: {reply.get('message', '')}")

    def respond(self, method, target, headers, body):
        """Yield the status and the headers, then the parts of the body. Raises as the application does."""
        sent = asyncio.Queue(maxsize=1)
        request = scope(method, target, headers, self._state)
        answering = LOOP.create_task(self._app(request, once(body), sent.put))
        try:
            start = LOOP.run_until_complete(either(sent, answering))
            if start is None:
                answering.result()
                raise RuntimeError("the application sent no response")
            fields = start.get("headers", [])
            yield (
                start["status"],
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields],
            )
            while message := LOOP.run_until_complete(either(sent, answering)):
                yield message.get("body", b"")
            answering.result()
        finally:
            answering.cancel()


def scope(method, target, headers, state):
    path, _, query = target.partition("?")
    raw_path = path.encode()
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": headers.get("x-forwarded-proto", "https"),
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode()) for name, value in headers.items()],
        "client": (headers.get("x-forwarded-for", "127.0.0.1").split(",")[0], 0),
        "server": ("127.0.0.1", None),
        "state": dict(state),
    }


def once(body):
    """The application's `receive`: the whole body, then nothing until it is cancelled."""
    parts = [{"type": "http.request", "body": body or b"", "more_body": False}]

    async def receive():
        if parts:
            return parts.pop()
        return await asyncio.Future()

    return receive


async def either(queue, task):
    """The next message in `queue`; None if `task` has ended and there is none."""
    getting = asyncio.ensure_future(queue.get())
    await asyncio.wait({getting, task}, return_when=asyncio.FIRST_COMPLETED)
    if not getting.done() and not queue.empty():
        await asyncio.wait({getting})
    if getting.done():
        return getting.result()
    getting.cancel()
    return None
