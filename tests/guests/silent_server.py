"""A server in a container that reads a request and does not answer for half a minute."""

import asyncio

from aiohttp import web


async def serve(request: web.Request) -> web.Response:
    await request.read()
    await asyncio.sleep(30)
    return web.Response()


app = web.Application()
app.router.add_route("*", "/", serve)
web.run_app(app, host="0.0.0.0", port=8080)
