"""Deploys WebSocket APIs by boto3, as anybody would."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lab.deploy.function import zip_folder
from tests.support.account import Account


def deploy_python(aws: Account, program: str | Path, **settings: Any) -> str:
    """A function of the managed runtime: a handler of `tests/guests`, or the handler of a folder; its ARN."""
    if isinstance(program, Path):
        code = {"ZipFile": zip_folder(program)}
        name = aws.create(Code=code, Runtime="python3.13", Handler="app.handler", **settings)
    else:
        name = aws.deploy_python(program, **settings)
    arn: str = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    return arn


@dataclass
class WebSocketApi:
    """A deployed API with the stage `dev`."""

    aws: Account
    id: str
    endpoint: str
    stage: str = "dev"

    @property
    def url(self) -> str:
        return f"{self.endpoint}/{self.stage}"

    @property
    def gateway(self) -> Any:
        return self.aws.client("apigatewayv2")

    def management(self, scheme: str = "http", **credentials: str) -> Any:
        """A client of `@connections`."""
        credentials = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=self.url.replace("ws", scheme, 1),
            region_name="ap-northeast-1",
            config=Config(retries={"total_max_attempts": 1}),
            **credentials,
        )

    def add_route(self, key: str, function_arn: str = "", *, responds: bool = False, **settings: Any) -> str:
        """A route to a function, or to a MOCK; returns the route's id."""
        if function_arn:
            self.permit(function_arn)
            uri = (
                "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/"
                f"{function_arn}/invocations"
            )
            integration = {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri}
        else:
            integration = {"IntegrationType": "MOCK"}
        created = self.gateway.create_integration(ApiId=self.id, **integration)
        if responds:
            settings["RouteResponseSelectionExpression"] = "$default"
        target = f"integrations/{created['IntegrationId']}"
        route = self.gateway.create_route(ApiId=self.id, RouteKey=key, Target=target, **settings)
        if responds:
            self.gateway.create_route_response(
                ApiId=self.id, RouteId=route["RouteId"], RouteResponseKey="$default"
            )
        route_id: str = route["RouteId"]
        return route_id

    def permit(self, function_arn: str) -> None:
        self.aws.client("lambda").add_permission(
            FunctionName=function_arn,
            StatementId=f"api-{uuid.uuid4().hex[:8]}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:ap-northeast-1:123456789012:{self.id}/*",
        )


def create_api(aws: Account, selection: str = "$request.body.action", **stage: Any) -> WebSocketApi:
    gateway = aws.client("apigatewayv2")
    answer = gateway.create_api(Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression=selection)
    stage = {"AutoDeploy": True, **stage}
    gateway.create_stage(ApiId=answer["ApiId"], StageName="dev", **stage)
    return WebSocketApi(aws, answer["ApiId"], answer["ApiEndpoint"])


def message(**fields: Any) -> str:
    return json.dumps(fields)
