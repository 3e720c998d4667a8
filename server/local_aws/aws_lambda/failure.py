"""How an invocation fails."""

import json

from server.local_aws.control_plane.call import ApiError


class FunctionFailure(Exception):
    """The function (or its runtime) failed. `document` is the JSON that describes it to the caller; it is the
    runtime's own where it gave one. `in_trailers`: the runtime has reported it at the end of a response.
    `log_tail`: the last 4 KB of the log, where the caller asked for it."""

    def __init__(self, error_type: str, document: bytes) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.document = document
        self.in_trailers = False
        self.log_tail = b""

    @classmethod
    def of(cls, error_type: str, message: str) -> "FunctionFailure":
        document = {"errorType": error_type, "errorMessage": message}
        return cls(error_type, json.dumps(document, separators=(",", ":")).encode())

    @classmethod
    def of_machine(cls, error: OSError) -> "FunctionFailure":
        """This machine has no more descriptors, processes or memory to give."""
        return cls.of("Sandbox.Failure", f"No environment: {error.strerror}")

    @property
    def message(self) -> str:
        """The document's `errorMessage`, or the whole document if it has none."""
        try:
            return str(json.loads(self.document)["errorMessage"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.document.decode("utf-8", "replace")


class Throttled(ApiError):
    """No concurrency is left; `reason` is AWS's name for which limit was met."""

    def __init__(self, reason: str) -> None:
        super().__init__(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason)
