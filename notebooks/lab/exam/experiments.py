"""The experiments that tell the causes apart: what is asked of an endpoint, and by which client."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Experiment:
    """`own`: the endpoint's own client reads; otherwise `read_chunks` does, which holds nothing."""

    name: str
    count: int
    interval_ms: int
    pad: int = 0
    own: bool = False

    @property
    def query(self) -> str:
        """Begins with the question mark."""
        pad = f"&pad={self.pad}" if self.pad else ""
        return f"?count={self.count}&interval_ms={self.interval_ms}{pad}"

    @property
    def interval(self) -> float:
        """Seconds between two items."""
        return self.interval_ms / 1000

    @property
    def sending(self) -> float:
        """Seconds from the first item to the last, if nobody makes the sender wait."""
        return (self.count - 1) * self.interval

    def __str__(self) -> str:
        return f'"{self.name}" ({self.query})'


FIRST = Experiment("first picture", 12, 100, own=True)
OTHER_CLIENT = Experiment("another client", 12, 100)
SLOWER = Experiment("slower", 12, 250)
LARGER = Experiment("larger items", 12, 100, pad=300)
BULK = Experiment("bulk", 12, 100, pad=20_000)
SILENCE = Experiment("silence", 2, 2500)
LONG = Experiment("length", 36, 200)
EXPERIMENTS = (FIRST, OTHER_CLIENT, SLOWER, LARGER, BULK, SILENCE, LONG)
