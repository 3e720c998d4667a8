"""The response that a function streams, as a front door passes it on: a head, then a body. No I/O.

Wherever the function's chunks begin and end, the head is the same and so are the bytes of the body.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from server.local_aws.aws_lambda.inflating import Inflating
from server.local_aws.aws_lambda.prelude import BadPrelude, Prelude, PreludeSplitter

GZIP = ("content-encoding", "gzip")


@dataclass(frozen=True)
class Head:
    """The response begins, with the status and headers of `prelude`."""

    prelude: Prelude


@dataclass(frozen=True)
class Body:
    """The next chunks of the body."""

    chunks: list[bytes]


@dataclass(frozen=True)
class PreludeRule:
    """What a front door asks of a prelude. The delimiter ends within `window` bytes: 16 KB for API Gateway;
    AWS documents no bound for Function URLs. `strict`: there must be one, and its keys are those that AWS
    defines. Otherwise an empty response has the prelude `{}`, and other keys are ignored."""

    window: int
    strict: bool = False


class StreamedAnswer:
    """`feed` what each read brings, then `end`; or `broken`, if the function breaks off.

    `begins`: the rule for the prelude that the function posts, or the prelude of a response without one.
    `inflates`: a gzip body goes inflated, without its `Content-Encoding`. `holds_last`: each chunk waits for
    the next one, or the end; what is held when the function breaks off is lost.
    """

    def __init__(
        self, begins: PreludeRule | Prelude, *, inflates: bool = False, holds_last: bool = False
    ) -> None:
        self._begins = begins
        self._inflates = inflates
        self._holds_last = holds_last
        self._splitter = PreludeSplitter(begins.window) if isinstance(begins, PreludeRule) else None
        self._inflating: Inflating | None = None
        self._begun = False
        self._held: list[bytes] = []

    def feed(self, chunks: list[bytes]) -> Iterator[Head | Body]:
        """Yield what can be sent now. Raises `BadPrelude`, before the head, and `BadGzip`, after it.

        Take all of it before the next call. A gzip body is inflated piece by piece as it is taken: a little
        input may be a lot of output.
        """
        if self._holds_last:
            written = self._held + chunks
            self._held = written[-1:]
            chunks = written[:-1]
        return self._passed(chunks)

    def end(self) -> Iterator[Head | Body]:
        """The function has ended its response: yield what is left to send. Raises `BadPrelude`, `BadGzip`."""
        yield from self._passed(self._held)
        if not self._begun:
            yield self._head(self._prelude_at_the_end())
        if self._inflating is not None:
            self._inflating.finish()

    def broken(self) -> Iterator[Head]:
        """The function has broken off: yield the head of a response that is cut before its first byte."""
        if not self._begun:
            yield self._head(Prelude())

    def _passed(self, chunks: list[bytes]) -> Iterator[Head | Body]:
        if not self._begun and chunks:
            prelude = self._begins if isinstance(self._begins, Prelude) else None
            if self._splitter is not None:
                chunks = [body for chunk in chunks if (body := self._splitter.feed(chunk))]
                prelude = self._splitter.prelude
            if prelude is None:
                return
            yield self._head(prelude)
        if self._inflating is not None:
            yield from (Body([piece]) for chunk in chunks for piece in self._inflating.feed(chunk))
        elif chunks:
            yield Body(chunks)

    def _prelude_at_the_end(self) -> Prelude:
        """Return the prelude of a response of which not one byte of a body has come. Raises `BadPrelude`."""
        if isinstance(self._begins, Prelude):
            return self._begins
        assert self._splitter is not None
        if self._begins.strict or not self._splitter.empty:
            raise BadPrelude("the response ended before the delimiter")
        return Prelude()

    def _head(self, prelude: Prelude) -> Head:
        if isinstance(self._begins, PreludeRule) and self._begins.strict and prelude.unknown:
            raise BadPrelude(f"unknown metadata: {', '.join(sorted(prelude.unknown))}")
        kept = {
            name: value for name, value in prelude.headers.items() if (name.lower(), value.lower()) != GZIP
        }
        if self._inflates and len(kept) < len(prelude.headers):
            self._inflating = Inflating()
            prelude = replace(prelude, headers=kept)
        self._begun = True
        return Head(prelude)
