"""A server in a container that returns the headers of a request, under headers of its own."""

from aiohttp import web


async def serve(request: web.Request) -> web.Response:
    headers = {"Server": "mine", "X-MiXed": "case"}
    return web.json_response(dict(request.headers), headers=headers)


app = web.Application()
app.router.add_get("/{path:.*}", serve)
web.run_app(app, host="0.0.0.0", port=8080)
