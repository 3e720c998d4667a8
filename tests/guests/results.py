"""Handlers of the managed runtime: results of every kind, the context, an exit."""

import logging
import os
import sys
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

Point = namedtuple("Point", "x y")


class Odd(Exception):
    pass


def inner() -> None:
    raise Odd("é: odd")


RESULTS: dict[str, Callable[[], Any]] = {
    "object": lambda: {"ok": True, "text": "é"},
    "none": lambda: None,
    "bytes": lambda: b"\x00raw",
    "decimal": lambda: [Decimal("1.50"), Decimal("NaN"), Point(1, 2), b"b"],
    "nan": lambda: float("nan"),
    "generator": lambda: (letter for letter in "ab"),
    "raises": inner,
    "zero": lambda: 1 / 0,
    "set": lambda: {1},
}


def handler(event: Any, context: Any) -> Any:
    return RESULTS[event["result"]]()


def about(event: Any, context: Any) -> dict[str, Any]:
    """Returns what it sees of the context and its environment; prints, and logs."""
    print("printed")
    print("to stderr", file=sys.stderr)
    logging.warning("careful")
    client = context.client_context
    return {
        "remaining": context.get_remaining_time_in_millis(),
        "ids": [context.aws_request_id, context.invoked_function_arn, context.tenant_id],
        "function": [context.function_name, context.function_version, context.memory_limit_in_mb],
        "logs": [context.log_group_name, context.log_stream_name],
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "client": [client.custom, client.env, client.client.app_title],
        "path": sys.path[0],
        "cwd": str(Path.cwd()),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }


def exits(event: Any, context: Any) -> None:
    sys.exit(3)
