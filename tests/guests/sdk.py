"""Handlers of the managed runtime that use the SDK."""

import json
from typing import Any

import boto3


def account(event: Any, context: Any) -> Any:
    return boto3.client("sts").get_caller_identity()["Account"]


def who(event: Any, context: Any) -> dict[str, Any]:
    """Returns who it is, and whether it may list functions: True, or the refusal."""
    aws = boto3.client("lambda")
    try:
        aws.list_functions()
        may: Any = True
    except aws.exceptions.ClientError as error:
        may = str(error)
    return {"arn": boto3.client("sts").get_caller_identity()["Arn"], "may": may}


def management(event: Any) -> Any:
    """A client of `@connections`, of the API and stage of the event."""
    request = event["requestContext"]
    url = f"https://{request['domainName']}/{request['stage']}"
    return boto3.client("apigatewaymanagementapi", endpoint_url=url)


def push(event: Any, context: Any) -> dict[str, Any]:
    """Pushes to the connection that asks; returns "done" or the refusal."""
    aws = management(event)
    try:
        aws.post_to_connection(ConnectionId=event["requestContext"]["connectionId"], Data=b"pushed")
        return {"statusCode": 200, "body": "done"}
    except aws.exceptions.ForbiddenException as error:
        return {"statusCode": 200, "body": str(error)}


def push_early(event: Any, context: Any) -> dict[str, Any]:
    """Pushes from `$connect`: 200 if the connection is not there yet."""
    aws = management(event)
    try:
        aws.post_to_connection(ConnectionId=event["requestContext"]["connectionId"], Data=b"early")
    except aws.exceptions.GoneException:
        return {"statusCode": 200}
    return {"statusCode": 418}


def push_to_each(event: Any, context: Any) -> None:
    """Pushes to each of the connections that the message names."""
    aws = management(event)
    for each in json.loads(event["body"])["ids"]:
        aws.post_to_connection(ConnectionId=each, Data=("for " + each).encode())


def keep(event: Any, context: Any) -> dict[str, Any]:
    """Keeps the event as a parameter, named as the connection."""
    request = event["requestContext"]
    name = request["eventType"] + request["connectionId"].replace("=", "")
    boto3.client("ssm").put_parameter(Name=name, Value=json.dumps(event), Type="String")
    return {"statusCode": 200}
