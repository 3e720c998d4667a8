"""AppSync as a service of the stand-in: GraphQL APIs and Event APIs."""

from server.local_aws.appsync.api import AppSyncApi
from server.local_aws.appsync.apis import Apis
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.platform.service import Calls, Platform


class AppSync(Calls):
    """Answers every call of AppSync's API."""

    def __init__(self, platform: Platform) -> None:
        tls = platform.certificate.context
        self._apis = Apis(platform.endpoints, functions_of(platform), platform.limits, tls)
        self._api = AppSyncApi(self._apis, platform.forward)

    def serves(self, call: ApiCall) -> bool:
        return True

    async def call(self, call: ApiCall) -> ApiAnswer:
        return await self._api.call(call)

    async def retire(self) -> None:
        await self._apis.retire()

    async def stop(self) -> None:
        await self._apis.stop()
