"""What every notebook shares: reading streams, recording arrivals, drawing them, looking at the wire."""

from lab.arrivals import Arrivals
from lab.browser import run_in_browser
from lab.curl import curl
from lab.exercises import verdict
from lab.figure import figure, small_multiples
from lab.machine import check_machine
from lab.no_proxy import reach_this_machine_directly
from lab.readers import Head, Refused, in_thread, read_chunks, read_events, read_messages
from lab.recording import record

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
