"""The addresses that a template puts together, as they are on this machine.

`https://${Api}.execute-api.${AWS::Region}.amazonaws.com` is how templates write where an API will be;
there is no such name here, and the API has a port of its own."""

import re
from collections.abc import Callable

from server.local_aws.control_plane.endpoints import Endpoints

ADDRESS = re.compile(r"(?P<scheme>https|wss)://(?P<id>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")


def reachable(endpoints: Endpoints) -> Callable[[str], str]:
    """Return what puts the addresses of `endpoints` in the place of AWS's in a text. A WebSocket API that is
    addressed by `https` gets posts to its clients, over TLS."""

    def local(match: "re.Match[str]") -> str:
        url = endpoints.url_of(match["id"])
        if url is None:
            return match[0]
        return url.replace("ws://", "https://") if match["scheme"] == "https" else url

    return lambda text: ADDRESS.sub(local, text) if ".execute-api." in text else text
