"""What went over one connection, both ways, read by read; and what it means, part by part."""

from dataclasses import dataclass
from functools import cached_property

from lab.wire.http1 import Http1Annotator
from lab.wire.part import Part, Read, Sender, plural
from lab.wire.transcript import as_html, as_text


@dataclass(frozen=True, repr=False)
class Exchange:
    """`print(exchange)` is the annotated transcript; in JupyterLab the last value of a cell is a table."""

    url: str
    reads: list[Read]
    method: str = "GET"

    @property
    def reads_from_server(self) -> list[Read]:
        """Return the reads that brought bytes."""
        return [read for read in self.reads if read.sender == "server" and read.data]

    def raw(self, sender: Sender = "server") -> bytes:
        """All bytes that `sender` sent."""
        return b"".join(read.data for read in self.reads if read.sender == sender)

    @cached_property
    def parts(self) -> list[Part]:
        """Both directions, in the order in which the parts became complete."""
        sides: dict[Sender, Http1Annotator] = {
            "client": Http1Annotator("client"),
            "server": Http1Annotator("server", self.method),
        }
        parts: list[Part] = []
        open_sides = [side for side in sides if any(read.sender == side for read in self.reads)]
        for at, sender, data in self.reads:
            if data:
                sides[sender].feed(data, at)
            elif sender in open_sides:
                sides[sender].end(at)
                open_sides.remove(sender)
            parts += sides[sender].parts
            sides[sender].parts.clear()
        for sender in open_sides:
            sides[sender].end(self.reads[-1].at, closed=False)
            parts += sides[sender].parts
        return parts

    def transcript(self, max_width: int = 100, level: int = 1, max_rows: int = 200) -> str:
        """A table for `print`, `max_width` characters wide; `level=0` leaves the closer look out. Of more
        than `max_rows` rows it shows the first and the last."""
        return as_text(self.parts, self.reads, max_width, level, max_rows)

    def __repr__(self) -> str:
        count, size = len(self.reads_from_server), len(self.raw("server"))
        came = f"{plural(size, 'byte')} from the server in {plural(count, 'read')}"
        return f"<Exchange {self.url}: {came}>"

    def __str__(self) -> str:
        return self.transcript()

    def _repr_html_(self) -> str:
        return as_html(self.parts, self.reads)


def annotate_response(raw: bytes, method: str = "GET") -> Exchange:
    """Annotate a response that was not captured: typed in a lesson, or read from a file. The connection
    ends after it, unless the response is complete without that."""
    return _annotate(raw, "server", method)


def annotate_request(raw: bytes) -> Exchange:
    """Return the same for a request."""
    return _annotate(raw, "client", "GET")


def _annotate(raw: bytes, sender: Sender, method: str) -> Exchange:
    side = Http1Annotator(sender, method)
    side.feed(raw, 0.0)
    reads = [Read(0.0, sender, raw)]
    return Exchange("", reads if side.complete else [*reads, Read(0.0, sender, b"")], method)
