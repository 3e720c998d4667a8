"""An extension in the seat of the Lambda Web Adapter: takes invocations in the runtime's place, and passes
them to the web server that the function starts.

Source: awslabs.github.io/aws-lambda-web-adapter (checked 2026-11).
"""

import http.client
import json
import os
import threading
import time
from contextlib import closing

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
RUNTIME = "/2018-06-01/runtime/invocation"
PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"


def connect() -> http.client.HTTPConnection:
    return http.client.HTTPConnection(API)


def web_server() -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(os.environ["AWS_LWA_PORT"]))


def be_an_extension() -> None:
    """Register for no event at all, and wait for the next one."""
    api = connect()
    api.request(
        "POST", "/2020-01-01/extension/register", '{"events": []}', {"Lambda-Extension-Name": "adapter"}
    )
    identifier = {"Lambda-Extension-Identifier": api.getresponse().headers["Lambda-Extension-Identifier"]}
    api = connect()
    api.request("GET", "/2020-01-01/extension/event/next", headers=identifier)
    api.getresponse()


def wait_for_web_server() -> None:
    while True:
        try:
            with closing(web_server()) as connection:
                connection.connect()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)


def answer(event: dict[str, str], request_id: str) -> None:
    """Stream what the web server answers."""
    with closing(web_server()) as server, closing(connect()) as api:
        server.request("GET", f"{event['rawPath']}?{event['rawQueryString']}")
        response = server.getresponse()
        api.putrequest("POST", f"{RUNTIME}/{request_id}/response")
        for name, value in (
            ("Lambda-Runtime-Function-Response-Mode", "streaming"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Type", PRELUDE_TYPE),
        ):
            api.putheader(name, value)
        api.endheaders()
        head = {"statusCode": response.status, "headers": {"content-type": response.headers["content-type"]}}
        data = json.dumps(head).encode() + bytes(8)
        while data:
            api.send(b"%x\r\n%s\r\n" % (len(data), data))
            data = response.read1()
        api.send(b"0\r\n\r\n")
        api.getresponse().read()


threading.Thread(target=be_an_extension).start()
wait_for_web_server()
while True:
    api = connect()
    api.request("GET", f"{RUNTIME}/next")
    invocation = api.getresponse()
    answer(json.loads(invocation.read()), invocation.headers["Lambda-Runtime-Aws-Request-Id"])
