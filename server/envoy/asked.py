"""The server that an `Envoy` of this process asks about users, in a thread of its own."""

from aiohttp import web

from server.door import allowed
from server.embedded import EmbeddedServer
from server.envoy.users import PATH, answer


def start_answering() -> EmbeddedServer:
    """Raises `OSError` if no port can be opened, `allowed.BadEntry`."""
    return EmbeddedServer(make_app).start()


def make_app() -> web.Application:
    setting = allowed.from_environment()

    async def answer_question(request: web.Request) -> web.Response:
        status, body = answer(request.raw_path, setting)
        return web.Response(status=status, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get(PATH, answer_question)
    return app
