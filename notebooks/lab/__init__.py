"""What every notebook shares: reading streams, recording arrivals, drawing them, looking at the wire."""

from lab.page.browser import run_in_browser
from lab.page.curl import curl
from lab.page.exercises import verdict
from lab.page.machine import check_machine
from lab.pictures.figure import figure, small_multiples
from lab.streams.arrivals import Arrivals
from lab.streams.no_proxy import reach_this_machine_directly
from lab.streams.readers import Head, Refused, in_thread, read_chunks, read_events, read_messages
from lab.streams.recording import record

reach_this_machine_directly()

__all__ = [
    "Arrivals",
    "Head",
    "Refused",
    "check_machine",
    "curl",
    "figure",
    "in_thread",
    "read_chunks",
    "read_events",
    "read_messages",
    "record",
    "run_in_browser",
    "small_multiples",
    "verdict",
]
