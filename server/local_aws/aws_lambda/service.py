"""Lambda as a service of the stand-in: its API, the functions and their URLs."""

from server.local_aws.aws_lambda.api import LambdaApi
from server.local_aws.aws_lambda.function_url.config import FunctionUrls
from server.local_aws.aws_lambda.function_url.front_door import FunctionUrl
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.http1.exchange import Exchange
from server.local_aws.platform.service import Platform


class Lambda:
    """Serves every call of Lambda's API; invocations are streamed."""

    def __init__(self, platform: Platform) -> None:
        functions = functions_of(platform)
        self._urls = FunctionUrls(
            platform.endpoints,
            lambda config: FunctionUrl(config, functions, platform.limits, platform.behaviour).serve,
        )
        self._api = LambdaApi(
            functions,
            self._urls,
            platform.limits,
            platform.admit,
            platform.forward,
            enforce_iam=platform.enforce_iam,
        )

    def serves(self, call: ApiCall) -> bool:
        return True

    async def call(self, call: ApiCall) -> ApiAnswer:
        return await self._api.call(call)

    def streams(self, call: ApiCall) -> bool:
        return LambdaApi.is_invocation(call.target)

    async def stream(self, exchange: Exchange) -> None:
        await self._api.invoke(exchange)

    async def retire(self) -> None:
        await self._urls.retire()

    async def stop(self) -> None:
        await self._urls.stop()
