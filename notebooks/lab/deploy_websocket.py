"""Deploys a WebSocket API of API Gateway by boto3 calls: what notebook 09 does step by step, as functions."""

import json
from contextlib import suppress
from pathlib import Path

from lab.cloud import Cloud
from lab.deploy import deploy_function
from lab.deploy_api import STAGE, allow_gateway, lambda_uri

ROUTES = ("$connect", "$disconnect", "stream")
PUSH_POLICY = "push-through-websocket-apis"


def deploy_websocket_api(cloud: Cloud, name: str, folder: Path) -> str:
    """Create the function `name` from `folder` and a WebSocket API that sends every route to it, replacing
    those of an earlier run; return the URL of the API's stage (wss://… on AWS, ws://… on this machine)."""
    remove_websocket_api(cloud, name)
    arn = deploy_function(cloud, name, folder)
    aws = cloud.client("apigatewayv2")
    api = aws.create_api(
        Name=cloud.name(name), ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    api_id = api["ApiId"]
    allow_gateway(cloud, arn, api_id)
    allow_push(cloud, arn, api_id)
    integration = aws.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=lambda_uri(cloud, arn, "BUFFERED")
    )
    for key in ROUTES:
        aws.create_route(ApiId=api_id, RouteKey=key, Target="integrations/" + integration["IntegrationId"])
    deployment = aws.create_deployment(ApiId=api_id)["DeploymentId"]
    aws.create_stage(ApiId=api_id, StageName=STAGE, DeploymentId=deployment)
    return f"{api['ApiEndpoint']}/{STAGE}"


def allow_push(cloud: Cloud, function_arn: str, api_id: str) -> None:
    """Let the function's role post to the API's connections: `execute-api:ManageConnections` (AWS, "Use
    @connections commands in your backend service", checked 2026-11)."""
    account = function_arn.split(":")[4]
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": f"arn:aws:execute-api:{cloud.region}:{account}:{api_id}/*",
    }
    cloud.client("iam").put_role_policy(
        RoleName=role_of(cloud, function_arn),
        PolicyName=PUSH_POLICY,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def role_of(cloud: Cloud, function_arn: str) -> str:
    """The name of the role that the function runs as."""
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=function_arn)
    name: str = configuration["Role"].rpartition("/")[2]
    return name


def remove_websocket_api(cloud: Cloud, name: str) -> None:
    """Delete every WebSocket API of that name and what lets its function push (a role with a policy cannot
    be deleted); the function itself is left to `lab.deploy.remove`."""
    aws = cloud.client("apigatewayv2")
    for page in aws.get_paginator("get_apis").paginate():
        for api in page["Items"]:
            if api["Name"] == cloud.name(name) and api["ProtocolType"] == "WEBSOCKET":
                forbid_push(cloud, api["ApiId"])
                with suppress(aws.exceptions.NotFoundException):
                    aws.delete_api(ApiId=api["ApiId"])


def forbid_push(cloud: Cloud, api_id: str) -> None:
    """Take the policy of `allow_push` from the roles of all functions that the API calls."""
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    gone = (functions.exceptions.ResourceNotFoundException, iam.exceptions.NoSuchEntityException)
    for integration in cloud.client("apigatewayv2").get_integrations(ApiId=api_id)["Items"]:
        arn = integration["IntegrationUri"].partition("/functions/")[2].removesuffix("/invocations")
        with suppress(*gone):
            iam.delete_role_policy(RoleName=role_of(cloud, arn), PolicyName=PUSH_POLICY)
