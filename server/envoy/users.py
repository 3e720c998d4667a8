"""Asks, for each request that an Envoy takes, whether the user at the other end may connect.

Envoy knows addresses and no users. A Lua filter before all others sends the two ends of the connection to a
server of ours, the `asked`, which finds the user (`server.door.peer`) and judges as on every other port. Only
the question passes through us: requests and responses go through Envoy alone, at its own pace.

A connection that says nothing is closed after `HEAD_SECONDS`; Envoy's own clock begins at the first byte.
Sources: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter and
…/configuration/listeners/listener_filters/tls_inspector (checked 2026-11).
"""

import os
from urllib.parse import parse_qs, urlsplit

from server.door import guard, peer
from server.door.allowed import Allowed
from server.door.peer import Ends
from server.envoy.configuration import TYPES, Configuration, socket_address

PATH = "/_local/connection"
CLUSTER = "users"
HEAD_SECONDS = 20
"""How long a client may take to begin, and for the head of a request."""
ANSWER_SECONDS = 20
"""How long the answer may take; it takes less than a millisecond unless the asked is busy."""
QUESTIONS, WAITING = 4, 65_536
"""How many are asked at once, each on a connection that is kept, and how many more may wait in Envoy."""
ATTEMPTS = 2
"""A question may meet the closing of a connection that was kept."""

LUA = """
function envoy_on_request(request)
  local stream = request:streamInfo()
  local own, other = stream:downstreamLocalAddress(), stream:downstreamDirectRemoteAddress()
  local question = {{
    [":method"] = "GET",
    [":path"] = "{path}?own=" .. own .. "&other=" .. other,
    [":authority"] = "{asked}",
  }}
  for _ = 1, {attempts} do
    local answer, body = request:httpCall("{cluster}", question, nil, {milliseconds})
    if answer[":status"] == "204" then
      return
    end
    if answer[":status"] == "403" then
      request:respond({{[":status"] = "403", ["content-type"] = answer["content-type"]}}, body)
      return
    end
  end
  request:respond({{[":status"] = "503"}}, "Whose connection this is cannot be told at the moment.\\n")
end
"""


def ask_for_users(configuration: Configuration, asked: str) -> None:
    """Make an Envoy with `configuration` ask the server at `asked` (http://HOST:PORT), which has `answer()`
    at `PATH`."""
    address = urlsplit(asked)
    resources = configuration["static_resources"]
    listener = resources["listeners"][0]
    source = LUA.format(
        cluster=CLUSTER,
        path=PATH,
        asked=address.netloc,
        attempts=ATTEMPTS,
        milliseconds=ANSWER_SECONDS * 1000,
    )
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    lua = {"@type": f"{TYPES}.filters.http.lua.v3.Lua", "default_source_code": {"inline_string": source}}
    manager["http_filters"].insert(0, {"name": CLUSTER, "typed_config": lua})
    # it waits for the first bytes, and so closes what sends none
    first_bytes = {"@type": f"{TYPES}.filters.listener.tls_inspector.v3.TlsInspector"}
    listener["listener_filters"] = [{"name": "first-bytes", "typed_config": first_bytes}]
    listener["listener_filters_timeout"] = f"{HEAD_SECONDS}s"
    resources["clusters"].append(cluster(address.hostname or "", address.port or 0))


def cluster(host: str, port: int) -> Configuration:
    endpoint = {"endpoint": {"address": socket_address(host, port)}}
    return {
        "name": CLUSTER,
        "connect_timeout": f"{ANSWER_SECONDS}s",
        "circuit_breakers": {"thresholds": [{"max_connections": QUESTIONS, "max_pending_requests": WAITING}]},
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def answer(target: str, allowed: Allowed) -> tuple[int, bytes]:
    """The status and the JSON of the answer to a question: 204 for a user who may connect, 403 with the
    guard's refusal, or with nothing where the client has gone; anything else is no answer."""
    query = parse_qs(urlsplit(target).query)
    try:
        ends = Ends(end(query["own"][0]), end(query["other"][0]))
    except (KeyError, ValueError, OSError):
        return 400, b'{"message": "own and other are addresses of IPv4 with their ports"}\n'
    try:
        user = peer.user_between(ends)
    except peer.PeerGone:
        return 403, b""
    except OSError:  # no descriptor is left to look by
        return 503, b""
    refusal = guard.judge_user(user, os.geteuid(), allowed)
    return (204, b"") if refusal is None else (refusal.status, refusal.to_json())


def end(text: str) -> tuple[bytes, int]:
    """Raises `ValueError`, `OSError`."""
    host, _, port = text.rpartition(":")
    return peer.packed((host, int(port)))
