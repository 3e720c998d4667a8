"""A relay: a server that fetches another one and passes the body on through one generator of yours.

The generator is the layer under test. The relay adds nothing to it: what the generator yields is written at
once, and the next chunk is asked for when that has been written.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

import aiohttp
from aiohttp import web

from server.embedded import EmbeddedServer

Chunks = AsyncGenerator[bytes, None]
Transform = Callable[[Chunks], Chunks]


def relay(upstream: str, transform: Transform, headers: Mapping[str, str] | None = None) -> EmbeddedServer:
    """A server, not yet started, that answers each GET as `upstream` (http://HOST:PORT) does, the body passed
    through `transform`: HTTP chunks, whole, to chunks. `headers` are added to the response."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        async with aiohttp.ClientSession() as session:
            try:
                origin = await session.get(upstream + request.path_qs)
            except aiohttp.ClientConnectionError as error:
                return web.Response(status=502, text=f"no answer from {upstream}: {error}\n")
            async with origin:  # released when the client leaves, too
                answer = web.StreamResponse(status=origin.status, headers=headers)
                answer.content_type = origin.content_type
                await answer.prepare(request)
                try:
                    async with (
                        aclosing(whole_chunks(origin)) as chunks,
                        aclosing(transform(chunks)) as passed,
                    ):
                        async for chunk in passed:
                            await answer.write(chunk)
                except aiohttp.ClientPayloadError:
                    if request.transport is not None:
                        request.transport.abort()  # what was cut on one side must not look whole on the other
            return answer

    def make_app() -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", pass_on)
        return app

    return EmbeddedServer(make_app)


async def whole_chunks(response: aiohttp.ClientResponse) -> Chunks:
    """Each HTTP chunk of the body, however many reads it took."""
    chunk = b""
    async for data, end_of_http_chunk in response.content.iter_chunks():
        chunk += data
        if chunk and end_of_http_chunk:
            yield chunk
            chunk = b""
    if chunk:
        yield chunk
