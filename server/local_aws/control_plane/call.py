"""A call of an AWS API as the endpoint receives it, and its answer."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from server.local_aws.control_plane.claims import Claim
from server.local_aws.http1.exchange import Exchange, Header

REGION = "ap-northeast-1"
"""The Region of calls that name none."""


@dataclass(frozen=True)
class ApiCall:
    """One call. `service` and `region` are those its signature names ("" and the default Region without
    one)."""

    method: str
    target: str
    headers: Sequence[Header]
    body: bytes

    @classmethod
    async def read(cls, exchange: Exchange, limit: int) -> "ApiCall":
        """Raises `BodyTooLarge` beyond `limit` bytes, `TruncatedBody`."""
        return cls(exchange.method, exchange.target, exchange.headers, await exchange.read(limit))

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    @cached_property
    def path(self) -> str:
        """The path as it was sent, escapes kept."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def members(self) -> dict[str, Any]:
        """The members of the JSON object in the body; none if that is not what the body is: of an operation
        that is known, `canonical` lets no other body pass."""
        return json_object(self.body) or {}

    @cached_property
    def claim(self) -> Claim | None:
        """Who signed the call, as it says itself; None if it is not signed."""
        return Claim.of(self.header, self.query, self.body)

    @property
    def access_key(self) -> str:
        """The key that signs the call, or ""."""
        return self.claim.key if self.claim else ""

    @property
    def signed(self) -> bool:
        return self.claim is not None

    @property
    def region(self) -> str:
        return self.claim.region or REGION if self.claim else REGION

    @property
    def service(self) -> str:
        return self.claim.service if self.claim else ""


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that `text` is; None if it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


@dataclass(frozen=True)
class ApiAnswer:
    """The answer to a call; `headers` without `Content-Length`."""

    status: int
    headers: Sequence[Header]
    body: bytes

    @classmethod
    def of(cls, status: int, document: object = None) -> "ApiAnswer":
        """A JSON document, or (None) nothing."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", str(uuid.uuid4()))]
        return cls(status, headers, body)


class ApiError(Exception):
    """A call is refused with an AWS error. `code` is the error's name, `more` further members of the body."""

    def __init__(self, status: int, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = more

    def answer(self) -> ApiAnswer:
        """As AWS's REST-JSON services answer: the name in `x-amzn-ErrorType`, the message in the body."""
        plain = ApiAnswer.of(self.status, {"Type": "User", **self.more, "message": self.message})
        return ApiAnswer(plain.status, [*plain.headers, ("x-amzn-ErrorType", self.code)], plain.body)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequestException", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "NotFoundException", message)
