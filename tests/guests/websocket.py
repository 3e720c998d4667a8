"""Handlers of the managed runtime behind WebSocket APIs."""

import json
import os
import time
from typing import Any


def event(event: Any, context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event)}


def body(event: Any, context: Any) -> dict[str, Any]:
    return {"body": event["body"]}


def connection(event: Any, context: Any) -> dict[str, Any]:
    """Returns the connection's id."""
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}


def request_context(event: Any, context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event["requestContext"])}


def answers(event: Any, context: Any) -> Any:
    """Does what the message asks for: raises, exits, sleeps, returns."""
    asked = json.loads(event["body"])
    if "raise" in asked:
        raise ValueError("no")
    if "exit" in asked:
        os._exit(3)
    time.sleep(asked.get("sleep", 0))
    return asked.get("return")


def connects(event: Any, context: Any) -> dict[str, Any] | None:
    """Does what the query of the handshake asks for: sleeps, raises, chooses a subprotocol or a status."""
    asked = event.get("queryStringParameters") or {}
    time.sleep(float(asked.get("sleep", 0)))
    if "raise" in asked:
        raise ValueError("no")
    if "nothing" in asked:
        return None
    headers = {"Sec-WebSocket-Protocol": asked.get("choose", "chat.v2")}
    return {"statusCode": int(asked.get("status", 200)), "headers": headers}


def authorizes(event: Any, context: Any) -> dict[str, Any]:
    """Decides by the token in the query."""
    assert event["type"] == "REQUEST"
    token = event["queryStringParameters"]["token"]
    effect = "Allow" if token == "good" else "Deny"
    if token == "odd":
        return {"principalId": "x"}
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("Unauthorized: no database")
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "reader", "policyDocument": policy, "context": {"plan": "free"}}


def lets_everybody_in(event: Any, context: Any) -> dict[str, Any]:
    """Allows whatever it is asked as an authorizer; else returns a status 200."""
    if event.get("type") != "REQUEST":
        return {"statusCode": 200, "body": ""}
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
