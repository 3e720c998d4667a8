"""An application of Starlette's, as its documentation writes one, that streams."""

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


async def lines() -> AsyncIterator[str]:
    for number in range(3):
        yield f"{number}\n"
        await asyncio.sleep(0.2)


async def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(lines(), 200, {"x-name": request.path_params["name"]}, "text/plain")


app = Starlette(routes=[Route("/stream/{name}", stream)])
