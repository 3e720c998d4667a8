"""What is created is read back as it was sent, and with AWS's defaults, so that Terraform's second plan is
clean.

Its provider cannot be installed here: the calls are those that its resources make to create and to refresh,
and the defaults are those that its own tests expect (github.com/hashicorp/terraform-provider-aws,
internal/service/…, checked 2026-11)."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from server.local_aws.app_runner.api import settings_of
from server.local_aws.ecs_express.api import DEFAULTS, configured
from tests.support.account import Account
from tests.support.gateway import REGION

Document = Mapping[str, Any]
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:none"
INVOKED = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
LOGS = {"DestinationArn": f"arn:aws:logs:{REGION}:123456789012:log-group:a", "Format": "$context.requestId"}
CORS = {
    "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"],
    "ExposeHeaders": ["x-b"], "AllowCredentials": True, "MaxAge": 5,
}  # fmt: skip
KEY_MODE = [{"authType": "API_KEY"}]
EVENTS = {
    "authProviders": KEY_MODE, "connectionAuthModes": KEY_MODE,
    "defaultPublishAuthModes": KEY_MODE, "defaultSubscribeAuthModes": KEY_MODE,
}  # fmt: skip


def graphql(aws: Account, sent: Document) -> Document:
    client = aws.client("appsync")
    made = client.create_graphql_api(**{"name": "a", "authenticationType": "API_KEY", **sent})["graphqlApi"]
    read: Document = client.get_graphql_api(apiId=made["apiId"])["graphqlApi"]
    assert read == made == next(each for each in client.list_graphql_apis()["graphqlApis"] if each == read)
    return read


def event_api(aws: Account, sent: Document) -> Document:
    client = aws.client("appsync")
    made = client.create_api(**{"name": "a", "eventConfig": EVENTS, **sent})["api"]
    read: Document = client.get_api(apiId=made["apiId"])["api"]
    assert read == made
    return read


def rest_api(aws: Account, sent: Document) -> Document:
    client = aws.client("apigateway")
    made = client.create_rest_api(**{"name": "a", **sent})
    read: Document = client.get_rest_api(restApiId=made["id"])
    return read


def integration(aws: Account, sent: Document) -> Document:
    client, api = aws.client("apigateway"), rest_api(aws, {})
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, **sent)
    read: dict[str, Any] = client.get_integration(**where)
    assert client.get_method(**where)["methodIntegration"].items() <= read.items()
    assert read["cacheNamespace"] in (api["rootResourceId"], sent.get("cacheNamespace"))
    return {"integrationHttpMethod": read.get("httpMethod"), **read}


def rest_stage(aws: Account, sent: Document) -> Document:
    client, api = aws.client("apigateway"), rest_api(aws, {})
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    deployment = client.create_deployment(restApiId=api["id"])["id"]
    client.create_stage(restApiId=api["id"], stageName="s", deploymentId=deployment, **sent)
    read: Document = client.get_stage(restApiId=api["id"], stageName="s")
    return read


def api_v2(aws: Account, sent: Document) -> Document:
    client = aws.client("apigatewayv2")
    api_id = client.create_api(**{"Name": "a", **sent})["ApiId"]
    read: Document = client.get_api(ApiId=api_id)
    assert (
        read.items() >= next(each for each in client.get_apis()["Items"] if each["ApiId"] == api_id).items()
    )
    return read


def http(aws: Account, sent: Document) -> Document:
    return api_v2(aws, {"ProtocolType": "HTTP", **sent})


def websocket(aws: Account, sent: Document) -> Document:
    return api_v2(
        aws, {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action", **sent}
    )


def part(create: str, read: str, holder: Callable[[Account, Document], Document]) -> Any:
    """How a part of an API is created and read: by these operations, in an API that `holder` makes."""

    def made(aws: Account, sent: Document) -> Document:
        client, api_id = aws.client("apigatewayv2"), holder(aws, {})["ApiId"]
        answer = getattr(client, create)(ApiId=api_id, **sent)
        name = next(name for name in ("IntegrationId", "RouteId", "StageName") if name in answer)
        found: Document = getattr(client, read)(**{"ApiId": api_id, name: answer[name]})
        return found

    return made


INTEGRATION_OF_HTTP = part("create_integration", "get_integration", http)
INTEGRATION_OF_WEBSOCKET = part("create_integration", "get_integration", websocket)
ROUTE_OF_HTTP = part("create_route", "get_route", http)
STAGE_OF_HTTP = part("create_stage", "get_stage", http)
STAGE_OF_WEBSOCKET = part("create_stage", "get_stage", websocket)


def app_runner(_: Account, sent: Document) -> Document:
    image = {"ImageIdentifier": "public.ecr.aws/a/b:1", "ImageRepositoryType": "ECR_PUBLIC"}
    settings = settings_of({"SourceConfiguration": {"ImageRepository": image}, **sent})
    return {
        "SourceConfiguration": settings.source,
        "InstanceConfiguration": settings.instance,
        "HealthCheckConfiguration": settings.health,
        "NetworkConfiguration": settings.network,
        "ObservabilityConfiguration": settings.observability,
    }


def express(_: Account, sent: Document) -> Document:
    return configured(DEFAULTS, {"primaryContainer": {"image": "a"}, **sent})


SENT: list[tuple[Any, dict[str, Any]]] = [
    (graphql, {
        "authenticationType": "AWS_IAM", "xrayEnabled": True, "visibility": "PRIVATE", "apiType": "GRAPHQL",
        "introspectionConfig": "DISABLED", "queryDepthLimit": 5, "resolverCountLimit": 7,
        "ownerContact": "a@b",
        "tags": {"a": "b"}, "additionalAuthenticationProviders": [{"authenticationType": "API_KEY"}],
        "logConfig": {"fieldLogLevel": "ALL", "cloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/r"},
        "enhancedMetricsConfig": {
            "resolverLevelMetricsBehavior": "PER_RESOLVER_METRICS",
            "dataSourceLevelMetricsBehavior": "PER_DATA_SOURCE_METRICS",
            "operationLevelMetricsConfig": "ENABLED",
        },
    }),
    (event_api, {"name": "b", "eventConfig": EVENTS, "ownerContact": "a@b", "tags": {"a": "b"}}),
    (rest_api, {
        "name": "b", "description": "d", "version": "2", "binaryMediaTypes": ["image/*"],
        "minimumCompressionSize": 0, "apiKeySource": "AUTHORIZER", "disableExecuteApiEndpoint": True,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"}, "tags": {"a": "b"},
    }),
    (integration, {
        "type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://a.example/{b}",
        "requestParameters": {"integration.request.path.b": "method.request.path.b"},
        "cacheKeyParameters": ["method.request.path.b"], "cacheNamespace": "n", "connectionType": "INTERNET",
        "passthroughBehavior": "NEVER", "timeoutInMillis": 1000, "responseTransferMode": "STREAM",
    }),
    (integration, {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}),
    (rest_stage, {
        "description": "d", "variables": {"a": "b"}, "tracingEnabled": True, "tags": {"a": "b"},
        "documentationVersion": "1", "cacheClusterEnabled": False,
    }),
    (http, {
        "Name": "b", "Description": "d", "Version": "1", "CorsConfiguration": CORS, "Tags": {"a": "b"},
        "DisableExecuteApiEndpoint": True, "IpAddressType": "dualstack",
    }),
    (websocket, {
        "Name": "b", "RouteSelectionExpression": "$request.body.kind", "IpAddressType": "dualstack",
        "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey", "Description": "d",
    }),
    (INTEGRATION_OF_HTTP, {
        "IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://a.example", "IntegrationMethod": "ANY",
        "PayloadFormatVersion": "1.0", "TimeoutInMillis": 1000, "Description": "d",
        "ConnectionType": "INTERNET",
    }),
    (INTEGRATION_OF_WEBSOCKET, {
        "IntegrationType": "AWS_PROXY", "IntegrationUri": INVOKED, "IntegrationMethod": "POST",
        "TimeoutInMillis": 1000, "PassthroughBehavior": "NEVER", "ContentHandlingStrategy": "CONVERT_TO_TEXT",
    }),
    (ROUTE_OF_HTTP, {"RouteKey": "GET /a", "OperationName": "a", "AuthorizationType": "NONE"}),
    (STAGE_OF_HTTP, {
        "StageName": "s", "AutoDeploy": True, "Description": "d", "StageVariables": {"a": "b"},
        "Tags": {"a": "b"},
        "AccessLogSettings": LOGS,
        "DefaultRouteSettings": {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5,
        "DetailedMetricsEnabled": True},
    }),
    (STAGE_OF_WEBSOCKET, {"StageName": "s", "Description": "d", "StageVariables": {"a": "b"}}),
    (app_runner, {
        "InstanceConfiguration": {"Cpu": "256", "Memory": "512"},
        "ObservabilityConfiguration": {"ObservabilityEnabled": False},
    }),
    (express, {
        "cpu": "512", "memory": "1024", "healthCheckPath": "/h", "executionRoleArn": "r",
        "primaryContainer": {"image": "a", "containerPort": 8080, "environment": [{"name": "a",
        "value": "b"}]},
        "scalingTarget": {"minTaskCount": 2, "maxTaskCount": 3},
    }),
]  # fmt: skip


@pytest.mark.parametrize(("create", "sent"), SENT, ids=range(len(SENT)))
def test_what_is_sent_is_read_back(aws: Account, create: Any, sent: dict[str, Any]) -> None:
    read = create(aws, sent)
    assert {name: read.get(name) for name in sent} == sent


BY_DEFAULT: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    (graphql, {}, {
        "apiType": "GRAPHQL", "introspectionConfig": "ENABLED", "queryDepthLimit": 0, "resolverCountLimit": 0,
        "visibility": "GLOBAL", "xrayEnabled": False, "owner": "123456789012", "tags": {},
        "ownerContact": None,
        "additionalAuthenticationProviders": None, "logConfig": None, "enhancedMetricsConfig": None,
    }),
    (event_api, {}, {"xrayEnabled": False, "ownerContact": None, "tags": {}}),
    (rest_api, {}, {
        "apiKeySource": "HEADER", "description": None, "disableExecuteApiEndpoint": False, "version": None,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"}, "minimumCompressionSize": None,
    }),
    (rest_api, {"endpointConfiguration": {"types": ["PRIVATE"]}}, {
        "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
    }),
    (integration, {"type": "MOCK"}, {
        "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29_000, "cacheKeyParameters": [],
        "connectionType": None, "uri": None, "httpMethod": None, "requestTemplates": None,
    }),
    (integration, {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": INVOKED}, {
        "passthroughBehavior": "WHEN_NO_MATCH", "connectionType": "INTERNET", "cacheKeyParameters": [],
        "responseTransferMode": "BUFFERED", "timeoutInMillis": 29_000, "requestParameters": None,
    }),
    (rest_stage, {}, {
        "cacheClusterEnabled": False, "cacheClusterStatus": "NOT_AVAILABLE", "tracingEnabled": False,
        "description": None, "documentationVersion": None, "methodSettings": {},
    }),
    (http, {}, {
        "IpAddressType": "ipv4", "DisableExecuteApiEndpoint": False, "Description": None,
        "CorsConfiguration": None,
        "RouteSelectionExpression": "$request.method $request.path",
        "ApiKeySelectionExpression": "$request.header.x-api-key",
    }),
    (INTEGRATION_OF_HTTP, {
        "IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://a.example", "IntegrationMethod": "ANY",
    }, {"ConnectionType": "INTERNET", "PayloadFormatVersion": "1.0", "TimeoutInMillis": 30_000}),
    (INTEGRATION_OF_WEBSOCKET, {"IntegrationType": "MOCK"}, {
        "ConnectionType": "INTERNET", "PayloadFormatVersion": "1.0", "TimeoutInMillis": 29_000,
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "IntegrationResponseSelectionExpression": "${integration.response.statuscode}",
    }),
    (INTEGRATION_OF_WEBSOCKET, {"IntegrationType": "AWS_PROXY", "IntegrationUri": INVOKED}, {
        "PayloadFormatVersion": "1.0", "TimeoutInMillis": 29_000, "PassthroughBehavior": "WHEN_NO_MATCH",
        "IntegrationMethod": "POST",
    }),
    (ROUTE_OF_HTTP, {"RouteKey": "GET /a"}, {"ApiKeyRequired": False, "AuthorizationType": "NONE"}),
    (STAGE_OF_WEBSOCKET, {"StageName": "s"}, {
        "DefaultRouteSettings": {"DataTraceEnabled": False, "DetailedMetricsEnabled": False,
        "LoggingLevel": "OFF"},
    }),
    (app_runner, {"NetworkConfiguration": {"IpAddressType": "DUAL_STACK"}}, {
        "SourceConfiguration": {
            "AutoDeploymentsEnabled": False,
            "ImageRepository": {
                "ImageIdentifier": "public.ecr.aws/a/b:1", "ImageRepositoryType": "ECR_PUBLIC",
                "ImageConfiguration": {"Port": "8080"},
            },
        },
        "InstanceConfiguration": {"Cpu": "1024", "Memory": "2048"},
        "NetworkConfiguration": {
            "EgressConfiguration": {"EgressType": "DEFAULT"},
            "IngressConfiguration": {"IsPubliclyAccessible": True},
            "IpAddressType": "DUAL_STACK",
        },
        "ObservabilityConfiguration": {"ObservabilityEnabled": False},
    }),
    (express, {}, {
        "cpu": "256", "memory": "512", "healthCheckPath": "/ping",
        "primaryContainer": {"image": "a", "containerPort": 80},
    }),
]  # fmt: skip


@pytest.mark.parametrize(("create", "sent", "defaults"), BY_DEFAULT, ids=range(len(BY_DEFAULT)))
def test_what_is_not_sent_is_what_it_is_on_aws(
    aws: Account, create: Any, sent: dict[str, Any], defaults: dict[str, Any]
) -> None:
    read = create(aws, sent)
    assert {name: read.get(name) for name in defaults} == defaults


def test_ids_and_keys_of_appsync_have_the_form_of_aws(aws: Account) -> None:
    client = aws.client("appsync")
    for api in (graphql(aws, {}), event_api(aws, {})):
        assert re.fullmatch(r"[a-z0-9]{26}", api["apiId"])
        assert (api.get("arn") or api["apiArn"]).endswith(f":apis/{api['apiId']}")
        key = client.create_api_key(apiId=api["apiId"], description="d")["apiKey"]
        assert re.fullmatch(r"da2-[a-z0-9]{26}", key["id"]) and key["expires"] % 3600 == 0
        assert key["deletes"] - key["expires"] == 60 * 24 * 3600
        assert client.list_api_keys(apiId=api["apiId"])["apiKeys"] == [key]
        changed = client.update_api_key(apiId=api["apiId"], id=key["id"], description="e")["apiKey"]
        assert changed == {**key, "description": "e"}
        client.delete_api_key(apiId=api["apiId"], id=key["id"])
        assert client.list_api_keys(apiId=api["apiId"])["apiKeys"] == []


def test_an_update_takes_away_what_it_does_not_name(aws: Account) -> None:
    """As Terraform relies on: it names what is left of a resource."""
    client = aws.client("appsync")
    api_id = graphql(aws, {**SENT[0][1], "visibility": "GLOBAL"})["apiId"]
    updated = client.update_graphql_api(apiId=api_id, name="a", authenticationType="API_KEY")["graphqlApi"]
    plain = graphql(aws, {})
    own = {"apiId", "arn", "uris", "dns", "tags"}
    assert {k: v for k, v in updated.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }
    for refused in ({"queryDepthLimit": 76}, {"introspectionConfig": "MAYBE"}, {"apiType": "MERGED"}):
        with pytest.raises(client.exceptions.BadRequestException):
            graphql(aws, refused)


@pytest.fixture
def function(aws: Account) -> Iterator[str]:
    settings = {
        "Description": "d", "Timeout": 7, "MemorySize": 256, "Environment": {"Variables": {"A": "b"}},
        "TracingConfig": {"Mode": "Active"}, "Architectures": ["arm64"], "EphemeralStorage": {"Size": 1024},
        "Tags": {"a": "b"}, "Publish": True,
    }  # fmt: skip
    name = aws.deploy("basic.echo", **settings)
    yield name
    aws.client("lambda").delete_function(FunctionName=name)


def test_a_function_and_its_url(aws: Account, function: str) -> None:
    """What the provider reads of a function: itself, its code signing, its versions; and of its URL."""
    client = aws.client("lambda")
    got = client.get_function(FunctionName=function)
    shown = got["Configuration"]
    assert (shown["Timeout"], shown["MemorySize"], shown["Description"]) == (7, 256, "d")
    assert shown["Environment"] == {"Variables": {"A": "b"}} and shown["TracingConfig"] == {"Mode": "Active"}
    assert (shown["Architectures"], shown["EphemeralStorage"]) == (["arm64"], {"Size": 1024})
    assert (shown["State"], shown["LastUpdateStatus"], shown["PackageType"]) == (
        "Active",
        "Successful",
        "Zip",
    )
    assert got["Tags"] == {"a": "b"}
    assert client.get_function_code_signing_config(FunctionName=function)["FunctionName"] == function
    versions = client.list_versions_by_function(FunctionName=function)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1"]
    client.create_function_url_config(
        FunctionName=function,
        AuthType="NONE",
        InvokeMode="RESPONSE_STREAM",
        Cors={**CORS, "AllowOrigins": ["*"]},
    )
    url = client.get_function_url_config(FunctionName=function)
    assert (url["AuthType"], url["InvokeMode"]) == ("NONE", "RESPONSE_STREAM")
    assert url["Cors"] == {**CORS, "AllowOrigins": ["*"]}


def test_a_stage_can_be_changed(aws: Account) -> None:
    client = aws.client("apigateway")
    api = client.create_rest_api(name=f"a-{uuid.uuid4().hex[:6]}")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    client.create_deployment(restApiId=api["id"], stageName="s")
    stage = {"restApiId": api["id"], "stageName": "s"}
    assert client.get_stage(**stage)["tracingEnabled"] is False
    patch = [
        {"op": "replace", "path": "/documentationVersion", "value": "2"},
        {"op": "replace", "path": "/description", "value": "d"},
    ]
    changed = client.update_stage(**stage, patchOperations=patch)
    assert (changed["documentationVersion"], changed["description"]) == ("2", "d")
    keys = [{"op": "add", "path": "/cacheKeyParameters/method.request.path.a"}]
    assert client.update_integration(**where, patchOperations=keys)["cacheKeyParameters"] == [
        "method.request.path.a"
    ]


@pytest.mark.parametrize("holder", [http, websocket], ids=["http", "websocket"])
def test_deployments_are_described_and_stages_tagged(
    aws: Account, holder: Callable[[Account, Document], Document]
) -> None:
    client = aws.client("apigatewayv2")
    api = {"ApiId": holder(aws, {})["ApiId"]}
    client.create_route(**api, RouteKey="$default")  # a WebSocket API without routes cannot be deployed
    deployed = {**api, "DeploymentId": client.create_deployment(**api, Description="a")["DeploymentId"]}
    assert client.update_deployment(**deployed, Description="b")["Description"] == "b"
    assert client.get_deployment(**deployed)["Description"] == "b"
    client.create_stage(**deployed, StageName="s", Tags={"a": "1"})
    arn = f"arn:aws:apigateway:{REGION}::/apis/{api['ApiId']}/stages/s"
    client.tag_resource(ResourceArn=arn, Tags={"b": "2", "c": "3"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a", "c"])
    client.update_stage(**api, StageName="s", Description="d")
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
    assert client.get_stage(**api, StageName="s")["Tags"] == {"b": "2"}
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_tags(ResourceArn=f"{arn}x")
