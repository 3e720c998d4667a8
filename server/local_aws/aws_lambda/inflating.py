"""Inflates a gzip body as it comes: a RESPONSE_STREAM URL does so, and drops `Content-Encoding`
(github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/96, checked 2026-11)."""

import zlib
from collections.abc import Iterator

GZIP_ONLY = 16 + zlib.MAX_WBITS
MAX_PIECE = 65_536
"""Bytes inflated at a time: a little input may be a lot of output."""


class BadGzip(ValueError):
    """The body is not gzip, or not all of it."""


class Inflating:
    """No I/O. `feed` each chunk, `finish` at the end."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP_ONLY)
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what can be read with this chunk, at once. Raises `BadGzip`."""
        try:
            while chunk:
                if self._member.eof:  # gzip members may follow each other (RFC 1952 section 2.2)
                    self._member = zlib.decompressobj(GZIP_ONLY)
                self._begun = True
                piece = self._member.decompress(chunk, MAX_PIECE)
                chunk = self._member.unconsumed_tail or self._member.unused_data
                if piece:
                    yield piece
            while not self._member.eof and (piece := self._member.decompress(b"", MAX_PIECE)):
                yield piece
        except zlib.error as error:
            raise BadGzip(str(error)) from None

    def finish(self) -> None:
        """Raises `BadGzip` if the body ends too early."""
        if self._begun and not self._member.eof:
            raise BadGzip("the body broke off")
