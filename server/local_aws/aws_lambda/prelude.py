"""The HTTP-integration prelude: status, headers and cookies as JSON, eight NULs, then the body.

Source: docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html (checked
2026-11).
"""

import json
from dataclasses import dataclass, field
from typing import Any

from server.local_aws.control_plane.call import json_object

CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
DELIMITER = b"\0" * 8
KEYS = {"statusCode", "headers", "multiValueHeaders", "cookies"}


class BadPrelude(ValueError):
    """There is no delimiter where one must be, or what stands before it is not a prelude."""


@dataclass(frozen=True)
class Prelude:
    """The document before the delimiter. `unknown` are its keys that AWS does not define: Function URLs
    ignore them, API Gateway does not allow them."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    multi_value_headers: dict[str, list[str]] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()


class PreludeSplitter:
    """Splits a stream at the first eight NULs, wherever chunks begin and end. No I/O.

    `window` bounds where the delimiter may end: 16 KB for API Gateway; AWS documents none for Function URLs.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._head = bytearray()
        self.prelude: Prelude | None = None

    @property
    def empty(self) -> bool:
        """True while not one byte has come."""
        return self.prelude is None and not self._head

    def feed(self, chunk: bytes) -> bytes:
        """Take the next chunk; return what of it belongs to the body. Raises `BadPrelude`."""
        if self.prelude is not None:
            return chunk
        searched = max(0, len(self._head) - len(DELIMITER) + 1)
        self._head += chunk
        at = self._head.find(DELIMITER, searched)
        end = at + len(DELIMITER)
        if (len(self._head) if at < 0 else end) > self._window:
            raise BadPrelude(f"no delimiter in the first {self._window} bytes")
        if at < 0:
            return b""
        body = bytes(self._head[end:])
        self.prelude = parse(bytes(self._head[:at]))
        self._head.clear()
        return body


def parse(document: bytes) -> Prelude:
    """Read the JSON before the delimiter. Raises `BadPrelude`."""
    fields = json_object(document)
    if fields is None:
        raise BadPrelude("the prelude is not a JSON object")
    return Prelude(
        status=status_code(fields.get("statusCode", 200)),
        headers={name: text(value) for name, value in mapping(fields, "headers").items()},
        multi_value_headers={
            name: [text(value) for value in (values if isinstance(values, list) else [values])]
            for name, values in mapping(fields, "multiValueHeaders").items()
        },
        cookies=[text(cookie) for cookie in listed(fields, "cookies")],
        unknown=frozenset(fields) - KEYS,
    )


def mapping(fields: dict[str, Any], key: str) -> dict[str, Any]:
    value = fields.get(key) or {}
    if not isinstance(value, dict):
        raise BadPrelude(f"{key} is not an object")
    return value


def listed(fields: dict[str, Any], key: str) -> list[Any]:
    value = fields.get(key) or []
    if not isinstance(value, list):
        raise BadPrelude(f"{key} is not a list")
    return value


def status_code(value: object) -> int:
    """A status code from 100 to 599, as a number or (observed on AWS) as a string. Raises `BadPrelude`."""
    try:
        status = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else 0
    except ValueError:
        status = 0
    if not 100 <= status <= 599:
        raise BadPrelude(f"statusCode must be from 100 to 599, not {value!r}")
    return status


def text(value: object) -> str:
    """A header's value: strings without outer blanks, anything else as JSON. Raises `BadPrelude`."""
    if isinstance(value, str):
        return value.strip()
    try:
        return json.dumps(value)
    except RecursionError:
        raise BadPrelude("a value is nested too deeply") from None
