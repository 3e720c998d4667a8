"""A call of an AWS API as the endpoint receives it, and its answer."""

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from server.local_aws.http1.exchange import Exchange, Header

REGION = "ap-northeast-1"
"""The Region of calls that name none."""

CREDENTIAL = re.compile(r"([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
ALGORITHM = "AWS4-HMAC-SHA256"
PRESIGNED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
"""The query parameters of a presigned URL (docs.aws.amazon.com/AmazonS3/latest/API/
sigv4-query-string-auth.html, checked 2026-11); one without all of them is not signed."""


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
    def _scope(self) -> tuple[str, str, str]:
        match = CREDENTIAL.fullmatch(self._credential)
        return (match[1], match[2], match[3]) if match else ("", REGION, "")

    @property
    def _credential(self) -> str:
        """The credential of a signature that has all its parts, in the header or in the query; or ""."""
        algorithm, _, rest = self.header("authorization").strip().partition(" ")
        if algorithm == ALGORITHM:
            parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
            complete = parts.keys() == {"Credential", "SignedHeaders", "Signature"} and all(parts.values())
            return parts["Credential"] if complete else ""
        if algorithm or not all(self.query.get(name) for name in PRESIGNED):
            return ""
        return self.query["X-Amz-Credential"] if self.query["X-Amz-Algorithm"] == ALGORITHM else ""

    @property
    def access_key(self) -> str:
        """The key that signs the call, or ""."""
        return self._scope[0]

    @property
    def signed(self) -> bool:
        return self.access_key != ""

    @property
    def region(self) -> str:
        return self._scope[1]

    @property
    def service(self) -> str:
        return self._scope[2]


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
        self.status, self.code, self.message, self.more = status, code, message, more

    def answer(self) -> ApiAnswer:
        """As AWS's REST-JSON services answer: the name in `x-amzn-ErrorType`, the message in the body."""
        plain = ApiAnswer.of(self.status, {"Type": "User", **self.more, "message": self.message})
        return ApiAnswer(plain.status, [*plain.headers, ("x-amzn-ErrorType", self.code)], plain.body)
