"""Deploys a WebSocket API of API Gateway by boto3 calls: what notebook 09 does step by step, as functions."""

from pathlib import Path

from lab.cloud.cloud import Cloud
from lab.deploy.api import STAGE, allow_gateway, lambda_uri
from lab.deploy.function import MAY_PUSH, deploy_function

ROUTES = ("$connect", "$disconnect", "stream")


def deploy_websocket_api(cloud: Cloud, name: str, folder: Path) -> str:
    """Create the function `cloud.name(name)` from `folder` and a WebSocket API that sends every route to it;
    return the URL of the API's stage (wss://… on AWS, ws://… on this machine)."""
    arn = deploy_function(cloud, name, folder, statements=[MAY_PUSH])
    aws = cloud.client("apigatewayv2")
    api = aws.create_api(
        Name=cloud.name(name), ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    api_id = api["ApiId"]
    allow_gateway(cloud, arn, api_id)
    integration = aws.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=lambda_uri(cloud, arn, "BUFFERED")
    )
    for key in ROUTES:
        aws.create_route(ApiId=api_id, RouteKey=key, Target="integrations/" + integration["IntegrationId"])
    deployment = aws.create_deployment(ApiId=api_id)["DeploymentId"]
    aws.create_stage(ApiId=api_id, StageName=STAGE, DeploymentId=deployment)
    return f"{api['ApiEndpoint']}/{STAGE}"
