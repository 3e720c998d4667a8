"""Deploys AppSync APIs by boto3 calls: what notebook 11 does step by step, as functions."""

import time
from dataclasses import dataclass
from typing import Any

from lab.cloud.cloud import Cloud

SCHEMA = """
type Item { line: String }
type Query { item: Item }
type Mutation { send(line: String): Item }
type Subscription { onSend: Item @aws_subscribe(mutations: ["send"]) }
"""
NAMESPACE = "streams"
API_KEY = {"authType": "API_KEY"}
PATIENCE = 60
"""Seconds; on AWS a schema takes a few."""


@dataclass(frozen=True)
class AppSyncApi:
    """Where an API takes requests and where it takes subscribers; `host` and `key` are its credentials."""

    http_url: str
    realtime_url: str
    host: str
    key: str


def deploy_graphql_api(cloud: Cloud, name: str) -> AppSyncApi:
    """Create a GraphQL API whose mutation `send` stores nothing and hands its argument to the subscribers of
    `onSend`. Raises `RuntimeError` if AppSync refuses the schema."""
    aws = cloud.client("appsync")
    api = aws.create_graphql_api(name=cloud.name(name), authenticationType="API_KEY")["graphqlApi"]
    api_id = api["apiId"]
    aws.start_schema_creation(apiId=api_id, definition=SCHEMA.encode())
    wait_for_schema(aws, api_id)
    aws.create_data_source(apiId=api_id, name="nothing", type="NONE")
    aws.create_resolver(
        apiId=api_id,
        typeName="Mutation",
        fieldName="send",
        dataSourceName="nothing",
        requestMappingTemplate='{"version": "2018-05-29", "payload": $util.toJson($context.arguments)}',
        responseMappingTemplate="$util.toJson($context.result)",
    )
    key = aws.create_api_key(apiId=api_id)["apiKey"]["id"]
    return AppSyncApi(api["uris"]["GRAPHQL"], api["uris"]["REALTIME"], api["dns"]["GRAPHQL"], key)


def wait_for_schema(aws: Any, api_id: str) -> None:
    """Wait until the API's new schema is in use. Raises `RuntimeError` if AppSync refuses it."""
    deadline = time.monotonic() + PATIENCE
    while (state := aws.get_schema_creation_status(apiId=api_id))["status"] not in ("SUCCESS", "ACTIVE"):
        if state["status"] == "FAILED" or time.monotonic() > deadline:
            raise RuntimeError(f"AppSync does not take the schema: {state}")
        time.sleep(0.5)


def deploy_event_api(cloud: Cloud, name: str) -> AppSyncApi:
    """Create an Event API with the channel namespace `streams`."""
    aws = cloud.client("appsync")
    config = {
        "authProviders": [API_KEY],
        "connectionAuthModes": [API_KEY],
        "defaultPublishAuthModes": [API_KEY],
        "defaultSubscribeAuthModes": [API_KEY],
    }
    api = aws.create_api(name=cloud.name(name), eventConfig=config)["api"]
    aws.create_channel_namespace(apiId=api["apiId"], name=NAMESPACE)
    key = aws.create_api_key(apiId=api["apiId"])["apiKey"]["id"]
    http, realtime = api["dns"]["HTTP"], api["dns"]["REALTIME"]
    return AppSyncApi(
        http_url=f"{cloud.address(http)}/event",
        realtime_url=f"{cloud.address(realtime, 'ws')}/event/realtime",
        host=http,
        key=key,
    )
