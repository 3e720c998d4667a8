"""API Gateway as a service of the stand-in: WebSocket, REST and HTTP APIs, which share one signing name."""

from server.local_aws.api_gateway.common.read_back import completed
from server.local_aws.api_gateway.http.api import HttpApis
from server.local_aws.api_gateway.rest.api import RestApis
from server.local_aws.api_gateway.websocket.apis import WebSocketApis
from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.platform.service import Calls, Platform


class ApiGateway(Calls):
    """Answers every call of API Gateway, or lets moto answer."""

    def __init__(self, platform: Platform) -> None:
        self._forward = platform.forward
        self._websocket = WebSocketApis(platform)
        self._rest = RestApis(platform)
        self._http = HttpApis(platform)

    def serves(self, call: ApiCall) -> bool:
        return True

    async def call(self, call: ApiCall) -> ApiAnswer:
        return completed(call, await self._answer(call))

    async def _answer(self, call: ApiCall) -> ApiAnswer:
        for kind in (self._websocket, self._http):
            if (answer := await kind.call(call)) is not None:
                return answer
        return await (self._rest.call(call) if self._rest.is_mine(call) else self._forward(call))

    async def retire(self) -> None:
        for kind in (self._rest, self._http, self._websocket):
            await kind.retire()

    async def stop(self) -> None:
        for kind in (self._rest, self._http, self._websocket):
            await kind.stop()
