"""APIs deployed by boto3, and the two real-time protocols spoken by `websockets`, message by message."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.account import Account

SCHEMA = """
type Item { name: ID text: String! seq: Int note: String }
type Query { item(name: ID!): Item }
type Mutation {
  put(name: ID!, text: String!, seq: Int, note: String): Item
  touch(name: ID!, text: String!): Item
}
type Subscription {
  onPut(name: ID, text: String): Item @aws_subscribe(mutations: ["put"])
  onAny: Item @aws_subscribe(mutations: ["put", "touch"])
}
"""
REQUEST = '{"version": "2018-05-29", "payload": $util.toJson($context.arguments)}'
RESPONSE = "$util.toJson($context.result)"
PUT = """mutation Put($name: ID!, $text: String!, $seq: Int) {
  put(name: $name, text: $text, seq: $seq) { name text seq }
}"""
IAM_HEADERS = {
    "accept": "application/json, text/javascript",
    "content-encoding": "amz-1.0",
    "content-type": "application/json; charset=UTF-8",
}


@dataclass
class DeployedApi:
    api_id: str
    host: str
    key: str

    @property
    def credentials(self) -> dict[str, str]:
        return {"host": self.host, "x-api-key": self.key}

    def signed(self, path: str, body: str, key: str = "test", secret: str = "test") -> dict[str, str]:
        """The headers by which a client signs a POST of `body` to `path`."""
        request = AWSRequest("POST", f"https://{self.host}{path}", headers=IAM_HEADERS, data=body)
        SigV4Auth(Credentials(key, secret), "appsync", "ap-northeast-1").add_auth(request)
        return {**dict(request.headers.items()), "host": self.host}

    async def post(
        self, path: str, document: Any, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """POST `document` (a text as it is); status and body."""
        data = document if isinstance(document, str) else json.dumps(document)
        headers = {"x-api-key": self.key} if headers is None else headers
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://{self.host}{path}", data=data, headers=headers) as response,
        ):
            return response.status, await response.json()

    async def query(
        self, query: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any]:
        _, answer = await self.post("/graphql", {"query": query, "variables": variables}, headers)
        return answer

    async def put(self, **variables: Any) -> dict[str, Any]:
        return await self.query(PUT, **variables)


def graphql(aws: Account, schema: str = SCHEMA, mode: str = "API_KEY", **settings: Any) -> DeployedApi:
    """An API whose mutations `put` and `touch` return their arguments."""
    appsync = aws.client("appsync")
    api = appsync.create_graphql_api(name="items", authenticationType=mode, **settings)["graphqlApi"]
    api_id = api["apiId"]
    key = appsync.create_api_key(apiId=api_id)["apiKey"]["id"]
    appsync.start_schema_creation(apiId=api_id, definition=schema.encode())
    status = appsync.get_schema_creation_status(apiId=api_id)
    assert status["status"] == "SUCCESS", status
    appsync.create_data_source(apiId=api_id, name="none", type="NONE")
    for field in ("put", "touch"):
        if f" {field}(" in schema:
            appsync.create_resolver(
                apiId=api_id,
                typeName="Mutation",
                fieldName=field,
                dataSourceName="none",
                requestMappingTemplate=REQUEST,
                responseMappingTemplate=RESPONSE,
            )
    return DeployedApi(api_id, api["uris"]["GRAPHQL"].split("/")[2], key)


def events(aws: Account, *modes: str, namespaces: tuple[str, ...] = ("news",)) -> DeployedApi:
    auth = [{"authType": mode} for mode in modes or ("API_KEY",)]
    appsync = aws.client("appsync")
    config = {
        "authProviders": auth,
        "connectionAuthModes": auth,
        "defaultPublishAuthModes": auth,
        "defaultSubscribeAuthModes": auth,
    }
    api = appsync.create_api(name="events", eventConfig=config)["api"]
    for name in namespaces:
        appsync.create_channel_namespace(apiId=api["apiId"], name=name)
    key = appsync.create_api_key(apiId=api["apiId"])["apiKey"]["id"]
    return DeployedApi(api["apiId"], api["dns"]["HTTP"], key)


def base64_of(credentials: dict[str, str]) -> str:
    return base64.b64encode(json.dumps(credentials).encode()).decode()


def subprotocol(credentials: dict[str, str]) -> Subprotocol:
    encoded = base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode().rstrip("=")
    return Subprotocol(f"header-{encoded}")


class Client:
    """One connection; `say` and `hear` are a message each way."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, *, timeout: float = 20) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), timeout))
        return message

    async def ask(self, **message: Any) -> dict[str, Any]:
        await self.say(**message)
        return await self.hear()

    async def start(
        self, operation_id: str, query: str, authorization: dict[str, str], **variables: Any
    ) -> dict[str, Any]:
        """Subscribe to a GraphQL API."""
        data = json.dumps({"query": query, "variables": variables})
        payload = {"data": data, "extensions": {"authorization": authorization}}
        return await self.ask(id=operation_id, type="start", payload=payload)


@asynccontextmanager
async def connected(
    url: str, protocol: str, credentials: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[Client]:
    """A connection that has not said hello. Without `credentials`, `options` have to bring them."""
    names = [Subprotocol(protocol)] if protocol else []
    if credentials is not None:
        names.append(subprotocol(credentials))
    async with connect(url, subprotocols=names or None, compression=None, max_size=None, **options) as socket:
        yield Client(socket)


@asynccontextmanager
async def subscriber(api: DeployedApi, credentials: dict[str, str] | None = None) -> AsyncIterator[Client]:
    """A client of a GraphQL API that has been acknowledged."""
    url = f"ws://{api.host}/graphql"
    async with connected(url, "graphql-ws", credentials or api.credentials) as client:
        answer = await client.ask(type="connection_init")
        assert answer == {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}
        yield client


@asynccontextmanager
async def listener(api: DeployedApi, credentials: dict[str, str] | None = None) -> AsyncIterator[Client]:
    """A client of an Event API that has been acknowledged."""
    url = f"ws://{api.host}/event/realtime"
    async with connected(url, "aws-appsync-event-ws", credentials or api.credentials) as client:
        answer = await client.ask(type="connection_init")
        assert answer == {"type": "connection_ack", "connectionTimeoutMs": 300000}
        yield client
