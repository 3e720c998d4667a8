"""Statements of policies, calls that must be refused, and what a caller needs for a function."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.guests import managed


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows these actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[int, str, str]:
    """HTTP status, code and message of the error that a call must get."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


def new_function(role: str, **more: Any) -> dict[str, Any]:
    """The arguments of a `CreateFunction`."""
    name = f"streaming-{uuid.uuid4().hex[:8]}"
    return {"FunctionName": name, "Role": role, **managed("event.handler"), **more}
