"""What a service of the stand-in is, and the platform that all of them stand on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.endpoints import Endpoints
from server.local_aws.http1.exchange import Exchange
from server.local_aws.platform.behaviour import Behaviour
from server.local_aws.platform.limits import Limits
from server.processes.children import Processes

if TYPE_CHECKING:
    from server.local_aws.http1.tls import Certificate
    from server.local_aws.iam.identity import Identity


class Service(Protocol):
    """A service that the stand-in answers itself, or whose answers by moto it completes."""

    def serves(self, call: ApiCall) -> bool:
        """Return whether `call`, which is signed for this service, is answered here and not by moto."""

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Answer `call`. Raises `ApiError`."""

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


class Shared(Protocol):
    """What several services use, such as the functions that every front door invokes."""

    def retire(self) -> None:
        """Let go of what moto no longer knows."""

    async def stop(self) -> None:
        """End everything that it has started."""


S = TypeVar("S", bound=Shared)


@dataclass
class Platform:
    """What services share. `folder` is the stand-in's temporary folder, `forward` hands a call to moto,
    `admit` returns a call in its canonical form or raises `ApiError` for one that is not allowed, `act`
    answers a call that the stand-in itself makes in somebody's name. With `enforce_iam` functions sign as
    their roles."""

    limits: Limits
    behaviour: Behaviour
    endpoint_url: str
    folder: Path
    processes: Processes
    endpoints: Endpoints
    forward: Callable[[ApiCall], Awaitable[ApiAnswer]]
    admit: Callable[[ApiCall], ApiCall]
    act: Callable[["Identity", ApiCall], Awaitable[ApiAnswer]]
    enforce_iam: bool
    _shared: dict[Any, Any] = field(default_factory=dict)
    _certifying: Lock = field(default_factory=Lock)
    _certificate: "Certificate | None" = None

    @property
    def certificate(self) -> "Certificate":
        """The certificate of the endpoints that speak TLS: one, whichever thread asks first."""
        from server.local_aws.http1.tls import Certificate

        with self._certifying:
            if self._certificate is None:
                self._certificate = Certificate(self.folder)
            return self._certificate

    def shared(self, make: Callable[["Platform"], S]) -> S:
        """Return what `make` makes of this platform: the same for all who name the same `make`."""
        if make not in self._shared:
            self._shared[make] = make(self)
        made: S = self._shared[make]
        return made

    def retire(self) -> None:
        """Let go of what was shared and has been changed or deleted."""
        for made in self._shared.values():
            made.retire()

    async def stop(self) -> None:
        """Stop what was shared. Services are stopped before: nobody asks for it any more."""
        for made in self._shared.values():
            await made.stop()
