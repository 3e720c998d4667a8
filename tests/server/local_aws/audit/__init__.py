"""What AWS does, field by field, as data: tables of rows that `test_audit` drives over sockets.

Every field of an event or an answer has a row for each of `CASES`, or a reason in `NOT_APPLICABLE` of its
table. The source of a row says how firm it is: a page of AWS's, what somebody recorded on AWS, or
UNCONFIRMED, where the expected value is this stand-in's choice.
"""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.support.http_client import Received, receive

CASES = ("absent", "empty", "repeated", "encoded", "non-ASCII", "binary", "very long")
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
"""Expected of a field that is not there at all."""

UNCONFIRMED = "UNCONFIRMED (this stand-in's choice)"
URL_DOC = "docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (checked 2026-11)"
CORS_DOC = "docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html (checked 2026-11)"
STREAM_DOC = (
    "docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html "
    "(checked 2026-11)"
)
INVOKE_DOC = "docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (checked 2026-11)"
CONTEXT_DOC = "docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html (checked 2026-11)"
REALTIME_DOC = "docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html (checked 2026-11)"
SUBSCRIBE_DOC = (
    "docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html (checked 2026-11)"
)
EVENTS_DOC = "docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html (checked 2026-11)"
PUBLISH_DOC = "docs.aws.amazon.com/appsync/latest/eventapi/publish-http.html (checked 2026-11)"
GO_EVENTS = "recorded: github.com/aws/aws-lambda-go/tree/main/lambdaurl/testdata (2023-04)"
LOCALSTACK = "recorded: github.com/localstack/localstack, tests/aws/services/lambda_ (2025-11)"
HTTP_API = "recorded of HTTP APIs, same format: github.com/ministackorg/ministack/pull/766 (2026-06)"
FORMS = "recorded: github.com/LeanerCloud/CUDly/pull/1483 (2026-07)"
REFLECTED = (
    "recorded: github.com/LeanerCloud/CUDly/issues/390 (2026-05), "
    "github.com/samvera/serverless-iiif/issues/71 (2022-07)"
)
CARGO = "recorded: github.com/cargo-lambda/cargo-lambda/issues/862 (2025-06)"
GO_STREAM = "recorded: github.com/aws/aws-lambda-go/issues/610"
ALIASES = "recorded: github.com/aws/aws-appsync-community/issues/160 (2021-05)"
NULLS = "recorded: github.com/aws-amplify/amplify-category-api/issues/1338 (2023-03)"
NO_PROTOCOL = "recorded: github.com/aws/aws-appsync-community/issues/195 (2021-12)"
OTHER_PROTOCOL = "recorded: github.com/graphql-dotnet/graphql-client/issues/591 (2023-08)"
OTHER_PROTOCOL_OF_EVENTS = "recorded of an Event API by a project that replayed Amplify's handshake (2026-05)"
MODEL = "AWS's model of the API (botocore 1.44)"


@dataclass(frozen=True)
class Row:
    """`given` to the stand-in, the field is `expected`; `expected` maps paths of a document to values."""

    field: str
    case: str
    given: Any
    expected: Any
    source: str

    @property
    def name(self) -> str:
        return f"{self.field}: {self.case}"


@dataclass(frozen=True)
class Request:
    """An HTTP request as it goes over the wire. `headers`: pairs, in order, Latin-1."""

    target: str = "/"
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None

    def send(self, url: str) -> Received:
        """Send it to the server of `url`; read the answer to its end."""
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        fields = [("Host", parts.netloc), ("Connection", "close"), *self.headers]
        if self.body is not None:
            fields.append(("Content-Length", str(len(self.body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        line = f"{self.method} {self.target} HTTP/1.1\r\n"
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as peer:
            peer.sendall(f"{line}{head}\r\n".encode("latin-1") + (self.body or b""))
            return receive(peer)


def at(document: Any, path: str) -> Any:
    """The member of `document` at a path such as `a.b.c`, or ABSENT."""
    for name in path.split("."):
        if not isinstance(document, Mapping) or name not in document:
            return ABSENT
        document = document[name]
    return document


def missing(rows: Sequence[Row], not_applicable: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The fields' cases that have neither a row nor a reason, and reasons for what has a row."""
    covered = {(row.field, row.case.partition(",")[0]) for row in rows}
    excused = {(field, case) for field, reasons in not_applicable.items() for case in reasons}
    fields = dict.fromkeys(row.field for row in rows)
    wanted = {(field, case) for field in fields for case in CASES}
    wrong = sorted((wanted - covered - excused) | (covered & excused) | (excused - wanted))
    return [f"{field}: {case}" for field, case in wrong]
