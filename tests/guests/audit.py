"""Functions behind the tables of `tests/server/local_aws/audit`."""

import json

from .guest import Invocation


def own_cors(invocation: Invocation) -> None:
    """Returns a CORS header of its own to a request with the header x-own."""
    headers = {"Access-Control-Allow-Origin": "*"} if "x-own" in invocation.event["headers"] else {}
    invocation.reply_json({"statusCode": 200, "headers": headers})


def tells(invocation: Invocation) -> None:
    """Returns its payload and the headers that it came with."""
    invocation.reply_json({"payload": invocation.event, "context": invocation.headers})


def resolves(invocation: Invocation) -> None:
    """Returns an item with the event in it."""
    invocation.reply_json({"id": "1", "__typename": "Article", "event": json.dumps(invocation.event)})


def identity(invocation: Invocation) -> None:
    """Returns who calls, as text."""
    invocation.reply_json(json.dumps(invocation.event["identity"]))


def resolves_names(invocation: Invocation) -> None:
    """Returns an item with the event in it; the name "bad" is an error."""
    event = invocation.event
    if event["arguments"]["name"] == "bad":
        invocation.reply(b'{"errorType": "E", "errorMessage": "no such name"}', "/error")
    else:
        invocation.reply_json({"name": event["info"]["fieldName"], "text": json.dumps(event)})
