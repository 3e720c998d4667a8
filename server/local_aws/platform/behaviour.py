"""Where AWS behaves one way or another, and what is known of it is not enough: one switch for each.

`LOCAL_AWS_REPORTED_FAILURE`, `ends` (the default) or `cuts`: what a client of a RESPONSE_STREAM Function URL
sees when a runtime reports, by trailers, that the function has failed in mid-stream. In the one transcript
from AWS the response ends cleanly, with its last chunk, and the client is none the wiser
(github.com/by-nir/aws-lambda-zig/issues/3, 2024-11: one reporter, one custom runtime). `cuts` breaks the
connection instead. Where a stream just stops (the process dies, the function runs out of time, the runtime's
request breaks off) the connection is cut in either case, as was seen once, too
(github.com/openai/openai-node/issues/347, 2023-10). An SDK's client always sees the failure, in
`InvokeComplete`. Of REST APIs nothing has been recorded: they cut.

`LOCAL_AWS_COALESCE`, `off` (the default) or `hold-last`: whether a RESPONSE_STREAM Function URL holds what
the function has written last until it writes again, or ends. What is held when a stream is cut is lost. It
was seen on AWS at times:
github.com/honojs/hono/issues/1678 (2023-11: one more space that is written sends what was written before),
github.com/H4ad/serverless-adapter/issues/166 (2024-01: a write waits for the next one, which waits itself),
github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/102 (2024-03),
github.com/aws/aws-lambda-web-adapter/issues/314 (2023-12).
Large writes passed at once: of 15 kB in the second of these reports, of 100 kB in the third. `hold-last`
holds each, whatever its size.

All checked 2026-11.
"""

import os
from dataclasses import dataclass

FAILURE_VARIABLE = "LOCAL_AWS_REPORTED_FAILURE"
COALESCE_VARIABLE = "LOCAL_AWS_COALESCE"


@dataclass(frozen=True)
class Behaviour:
    """`cuts_reported_failures`: a failure that a runtime reports breaks the client's connection.
    `holds_last`: what was written last waits for what is written next."""

    cuts_reported_failures: bool = False
    holds_last: bool = False


def from_environment() -> Behaviour:
    """What the two variables ask for. Raises `ValueError` if one of them has another value than its two."""
    return Behaviour(
        cuts_reported_failures=chosen(FAILURE_VARIABLE, "ends", "cuts"),
        holds_last=chosen(COALESCE_VARIABLE, "off", "hold-last"),
    )


def chosen(variable: str, default: str, other: str) -> bool:
    """Return whether `variable` asks for the other behaviour. Raises `ValueError`."""
    value = os.environ.get(variable, default)
    if value not in (default, other):
        raise ValueError(f"{variable} must be {default} or {other}, not {value!r}")
    return value == other
