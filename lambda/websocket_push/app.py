"""Pushes the producer's items to the client that asked for them, one call of `post_to_connection` each.

All three routes of the WebSocket API lead here. A client asks with a message such as
{"action": "stream", "count": 24, "interval_ms": 100}.
"""

import json
from functools import lru_cache

import boto3
from items import BadParameter, items_of


@lru_cache
def management(endpoint_url):
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint_url)


def handler(event, context):
    request = event["requestContext"]
    if request["eventType"] == "MESSAGE":
        api = management(f"https://{request['domainName']}/{request['stage']}")
        push(api, request["connectionId"], json.loads(event["body"]))
    return {"statusCode": 200}


def push(api, connection_id, parameters):
    try:
        for text in items_of(parameters):
            api.post_to_connection(ConnectionId=connection_id, Data=text.encode())
    except BadParameter as error:
        api.post_to_connection(ConnectionId=connection_id, Data=json.dumps(error.details).encode())
    except api.exceptions.GoneException:
        print(f"{connection_id} has gone")
