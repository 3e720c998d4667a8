"""Functions behind the tables of WebSocket APIs in `tests/server/local_aws/api_gateway/events`."""

import base64
import json
from pathlib import Path
from typing import Any

from .guest import Invocation, given


def tells(invocation: Invocation) -> None:
    """Returns what the header X-Result says; a message's event; 418 and the event for X-Tell."""
    event = invocation.event
    headers = event.get("headers") or {}
    answer: dict[str, Any] = {"statusCode": 418, "body": json.dumps(event)}
    if "X-Result" in headers and event.get("type") != "REQUEST":
        answer = json.loads(base64.b64decode(headers["X-Result"]))
    elif event["requestContext"]["eventType"] == "MESSAGE":
        answer["statusCode"] = 200
    elif "X-Tell" not in headers:
        answer = {"statusCode": 200}
    invocation.reply_json(answer)


def guards(invocation: Invocation) -> None:
    """Authorizes as the header X-Guard says, else lets everybody in and tells its event."""
    event = invocation.event
    headers = event["headers"]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    result = {"principalId": "user", "policyDocument": policy, "context": {"event": json.dumps(event)}}
    if "X-Guard" in headers:
        result = json.loads(base64.b64decode(headers["X-Guard"]))
    invocation.reply_json(result)


def records(invocation: Invocation) -> None:
    """Writes its event to a file, named as the connection, in the folder that it was given."""
    name = invocation.event["requestContext"]["connectionId"]
    Path(given(), name).write_text(json.dumps(invocation.event))
    invocation.reply(b"{}")
