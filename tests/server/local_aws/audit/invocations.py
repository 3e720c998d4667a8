"""`Invoke` and `InvokeWithResponseStream`: request headers, the payload, and the answers' headers.

`given` is a request (of an echo function); `expected` the status and, of the answer, headers by name, or
`payload` and `context` (what the runtime was told), or `error` (its type).
"""

import base64
import json
from typing import Any

from tests.server.local_aws.audit import ABSENT, INVOKE_DOC, MODEL, UNCONFIRMED, Row

TYPE, LOG, CONTEXT, TENANT = (
    "X-Amz-Invocation-Type",
    "X-Amz-Log-Type",
    "X-Amz-Client-Context",
    "X-Amz-Tenant-Id",
)
PAYLOAD = b'{"a": 1}'


def call(
    payload: bytes | None = PAYLOAD, query: str = "", **headers: str
) -> tuple[str, dict[str, str], bytes | None]:
    return query, {name.replace("_", "-"): value for name, value in headers.items()}, payload


def header(name: str, value: str) -> tuple[str, dict[str, str], bytes | None]:
    return "", {name: value}, PAYLOAD


def context(document: Any) -> str:
    return base64.b64encode(json.dumps(document, ensure_ascii=False).encode()).decode()


INVALID = (400, {"error": "InvalidParameterValueException"})
NOT_JSON = (400, {"error": "InvalidRequestContentException"})
TOLD = "lambda-runtime-client-context"
ROWS = [
    Row("payload", "absent", call(None), (200, {"payload": {}}), UNCONFIRMED),
    Row("payload", "empty", call(b""), (200, {"payload": {}}), UNCONFIRMED),
    Row("payload", "repeated", call(b'{"a": 1, "a": 2}'), (200, {"payload": {"a": 2}}), UNCONFIRMED),
    Row("payload", "encoded", call(b'"\\u00e9"'), (200, {"payload": "é"}), INVOKE_DOC),
    Row("payload", "encoded, not JSON", call(b"a=1"), NOT_JSON, INVOKE_DOC),
    Row("payload", "non-ASCII", call('"日"'.encode()), (200, {"payload": "日"}), INVOKE_DOC),
    Row("payload", "binary", call(b'"\xff"'), NOT_JSON, UNCONFIRMED),
    Row(
        "payload",
        "very long",
        call(b" " * (6 * 1024 * 1024) + b"1"),
        (413, {"error": "RequestTooLargeException"}),
        INVOKE_DOC,
    ),
    Row("invocation type", "absent", call(), (200, {"x-amz-function-error": ABSENT}), INVOKE_DOC),
    Row("invocation type", "empty", header(TYPE, ""), (200, {"payload": {"a": 1}}), UNCONFIRMED),
    Row(
        "invocation type",
        "encoded",
        header(TYPE, "RequestResponse"),
        (200, {"payload": {"a": 1}}),
        INVOKE_DOC,
    ),
    Row(
        "invocation type",
        "encoded, dry",
        header(TYPE, "DryRun"),
        (204, {"x-amz-executed-version": ABSENT}),
        INVOKE_DOC,
    ),
    Row("invocation type", "encoded, other case", header(TYPE, "requestresponse"), INVALID, UNCONFIRMED),
    Row("invocation type", "non-ASCII", header(TYPE, "é"), INVALID, UNCONFIRMED),
    Row("log type", "absent", call(), (200, {"x-amz-log-result": ABSENT}), INVOKE_DOC),
    Row("log type", "empty", header(LOG, ""), (200, {"x-amz-log-result": ABSENT}), UNCONFIRMED),
    Row("log type", "encoded", header(LOG, "None"), (200, {"x-amz-log-result": ABSENT}), INVOKE_DOC),
    Row("client context", "absent", call(), (200, {f"context.{TOLD}": ABSENT}), MODEL),
    Row("client context", "empty", header(CONTEXT, ""), (200, {f"context.{TOLD}": ABSENT}), UNCONFIRMED),
    Row(
        "client context",
        "empty, object",
        header(CONTEXT, context({})),
        (200, {f"context.{TOLD}": "{}"}),
        MODEL,
    ),
    Row(
        "client context",
        "encoded",
        header(CONTEXT, context({"custom": {"a": "b"}})),
        (200, {f"context.{TOLD}": '{"custom": {"a": "b"}}'}),
        MODEL,
    ),
    Row("client context", "encoded, no base64", header(CONTEXT, "{}"), NOT_JSON, UNCONFIRMED),
    Row(
        "client context",
        "non-ASCII",
        header(CONTEXT, context({"a": "日"})),
        (200, {f"context.{TOLD}": '{"a": "\\u65e5"}'}),
        UNCONFIRMED,
    ),
    Row(
        "client context", "binary", header(CONTEXT, base64.b64encode(b"\xff").decode()), NOT_JSON, UNCONFIRMED
    ),
    Row("client context", "very long", header(CONTEXT, context("x" * 3583)), NOT_JSON, UNCONFIRMED),
    Row("tenant", "absent", call(), (200, {"context.lambda-runtime-aws-tenant-id": ABSENT}), MODEL),
    Row(
        "tenant",
        "encoded",
        header(TENANT, "t-1"),
        (200, {"context.lambda-runtime-aws-tenant-id": "t-1"}),
        MODEL,
    ),
    Row("qualifier", "absent", call(), (200, {"x-amz-executed-version": "$LATEST"}), INVOKE_DOC),
    Row(
        "qualifier",
        "encoded",
        call(query="?Qualifier=%24LATEST"),
        (200, {"x-amz-executed-version": "$LATEST"}),
        INVOKE_DOC,
    ),
    Row(
        "qualifier",
        "encoded, unknown",
        call(query="?Qualifier=nope"),
        (404, {"error": "ResourceNotFoundException"}),
        INVOKE_DOC,
    ),
]

FROM_A_LIST = {"repeated": "one value", "binary": "one of a list", "very long": "one of a list"}
NOT_APPLICABLE = {
    "invocation type": FROM_A_LIST,
    "log type": {**FROM_A_LIST, "non-ASCII": "one of a list"},
    "client context": {"repeated": "one value"},
    "tenant": dict.fromkeys(
        ("empty", "repeated", "non-ASCII", "binary", "very long"), "AWS's model refuses it"
    ),
    "qualifier": dict.fromkeys(
        ("empty", "repeated", "non-ASCII", "binary", "very long"), "AWS's model refuses it"
    ),
}
