"""A role by which a service invokes a function needs the permission, behind every front door; the function's
own policy need not name the service then."""

import asyncio
import json
import uuid
from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.account import Account
from tests.support.appsync_clients import graphql
from tests.support.gateway import BUFFERED, Gateway
from tests.support.http_client import request
from tests.support.websocket_api import create_api

INVOKE = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
DENY = {**INVOKE, "Effect": "Deny"}


def role(aws: Account, trusted: str, *statements: dict[str, str]) -> str:
    """A role that `trusted` may take on, whose policy has these statements; its ARN."""
    iam, name = aws.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": trusted}}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=document(*statements))
    return arn


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def arn_of(aws: Account) -> str:
    name = aws.deploy("answers.returned", '{"statusCode": 200}')
    arn: str = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    return arn


def through_rest(aws: Account, role_arn: str) -> bool:
    gateway = Gateway(aws)
    api = gateway.rest(BUFFERED.format(arn_of(aws)), credentials=role_arn)
    return request(f"{api.url}/x").status == 200


def through_http(aws: Account, role_arn: str) -> bool:
    apis = aws.client("apigatewayv2")
    api = apis.create_api(Name="test", ProtocolType="HTTP")
    integration = apis.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn_of(aws),
        PayloadFormatVersion="2.0",
        CredentialsArn=role_arn,
    )
    target = f"integrations/{integration['IntegrationId']}"
    apis.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=target)
    apis.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    return request(api["ApiEndpoint"]).status == 200


def through_a_websocket(aws: Account, role_arn: str) -> bool:
    api, apis = create_api(aws), aws.client("apigatewayv2")
    uri = BUFFERED.format(arn_of(aws))
    integration = apis.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationUri=uri, CredentialsArn=role_arn
    )
    target = f"integrations/{integration['IntegrationId']}"
    apis.create_route(ApiId=api.id, RouteKey="$connect", Target=target)
    try:
        with connect(api.url):
            return True
    except InvalidStatus:
        return False


def through_appsync(aws: Account, role_arn: str) -> bool:
    api, appsync = graphql(aws), aws.client("appsync")
    appsync.create_data_source(
        apiId=api.api_id,
        name="function",
        type="AWS_LAMBDA",
        lambdaConfig={"lambdaFunctionArn": arn_of(aws)},
        serviceRoleArn=role_arn,
    )
    appsync.create_resolver(apiId=api.api_id, typeName="Query", fieldName="item", dataSourceName="function")
    said = asyncio.run(api.query("query Item($name: ID!) { item(name: $name) { name } }", name="x"))
    return "not authorized" not in json.dumps(said)


GATEWAY, APPSYNC = "apigateway.amazonaws.com", "appsync.amazonaws.com"
DOORS: list[tuple[Callable[[Account, str], bool], str]] = [
    (through_rest, GATEWAY),
    (through_http, GATEWAY),
    (through_a_websocket, GATEWAY),
    (through_appsync, APPSYNC),
]


@pytest.mark.parametrize(("passes", "service"), DOORS, ids=["REST", "HTTP", "WebSocket", "AppSync"])
def test_a_role_invokes_what_its_policies_let_it(
    strict: Account, passes: Callable[[Account, str], bool], service: str
) -> None:
    assert passes(strict, role(strict, service, INVOKE))
    assert not passes(strict, role(strict, service))
    assert not passes(strict, role(strict, service, INVOKE, DENY))
    assert not passes(strict, role(strict, "ec2.amazonaws.com", INVOKE)), "it does not trust the service"
    assert not passes(strict, "arn:aws:iam::123456789012:role/there-is-none")


@pytest.mark.parametrize(("passes", "service"), DOORS, ids=["REST", "HTTP", "WebSocket", "AppSync"])
def test_where_iam_is_not_enforced_any_role_does(
    aws: Account, passes: Callable[[Account, str], bool], service: str
) -> None:
    assert passes(aws, role(aws, service))
