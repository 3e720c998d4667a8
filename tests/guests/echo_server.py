"""What the web adapter takes for the embedded server: it echoes a POST, and cuts a GET short."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen = {"target": self.path, "cookie": self.headers["Cookie"], "body": body.decode("latin-1")}
        answer = json.dumps(seen).encode()
        self.send_response(201)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Vary", "x")
        self.send_header("Vary", "y")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"cut short")


class EmbeddedServer:
    def start(self) -> "EmbeddedServer":
        http = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.port = http.server_port
        Thread(target=http.serve_forever, daemon=True).start()
        return self
