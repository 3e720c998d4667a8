"""Everything that is created with tags gives them back: that is how a run finds what it has created."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.account import ROLE, Account
from tests.support.containers import IMAGE, create, eventually

TAGS = {"project": "streaming", "run": "one"}
UPPER = [{"Key": key, "Value": value} for key, value in TAGS.items()]
LOWER = [{"key": key, "value": value} for key, value in TAGS.items()]
KEY = [{"authType": "API_KEY"}]


def new_name() -> str:
    return f"tagged-{uuid.uuid4().hex[:8]}"


def find(items: list[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    (found,) = (item for item in items if item[key] == value)
    return found


def test_of_a_function(aws: Account) -> None:
    client = aws.client("lambda")
    function = client.get_function(FunctionName=aws.deploy("basic.nothing", Tags=TAGS))
    assert function["Tags"] == TAGS
    assert client.list_tags(Resource=function["Configuration"]["FunctionArn"])["Tags"] == TAGS


def test_of_a_role(aws: Account) -> None:
    iam, name = aws.client("iam"), new_name()
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=str(ROLE), Tags=UPPER)
    assert iam.list_role_tags(RoleName=name)["Tags"] == UPPER


def test_of_a_log_group(aws: Account) -> None:
    logs, name = aws.client("logs"), new_name()
    logs.create_log_group(logGroupName=name, tags=TAGS)
    arn = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{name}"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == TAGS


def test_of_rest_http_and_websocket_apis(aws: Account) -> None:
    rest, apis = aws.client("apigateway"), aws.client("apigatewayv2")
    created = rest.create_rest_api(name=new_name(), tags=TAGS)["id"]
    assert find(rest.get_rest_apis(limit=500)["items"], "id", created)["tags"] == TAGS
    for settings in (
        {"ProtocolType": "HTTP"},
        {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"},
    ):
        api_id = apis.create_api(Name=new_name(), Tags=TAGS, **settings)["ApiId"]
        assert find(apis.get_apis()["Items"], "ApiId", api_id)["Tags"] == TAGS
        arn = f"arn:aws:apigateway:ap-northeast-1::/apis/{api_id}"
        assert apis.get_tags(ResourceArn=arn)["Tags"] == TAGS


def test_of_graphql_and_event_apis(aws: Account) -> None:
    appsync = aws.client("appsync")
    graphql = appsync.create_graphql_api(name=new_name(), authenticationType="API_KEY", tags=TAGS)[
        "graphqlApi"
    ]
    listed = find(appsync.list_graphql_apis()["graphqlApis"], "apiId", graphql["apiId"])
    assert listed["tags"] == TAGS
    config = {
        "authProviders": KEY,
        "connectionAuthModes": KEY,
        "defaultPublishAuthModes": KEY,
        "defaultSubscribeAuthModes": KEY,
    }
    events = appsync.create_api(name=new_name(), eventConfig=config, tags=TAGS)["api"]
    assert find(appsync.list_apis()["apis"], "apiId", events["apiId"])["tags"] == TAGS
    for arn in (graphql["arn"], events["apiArn"]):
        assert appsync.list_tags_for_resource(resourceArn=arn)["tags"] == TAGS


def test_of_a_repository(aws: Account) -> None:
    ecr = aws.client("ecr")
    arn = ecr.create_repository(repositoryName=new_name(), tags=UPPER)["repository"]["repositoryArn"]
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == UPPER


def test_of_an_app_runner_service(aws: Account) -> None:
    client = aws.client("apprunner")
    arn = create(aws, Tags=UPPER)["ServiceArn"]
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == UPPER
    eventually(
        lambda: client.describe_service(ServiceArn=arn)["Service"]["Status"] != "OPERATION_IN_PROGRESS"
    )
    client.delete_service(ServiceArn=arn)


@contextmanager
def express_service(aws: Account) -> Iterator[str]:
    """A service of Express Mode, which need not become reachable; its ARN."""
    ecs, role = aws.client("ecs"), aws.role()
    created = ecs.create_express_gateway_service(
        serviceName=new_name(),
        executionRoleArn=role,
        infrastructureRoleArn=role,
        primaryContainer={"image": IMAGE, "command": ["sleep", "60"]},
        tags=LOWER,
    )
    arn: str = created["service"]["serviceArn"]
    yield arn
    ecs.delete_express_gateway_service(serviceArn=arn)


def test_of_an_express_service_which_is_listed_while_there_is_one(aws: Account) -> None:
    ecs = aws.client("ecs")

    def listed(**filters: Any) -> list[str]:
        pages = ecs.get_paginator("list_services").paginate(**filters)
        return [arn for page in pages for arn in page["serviceArns"]]

    with express_service(aws) as arn, express_service(aws) as other:
        described = ecs.describe_express_gateway_service(serviceArn=arn, include=["TAGS"])
        assert described["service"]["tags"] == LOWER
        assert "tags" not in ecs.describe_express_gateway_service(serviceArn=arn)["service"]
        assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == LOWER
        assert {arn, other} <= set(listed())
        assert {arn, other} <= set(listed(cluster="default", PaginationConfig={"PageSize": 1}))
        assert arn in listed(resourceManagementType="ECS", launchType="FARGATE")
        assert arn not in listed(resourceManagementType="CUSTOMER")
        assert arn not in listed(launchType="EC2")
    eventually(lambda: not {arn, other} & set(listed()))
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        ecs.list_services(cluster="nowhere")
