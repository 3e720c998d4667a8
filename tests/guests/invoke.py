"""Functions of the tests of `Invoke` and `InvokeWithResponseStream`."""

import os
import time
from pathlib import Path

from .guest import Invocation, given


def headers(invocation: Invocation) -> None:
    invocation.reply_json(invocation.headers)


def header(invocation: Invocation) -> None:
    """Returns the value of the header whose name it was given."""
    invocation.reply(invocation.headers[given()].encode())


def environment(invocation: Invocation) -> None:
    invocation.reply_json({**os.environ, "cwd": str(Path.cwd())})


def version(invocation: Invocation) -> None:
    variables = [os.environ["AWS_LAMBDA_FUNCTION_VERSION"], os.environ["MINE"]]
    invocation.reply_json([*variables, invocation.headers["lambda-runtime-invoked-function-arn"]])


def says(invocation: Invocation) -> None:
    """Prints what it was given, and returns 1."""
    print(given(), flush=True)
    invocation.reply(b"1")


def says_now_and_stays(invocation: Invocation) -> None:
    print("now", flush=True)
    time.sleep(4)
    invocation.reply(b"1")


def reports_an_error(invocation: Invocation) -> None:
    document = b'{"errorMessage":"bad","errorType":"MyError","stackTrace":[]}'
    invocation.reply(document, "/error", ["Lambda-Runtime-Function-Error-Type: MyError"])
