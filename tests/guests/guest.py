"""The smallest runtime: raw sockets, so that each byte on the Runtime API is the test's own."""

import json
import os
import socket
import time

HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
BASE = "/2018-06-01/runtime"


class Call:
    """A request on a connection of its own."""

    def __init__(self, method, path, headers=()):
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{method} {BASE}{path} HTTP/1.1", f"Host: {HOST}:{PORT}", *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def send(self, data):
        self.socket.sendall(data)

    def chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self):
        """(status, headers, body) of the response, which must have a Content-Length."""
        stream = self.socket.makefile("rb")
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, stream.read(int(headers.get("content-length", 0)))


class Invocation:
    def __init__(self, headers, payload):
        self.headers, self.payload = headers, payload
        self.id = headers["lambda-runtime-aws-request-id"]
        self.event = json.loads(payload)
        self.path = f"/invocation/{self.id}"

    def reply(self, body, path="/response", headers=()):
        """Buffered; returns (status, document)."""
        call = Call("POST", self.path + path, [f"Content-Length: {len(body)}", *headers])
        call.send(body)
        status, _, answer = call.answer()
        return status, json.loads(answer)

    def stream(self, *headers):
        """A streamed response: the call, to be fed with chunks."""
        mode = "Lambda-Runtime-Function-Response-Mode: streaming"
        return Call("POST", self.path + "/response", [mode, "Transfer-Encoding: chunked", *headers])

    def stamped(self, count, interval):
        call = self.stream("Content-Type: text/plain")
        for seq in range(count):
            if seq:
                time.sleep(interval)
            call.chunk(json.dumps({"seq": seq, "sent": time.time(), "text": "foo"}).encode() + b"\n")
        call.send(b"0\r\n\r\n")
        return call.answer()


def serve(handle):
    while True:
        status, headers, payload = Call("GET", "/invocation/next").answer()
        assert status == 200, payload
        handle(Invocation(headers, payload))
