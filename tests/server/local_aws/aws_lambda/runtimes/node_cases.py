"""What a streaming handler does, and the bytes it must put on the Runtime API (as captured from the published
client aws-lambda-ric 4.0.2, 2026-11). Trailers are compared decoded: `(errorType, errorMessage)`."""

from dataclasses import dataclass

NULS = b"\0" * 8
PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
PRELUDE = b'{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=1"]}'
FROM = (
    "const s = awslambda.HttpResponseStream.from(rs, "
    '{statusCode: 201, headers: {"x-a": "b"}, cookies: ["c=1"]});'
)


@dataclass(frozen=True)
class Case:
    name: str
    body: str
    raw: bytes
    content_type: str = "application/octet-stream"
    error: tuple[str, str] | None = None
    logged: str = ""
    is_async: bool = True

    @property
    def source(self) -> str:
        function = f"{'async ' * self.is_async}(event, rs, context) => {{\n{self.body}\n}}"
        return (
            'import { pipeline } from "node:stream/promises";\n'
            'import { Readable } from "node:stream";\n'
            f"export const handler = awslambda.streamifyResponse({function});\n"
        )


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


CASES = [
    Case(
        "a chunk for each write", 'rs.write("one"); rs.write("two"); rs.end();', chunked(b"one", b"two", b"")
    ),
    Case("the last chunk from end", 'rs.write("one"); rs.end("two");', chunked(b"one", b"two", b"")),
    Case(
        "a large write is one chunk",
        "rs.write(Buffer.alloc(200_000)); rs.end();",
        chunked(bytes(200_000), b""),
    ),
    Case("text as UTF-8", 'rs.write("é✓"); rs.end();', chunked("é✓".encode(), b"")),
    Case("an encoding", 'rs.write("666f6f", "hex"); rs.end();', chunked(b"foo", b"")),
    Case("an object as JSON", "rs.write({a: 1}); rs.end();", chunked(b'{"a":1}', b"")),
    Case("nothing", "rs.end();", chunked(b"")),
    Case(
        "pipeline",
        'await pipeline(Readable.from(["one", "two"]), rs);',
        chunked(b"one", b"two", b""),
    ),
    Case(
        "a content type",
        'rs.setContentType("text/plain"); rs.write("one"); rs.end();',
        chunked(b"one", b""),
        content_type="text/plain",
    ),
    Case(
        "a content type too late",
        'rs.write("one"); rs.setContentType("text/plain");',
        chunked(b"one"),
        error=("Runtime.InvalidStreamingOperation", "Cannot set content-type, too late."),
    ),
    Case(
        "a prelude with the first write",
        f'{FROM} s.write("one"); s.write("two"); s.end();',
        chunked(PRELUDE, NULS, b"one", b"two", b""),
        content_type=PRELUDE_TYPE,
    ),
    Case(
        "a prelude with an empty write",
        f'{FROM} s.write(""); s.end();',
        chunked(PRELUDE, NULS, b""),
        content_type=PRELUDE_TYPE,
    ),
    Case(
        "a prelude with a pipeline of an empty buffer",
        f"{FROM} await pipeline(Readable.from([Buffer.alloc(0)]), s);",
        chunked(PRELUDE, NULS, b""),
        content_type=PRELUDE_TYPE,
    ),
    Case("a prelude is lost without a write", f"{FROM} s.end();", chunked(b""), content_type=PRELUDE_TYPE),
    Case(
        "a prelude is lost with an empty pipeline",
        f"{FROM} await pipeline(Readable.from([]), s);",
        chunked(b""),
        content_type=PRELUDE_TYPE,
    ),
    Case(
        "a prelude is lost with end alone",
        f'{FROM} s.end("data");',
        chunked(b"data", b""),
        content_type=PRELUDE_TYPE,
    ),
    Case("an error before the first write", 'throw new Error("early");', b"", error=("Error", "early")),
    Case(
        "an error after the first write",
        'rs.write("one"); throw new TypeError("late");',
        chunked(b"one"),
        error=("TypeError", "late"),
        logged="ERROR\tInvoke Error",
    ),
    Case(
        "an error after a prelude that was not sent",
        f'{FROM} throw new Error("early");',
        b"",
        content_type=PRELUDE_TYPE,
        error=("Error", "early"),
    ),
    Case("something thrown that is no error", 'throw "text";', b"", error=("string", "text")),
    Case("an error after the end", 'rs.end(); throw new Error("over");', chunked(b"")),
    Case(
        "a handler that is not async",
        'rs.write("one"); rs.end();',
        chunked(b"one", b""),
        logged="Streaming does not support non-async handlers.",
        is_async=False,
    ),
    Case(
        "a return value",
        'rs.write("one"); rs.end(); return {ignored: true};',
        chunked(b"one", b""),
        logged="Streaming handlers ignore return values.",
    ),
]
