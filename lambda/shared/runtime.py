"""A Lambda runtime that streams: whatever a generator yields is sent at once.

The protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
(checked 2026-11). A handler is a generator of `str` or `bytes`. A dict as its first item is the prelude:
`{"statusCode": ..., "headers": {...}, "cookies": [...]}`.
"""

import base64
import http.client
import importlib
import itertools
import json
import os
import sys
import time
import traceback
from types import SimpleNamespace

RUNTIME = "/2018-06-01/runtime"
PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"


def main():
    try:
        module, _, function = os.environ["_HANDLER"].rpartition(".")
        handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    except Exception as error:
        report("/init/error", error)
        sys.exit(1)
    while True:
        event, context = next_invocation()
        answer(handler, event, context)


def next_invocation():
    """Wait until there is work: there must be no timeout here."""
    connection = connect()
    connection.request("GET", f"{RUNTIME}/invocation/next")
    response = connection.getresponse()
    event, headers = json.loads(response.read()), response.headers
    deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
    context = SimpleNamespace(
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        invocation_id=headers["Lambda-Runtime-Invocation-Id"],
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        get_remaining_time_in_millis=lambda: deadline - int(time.time() * 1000),
    )
    return event, context


def answer(handler, event, context):
    path = f"/invocation/{context.aws_request_id}"
    try:
        items = handler(event, context)
        first = next(items, b"")
    except Exception as error:  # nothing is sent yet, so this is an ordinary function error
        report(f"{path}/error", error, context.invocation_id)
        return
    connection = connect()
    connection.putrequest("POST", f"{RUNTIME}{path}/response")
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Trailer", f"{ERROR_TYPE}, {ERROR_BODY}")
    connection.putheader("Content-Type", PRELUDE_TYPE if isinstance(first, dict) else "text/plain")
    if context.invocation_id:
        connection.putheader("Lambda-Runtime-Invocation-Id", context.invocation_id)
    connection.endheaders()
    trailers = ""
    try:
        for item in itertools.chain([first], items):
            send_chunk(connection, item)
    except Exception as error:  # the status is long gone: only trailers can still tell
        document = base64.b64encode(describe(error)).decode()
        trailers = f"{ERROR_TYPE}: {type(error).__name__}\r\n{ERROR_BODY}: {document}\r\n"
    connection.send(f"0\r\n{trailers}\r\n".encode())
    finish(connection)


def send_chunk(connection, item):
    """A chunk (RFC 9112 section 7.1): its length in hexadecimal, its bytes. An empty one would be the end."""
    if isinstance(item, dict):
        item = json.dumps(item) + "\0" * 8
    data = item.encode() if isinstance(item, str) else item
    if data:
        connection.send(b"%x\r\n%s\r\n" % (len(data), data))


def report(path, error, invocation_id=None):
    headers = {ERROR_TYPE: type(error).__name__, "Content-Type": "application/json"}
    if invocation_id:
        headers["Lambda-Runtime-Invocation-Id"] = invocation_id
    connection = connect()
    connection.request("POST", RUNTIME + path, describe(error), headers)
    finish(connection)


def describe(error):
    traceback.print_exception(error)
    frames = traceback.format_tb(error.__traceback__)
    document = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": frames}
    return json.dumps(document).encode()


def connect():
    return http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def finish(connection):
    response = connection.getresponse()
    if response.status != 202:
        print(f"The Runtime API answered {response.status}: {response.read().decode()}")
    connection.close()


if __name__ == "__main__":
    main()
