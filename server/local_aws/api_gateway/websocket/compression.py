"""Which compression a connection has: `permessage-deflate` (RFC 7692) if the client offers it.

AWS's answer to an offer was captured in 2021-10 (github.com/python-websockets/websockets/issues/1065): it
takes the window that the client asks the server for, and says nothing of the client's own. How AWS counts a
compressed frame against its limits is unconfirmed: here it counts as what it holds.
"""

from websockets.exceptions import InvalidHandshake, NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.headers import build_extension, parse_extension

from server.local_aws.api_gateway.websocket.event import Handshake
from server.local_aws.api_gateway.websocket.handshake import NotWebSocket
from server.local_aws.http1.exchange import Header

DEFLATE = ServerPerMessageDeflateFactory()
OF_THE_CLIENT = "client_max_window_bits"


def negotiate(handshake: Handshake) -> tuple[list[Header], list[Extension]]:
    """The header that accepts the first offer that can be met, and the extension; nothing without one. Raises
    `NotWebSocket` if the client's header is not one."""
    sent = handshake.header("sec-websocket-extensions")
    try:
        offers = parse_extension(sent) if sent else []
    except InvalidHandshake:
        raise NotWebSocket(400, "Bad Request") from None
    for name, parameters in offers:
        if name != DEFLATE.name:
            continue
        asked = [parameter for parameter in parameters if parameter[0] != OF_THE_CLIENT]
        try:
            agreed, extension = DEFLATE.process_request_params(asked, [])
        except NegotiationError:
            continue
        return [("Sec-WebSocket-Extensions", build_extension([(name, agreed)]))], [extension]
    return [], []
