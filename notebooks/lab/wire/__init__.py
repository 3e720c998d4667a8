"""What really went over the socket: raw bytes, recorded read by read and annotated in the RFCs' words.

>>> exchange = await capture(server.url("/transfer-encoding"))
>>> print(exchange)
"""

from websockets.utils import accept_key as accept_for

from lab.wire.capture import capture, capture_websocket
from lab.wire.connection import CaptureTimeout
from lab.wire.exchange import Exchange, annotate_request, annotate_response
from lab.wire.http1 import Http1Annotator
from lab.wire.part import Part, Read
from lab.wire.sse import SseAnnotator
from lab.wire.websocket import Frame, WebSocketAnnotator

__all__ = [
    "CaptureTimeout",
    "Exchange",
    "Frame",
    "Http1Annotator",
    "Part",
    "Read",
    "SseAnnotator",
    "WebSocketAnnotator",
    "accept_for",
    "annotate_request",
    "annotate_response",
    "capture",
    "capture_websocket",
]
