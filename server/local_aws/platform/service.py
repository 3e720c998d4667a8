"""What a service of the stand-in is, and the platform that all of them stand on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.endpoints import Endpoints
from server.local_aws.http1.exchange import Exchange
from server.local_aws.platform.behaviour import Behaviour
from server.local_aws.platform.limits import Limits
from server.processes.children import Processes

if TYPE_CHECKING:
    from server.local_aws.aws_lambda.functions import Functions
    from server.local_aws.http1.tls import Certificate


class Service(Protocol):
    """A service that the stand-in answers itself, or whose answers by moto it completes."""

    def serves(self, call: ApiCall) -> bool:
        """Return whether `call`, which is signed for this service, is answered here and not by moto."""

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Answer `call`. An AWS error is an answer, too."""

    def streams(self, call: ApiCall) -> bool:
        """Return whether `call`, of which only the head is known, is handed over with its exchange."""

    async def stream(self, exchange: Exchange) -> None:
        """Answer the call in `exchange`, whose body has not been read."""

    async def retire(self) -> None:
        """Let go of what moto no longer knows. It is called after every call that may have changed it."""

    async def stop(self) -> None:
        """Close every port and end everything that the service has started."""


class Calls:
    """What most services have in common: no streamed calls, and nothing to retire."""

    def streams(self, call: ApiCall) -> bool:
        return False

    async def stream(self, exchange: Exchange) -> None:
        raise NotImplementedError

    async def retire(self) -> None:
        return


@dataclass
class Platform:
    """What services share. `folder` is the stand-in's temporary folder, `forward` hands a call to moto,
    `admit` returns a call in its canonical form or raises `ApiError` for one that is not allowed. With
    `enforce_iam` functions sign as their roles."""

    limits: Limits
    behaviour: Behaviour
    endpoint_url: str
    folder: Path
    processes: Processes
    endpoints: Endpoints
    forward: Callable[[ApiCall], Awaitable[ApiAnswer]]
    admit: Callable[[ApiCall], ApiCall]
    enforce_iam: bool

    @cached_property
    def certificate(self) -> "Certificate":
        """The certificate of the endpoints that speak TLS."""
        from server.local_aws.http1.tls import Certificate

        return Certificate(self.folder)

    @cached_property
    def functions(self) -> "Functions":
        """What a front door calls to invoke a function."""
        from server.local_aws.aws_lambda import deployed
        from server.local_aws.aws_lambda.functions import Functions
        from server.local_aws.iam.identity import role_credentials, root_credentials

        return Functions(
            folder=self.folder,
            processes=self.processes,
            limits=self.limits,
            endpoint_url=self.endpoint_url,
            credentials=role_credentials if self.enforce_iam else root_credentials,
            trusted=self.certificate.trusted(),
            put_events=deployed.put_log_events,
            current=deployed.current,
            reserved=deployed.reserved_concurrency,
        )

    def retire(self) -> None:
        """Stop what runs functions that have been changed or deleted."""
        if "functions" in self.__dict__:
            self.functions.retire()

    async def stop(self) -> None:
        """End every function. Services are stopped before: no front door calls one any more."""
        if "functions" in self.__dict__:
            await self.functions.stop()
