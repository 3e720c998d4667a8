"""Functions that ask the Runtime API what it refuses."""

import json
import socket

from .guest import HOST, PORT, Call, Invocation


def refusals(invocation: Invocation) -> None:
    """Returns what it was refused; prints how the Runtime API took that, and a second response."""
    results: list[list[object]] = []
    status, document = invocation.reply(b"0", path="x/response")
    results.append([status, document["errorType"]])
    status, document = invocation.reply(b"0", headers=["Lambda-Runtime-Invocation-Id: wrong"])
    results.append([status, document["errorType"]])
    again = Call("GET", "/invocation/next").answer()
    results.append([again[0], again[1]["lambda-runtime-aws-request-id"] == invocation.id])
    for method, path in (("GET", "/nothing"), ("POST", "/invocation/next"), ("POST", "/init/error")):
        status, _, body = Call(method, path, ["Content-Length: 0"]).answer()
        results.append([status, json.loads(body)["errorType"]])
    invocation_id = invocation.headers["lambda-runtime-invocation-id"]
    headers = [f"Lambda-Runtime-Invocation-Id: {invocation_id}"]
    accepted = invocation.reply(json.dumps(results).encode(), headers=headers)
    print("ACCEPTED", json.dumps(accepted), flush=True)
    print("SECOND", json.dumps(invocation.reply(b"second")), flush=True)


def no_path(invocation: Invocation) -> None:
    """Returns the status of a request whose target is no path."""
    peer = socket.create_connection((HOST, int(PORT)))
    peer.sendall(b"GET //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    invocation.reply(peer.makefile("rb").readline().split()[1])
