"""A web adapter: an ordinary web server behind Lambda. Each event becomes an HTTP request to the server,
which listens on a loopback port in this execution environment; its answer is streamed back as it comes.

`runtime.py` does the streaming; this is its handler.
"""

import base64
import http.client
from contextlib import closing
from urllib.parse import quote, urlencode

from server.embedded import EmbeddedServer

SERVER = EmbeddedServer().start()
OF_ONE_HOP = {
    *("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"),
    "host",
}
"""These headers belong to one connection (RFC 9110 section 7.6.1), and `Host` to one server; each side sends
its own."""


def handler(event, context):
    method, target, headers, body = http_request(event)
    with closing(http.client.HTTPConnection("127.0.0.1", SERVER.port)) as connection:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        yield prelude(response)
        while data := response.read1():
            yield data
        if response.length:
            raise ConnectionError(f"the server broke off, {response.length} bytes before the end")


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


def prelude(response):
    headers = {}
    for name, value in response.getheaders():
        if travels(name) and name.lower() != "set-cookie":
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {
        "statusCode": response.status,
        "headers": headers,
        "cookies": response.headers.get_all("set-cookie", []),
    }


def travels(name):
    return name.lower() not in OF_ONE_HOP
