"""How AppSync's data plane refuses: `{"errors": [{"errorType": …, "message": …}]}`, over HTTP and
WebSocket."""

from typing import Any


class Refused(Exception):
    """`status` is the HTTP status, and the `errorCode` of a connection that is refused."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message

    def errors(self) -> list[dict[str, Any]]:
        return [{"errorType": self.error_type, "message": self.message}]

    def with_code(self) -> list[dict[str, Any]]:
        return [{"errorType": self.error_type, "message": self.message, "errorCode": self.status}]
