"""boto3 against AppSync: what moto lacks, what is refused at deployment, and that nothing stays behind."""

import json
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from server.local_aws.appsync import deployed
from server.local_aws.appsync.graphql.passthrough import PassThrough, from_javascript, from_vtl
from tests.support.account import Account
from tests.support.appsync_clients import REQUEST, RESPONSE, DeployedApi, events, graphql

CODE = """
import { util } from '@aws-appsync/utils';
// the arguments are the result
export function request(ctx) {
  return { payload: ctx.args };
}
export function response(ctx) {
  return ctx.result;
}
"""
JAVASCRIPT = {"name": "APPSYNC_JS", "runtimeVersion": "1.0.0"}


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the message with which `call` is refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def endpoints(aws: Account) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{aws.endpoint_url}/_local/endpoints") as response:
        listed: list[dict[str, str]] = json.load(response)
    return listed


def test_addresses_are_reachable_in_every_answer(aws: Account) -> None:
    appsync = aws.client("appsync")
    api = graphql(aws)
    url = f"http://{api.host}/graphql"
    got = appsync.get_graphql_api(apiId=api.api_id)["graphqlApi"]
    assert got["uris"] == {"GRAPHQL": url, "REALTIME": f"ws://{api.host}/graphql"}
    assert got["dns"] == {"GRAPHQL": api.host, "REALTIME": api.host}
    assert url in [found["uris"]["GRAPHQL"] for found in appsync.list_graphql_apis()["graphqlApis"]]
    updated = appsync.update_graphql_api(apiId=api.api_id, name="new", authenticationType="API_KEY")
    assert updated["graphqlApi"]["uris"]["GRAPHQL"] == url
    listening = {"service": "appsync", "kind": "graphql-api", "id": api.api_id, "url": url}
    assert listening in endpoints(aws)


def test_an_event_api_has_addresses_and_can_be_changed(aws: Account) -> None:
    appsync = aws.client("appsync")
    api = events(aws)
    assert appsync.get_api(apiId=api.api_id)["api"]["dns"] == {"HTTP": api.host, "REALTIME": api.host}
    updated = appsync.update_api(apiId=api.api_id, name="new", eventConfig=config("AWS_IAM"))["api"]
    assert updated["name"] == "new" and updated["dns"]["HTTP"] == api.host
    assert updated["eventConfig"]["connectionAuthModes"] == [{"authType": "AWS_IAM"}]
    found = appsync.get_channel_namespace(apiId=api.api_id, name="news")["channelNamespace"]
    assert (found["name"], found["apiId"]) == ("news", api.api_id)
    assert isinstance(found["created"], datetime)


def test_a_namespace_keeps_its_tags(aws: Account) -> None:
    appsync = aws.client("appsync")
    named = {"apiId": events(aws, namespaces=()).api_id, "name": "tagged"}
    made = appsync.create_channel_namespace(**named, tags={"run": "1"})["channelNamespace"]
    assert appsync.get_channel_namespace(**named)["channelNamespace"]["tags"] == {"run": "1"}
    appsync.tag_resource(resourceArn=made["channelNamespaceArn"], tags={"a": "b"})
    modes = [{"authType": "API_KEY"}]
    updated = appsync.update_channel_namespace(**named, publishAuthModes=modes)["channelNamespace"]
    assert updated["tags"] == {"run": "1", "a": "b"} and updated["publishAuthModes"] == modes


def test_what_is_deleted_is_gone_and_its_port_is_free(aws: Account) -> None:
    appsync = aws.client("appsync")
    one, other = graphql(aws), events(aws)
    appsync.delete_graphql_api(apiId=one.api_id)
    appsync.delete_api(apiId=other.api_id)
    assert not {one.api_id, other.api_id} & {endpoint["id"] for endpoint in endpoints(aws)}
    for api in (one, other):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(api.host.split(":")[1])))
    assert refused(appsync.get_graphql_api, apiId=one.api_id)[0] == "NotFoundException"
    assert refused(appsync.get_api, apiId=other.api_id)[0] == "NotFoundException"
    assert refused(appsync.delete_graphql_api, apiId=one.api_id)[0] == "NotFoundException"
    assert refused(appsync.create_api_key, apiId=one.api_id)[0] == "NotFoundException"


def test_data_sources_and_resolvers_are_kept_changed_and_deleted(aws: Account) -> None:
    appsync = aws.client("appsync")
    ours = {"apiId": graphql(aws).api_id}
    source = appsync.get_data_source(**ours, name="none")["dataSource"]
    assert source["type"] == "NONE" and source["dataSourceArn"].endswith("/datasources/none")
    changed = appsync.update_data_source(**ours, name="none", type="NONE", description="d")["dataSource"]
    assert changed["description"] == "d"
    assert [found["name"] for found in appsync.list_data_sources(**ours)["dataSources"]] == ["none"]
    field = {**ours, "typeName": "Mutation", "fieldName": "put"}
    resolver = appsync.get_resolver(**field)["resolver"]
    assert (resolver["dataSourceName"], resolver["kind"]) == ("none", "UNIT")
    code = {"dataSourceName": "none", "runtime": JAVASCRIPT, "code": CODE}
    assert appsync.update_resolver(**field, **code)["resolver"]["code"] == CODE
    listed = appsync.list_resolvers(**ours, typeName="Mutation")["resolvers"]
    assert [found["fieldName"] for found in listed] == ["put", "touch"]
    assert refused(appsync.create_resolver, **field, **code)[0] == "BadRequestException"
    assert refused(appsync.delete_data_source, **ours, name="none")[0] == "BadRequestException"
    appsync.delete_resolver(**field)
    assert refused(appsync.get_resolver, **field)[0] == "NotFoundException"
    appsync.delete_resolver(**ours, typeName="Mutation", fieldName="touch")
    appsync.delete_data_source(**ours, name="none")
    assert refused(appsync.get_data_source, **ours, name="none")[0] == "NotFoundException"


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "PIPELINE", "pipelineConfig": {"functions": []}},
        {"requestMappingTemplate": REQUEST, "responseMappingTemplate": "$util.error('no')"},
        {"requestMappingTemplate": '{"version": "2018-05-29", "payload": {"a": 1}}'},
        {"runtime": JAVASCRIPT, "code": CODE.replace("ctx.result", "null")},
        {"runtime": JAVASCRIPT, "code": CODE + "sideEffect();"},
        {
            "cachingConfig": {"ttl": 60},
            "requestMappingTemplate": REQUEST,
            "responseMappingTemplate": RESPONSE,
        },
        {},
    ],
)
def test_what_a_resolver_cannot_do_here_is_refused_and_said(aws: Account, settings: dict[str, Any]) -> None:
    appsync = aws.client("appsync")
    field = {"apiId": graphql(aws).api_id, "typeName": "Query", "fieldName": "item"}
    code, message = refused(appsync.create_resolver, **field, dataSourceName="none", **settings)
    assert code == "BadRequestException" and "The local stand-in runs" in message


def test_what_is_not_there_or_not_supported_is_refused(aws: Account) -> None:
    appsync = aws.client("appsync")
    ours = {"apiId": graphql(aws).api_id}
    passing = {"requestMappingTemplate": REQUEST, "responseMappingTemplate": RESPONSE}
    field = {**ours, "typeName": "Query", **passing}
    assert (
        refused(appsync.create_resolver, **field, fieldName="no", dataSourceName="none")[0]
        == "NotFoundException"
    )
    assert (
        refused(appsync.create_resolver, **field, fieldName="item", dataSourceName="x")[0]
        == "NotFoundException"
    )
    _, message = refused(appsync.create_data_source, **ours, name="table", type="AMAZON_DYNAMODB")
    assert "NONE and AWS_LAMBDA" in message
    assert refused(appsync.create_data_source, **ours, name="none", type="NONE")[0] == "BadRequestException"
    assert (
        refused(appsync.create_data_source, **ours, name="f", type="AWS_LAMBDA")[0] == "BadRequestException"
    )
    assert "functions" in refused(appsync.create_function, **ours, name="f", dataSourceName="none")[1]
    mode = "AMAZON_COGNITO_USER_POOLS"
    assert mode in refused(appsync.create_graphql_api, name="a", authenticationType=mode)[1]
    assert mode in refused(appsync.create_api, name="a", eventConfig=config(mode))[1]


def test_namespaces_that_are_refused(aws: Account) -> None:
    appsync = aws.client("appsync")
    ours = {"apiId": events(aws).api_id}
    assert refused(appsync.create_channel_namespace, **ours, name="news")[0] == "ConflictException"
    _, message = refused(appsync.create_channel_namespace, **ours, name="h", codeHandlers=CODE)
    assert "handlers" in message
    assert refused(appsync.get_channel_namespace, **ours, name="h")[0] == "NotFoundException"
    appsync.delete_channel_namespace(**ours, name="news")
    assert appsync.list_channel_namespaces(**ours)["channelNamespaces"] == []


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ("type Query {", "Syntax Error"),
        ("type Query { a: Nothing }", "Nothing"),
        ("type Mutation { a: Int }", "Query"),
        (
            'type Query { a: Int } type Subscription { s: Int @aws_subscribe(mutations: ["gone"]) }',
            "gone",
        ),
    ],
)
def test_a_schema_that_is_none_fails_with_its_reason(aws: Account, schema: str, part: str) -> None:
    appsync = aws.client("appsync")
    ours = {"apiId": graphql(aws).api_id}
    appsync.start_schema_creation(**ours, definition=schema.encode())
    status = appsync.get_schema_creation_status(**ours)
    assert status["status"] == "FAILED" and part in status["details"]


def test_an_api_without_a_schema_says_so(aws: Account) -> None:
    appsync = aws.client("appsync")
    ours = {
        "apiId": appsync.create_graphql_api(name="a", authenticationType="API_KEY")["graphqlApi"]["apiId"]
    }
    assert appsync.get_schema_creation_status(**ours)["status"] == "NOT_APPLICABLE"
    field = {"typeName": "Query", "fieldName": "a", "dataSourceName": "none"}
    assert refused(appsync.create_resolver, **ours, **field)[0] == "NotFoundException"


async def test_a_key_lasts_a_day_at_least(aws: Account) -> None:
    appsync = aws.client("appsync")
    api = graphql(aws)
    expires = datetime.now(UTC) + timedelta(days=2)
    key = appsync.create_api_key(apiId=api.api_id, expires=int(expires.timestamp()))["apiKey"]["id"]
    answer = await DeployedApi(api.api_id, api.host, key).query('{ item(name: "a") { name } }')
    assert answer == {"data": {"item": None}}
    soon = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    code, _ = refused(appsync.create_api_key, apiId=api.api_id, expires=soon)
    assert code == "ApiKeyValidityOutOfBoundsException"


def test_expiry_is_a_moment_in_time() -> None:
    """A day has to pass before a key expires: the clock is moved instead."""
    api = deployed.Api("eu-west-3", "expiring")
    kept = deployed.backend(api.region)
    made = kept.create_graphql_api("a", "", "API_KEY", "", "", None, False, "", {}, "GLOBAL")
    api = deployed.Api(api.region, made.api_id)
    expires = datetime.now(UTC) + timedelta(days=2)
    key = kept.create_api_key(made.api_id, "", expires.replace(tzinfo=None)).key_id
    assert deployed.is_valid_key(api, key, expires - timedelta(seconds=1))
    assert not deployed.is_valid_key(api, key, expires + timedelta(seconds=1))
    assert not deployed.is_valid_key(api, "other")
    kept.delete_graphql_api(made.api_id)


def config(mode: str) -> dict[str, Any]:
    auth = [{"authType": mode}]
    provider: dict[str, Any] = {"authType": mode}
    if mode == "AMAZON_COGNITO_USER_POOLS":
        provider["cognitoConfig"] = {"userPoolId": "p", "awsRegion": "ap-northeast-1"}
    return {
        "authProviders": [provider],
        "connectionAuthModes": auth,
        "defaultPublishAuthModes": auth,
        "defaultSubscribeAuthModes": auth,
    }


@pytest.mark.parametrize(
    ("request_template", "expected"),
    [
        (REQUEST, PassThrough()),
        ('{"version":"2017-02-28","payload":$util.toJson($ctx.args)}', PassThrough()),
        ('{\n "version": "2018-05-29",\n "payload": $util.toJson($ctx.args.input)\n}', PassThrough("input")),
        ('{"version": "2018-05-29", "payload": $util.toJson($ctx.source)}', None),
        ('{"version": "2018-05-29", "payload": $util.toJson($ctx.args)}#return', None),
        ("", None),
    ],
)
def test_templates_that_pass_through(request_template: str, expected: PassThrough | None) -> None:
    assert from_vtl(request_template, RESPONSE) == expected
    assert from_vtl(request_template, "") is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (CODE, PassThrough()),
        (CODE.replace("ctx.args", "ctx.arguments.input"), PassThrough("input")),
        (CODE.replace("ctx.args", "ctx.source"), None),
        (CODE.replace("ctx.args", "context.args"), None),
        (CODE.replace("return ctx.result", "util.error(); return ctx.result"), None),
        ("", None),
    ],
)
def test_code_that_passes_through(code: str, expected: PassThrough | None) -> None:
    assert from_javascript(code) == expected
