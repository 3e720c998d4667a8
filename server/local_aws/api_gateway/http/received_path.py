"""What an HTTP API makes of the path of a request. Pure.

It resolves escapes twice, and cuts the path at a question mark that the first time brings to light. So it was
recorded on AWS in 2026-07 (github.com/hotsock/voker, vokerhttp/testdata/ingress-paths.json):
`/percent%25done` is refused with a 400, `/literal%252Fvalue` is `/literal/value`, `/question%3Fvalue` is
`/question`. REST APIs and Function URLs keep the path as it is.

Choices where AWS is unconfirmed: an escape that the path's end cuts short (`/a%25b`) is kept; bytes that are
not UTF-8 become replacement characters.
"""

import re
from urllib.parse import unquote

NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}|[0-9A-Fa-f]?$)")


class BadPath(ValueError):
    """The path has an escape that is none."""


def received(path: str) -> str:
    """The path that is routed, its escapes kept: what stands before a question mark. Raises `BadPath`."""
    kept = re.split("%3f", path, maxsplit=1, flags=re.IGNORECASE)[0]
    decoded(kept)
    return kept


def decoded(text: str) -> str:
    """`text`, a path or a part of one, as an event has it. Raises `BadPath`."""
    for _ in range(2):
        if NO_ESCAPE.search(text):
            raise BadPath(text)
        text = unquote(text)
    return text
