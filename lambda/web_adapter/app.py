"""A web adapter: a web application behind Lambda. Each event becomes an HTTP request; the answer is streamed
back as it comes.

The environment variable `ASGI_APP` names any ASGI application in the package (`main:app` of FastAPI,
Starlette, Django). Without it, a web server runs beside: the one of this series, which listens on a loopback
port in this execution environment.

`runtime.py` does the streaming; this is its handler.
"""

import base64
import http.client
import os
from contextlib import closing
from urllib.parse import quote, urlencode

OF_ONE_HOP = {
    *("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"),
    "host",
}
"""These headers belong to one connection (RFC 9110 section 7.6.1), and `Host` to one server; each side sends
its own."""


class WebServer:
    """The server of this series, in this process."""

    def __init__(self):
        from server.embedded import EmbeddedServer

        self._server = EmbeddedServer().start()

    def respond(self, method, target, headers, body):
        """Yield the status and the headers, then the body as it comes."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._server.port)) as connection:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            yield response.status, response.getheaders()
            while data := response.read1():
                yield data
            if response.length:
                raise ConnectionError(f"the server broke off, {response.length} bytes before the end")


def application():
    if name := os.environ.get("ASGI_APP"):
        from asgi import Application

        return Application(name)
    return WebServer()


APPLICATION = application()


def handler(event, context):
    response = APPLICATION.respond(*http_request(event))
    yield prelude(*next(response))
    yield from response


def http_request(event):
    """Method, target, headers and body of a Function URL's event (2.0), a REST API's (1.0) or a bare one."""
    headers = {name: value for name, value in (event.get("headers") or {}).items() if travels(name)}
    body = event.get("body") or ""
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if event.get("version") == "2.0":
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
        query = event["rawQueryString"]
        if event.get("cookies"):
            headers["cookie"] = "; ".join(event["cookies"])
    elif "httpMethod" in event:
        method, path = event["httpMethod"], event["path"]
        query = urlencode(event.get("multiValueQueryStringParameters") or {}, doseq=True)
    else:
        method, path, query = "GET", "/transfer-encoding", urlencode(event)
    path = quote(path, safe="/%:@!$&'()*+,;=")
    return method, f"{path}?{query}" if query else path, headers, data or None


def prelude(status, fields):
    headers, cookies = {}, []
    for name, value in fields:
        if name.lower() == "set-cookie":
            cookies.append(value)
        elif travels(name):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {"statusCode": status, "headers": headers, "cookies": cookies}


def travels(name):
    return name.lower() not in OF_ONE_HOP
