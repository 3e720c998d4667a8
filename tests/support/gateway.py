"""APIs deployed by boto3 to a stand-in in a process of its own, as anybody would."""

import json
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from lab.deploy.function import FOLDERS, zip_folder
from tests.support.account import Account

REGION = "ap-northeast-1"
BUFFERED = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{{}}/invocations"
STREAMING = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2021-11-15/functions/{{}}/response-streaming-invocations"
)


@dataclass
class Gateway:
    """Deploys functions and APIs to `account`."""

    account: Account

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def function(self, handler: str, given: Any = None, **settings: Any) -> str:
        """A function of `tests/guests` that any gateway may invoke; its ARN."""
        return self.permit(self.account.deploy(handler, given, **settings))

    def streaming(self, handler: str, given: Any = None) -> str:
        """A URL of a REST API in mode STREAM in front of a function of `tests/guests`."""
        return self.rest(STREAMING.format(self.function(handler, given)), "STREAM").url + "/x"

    def folder(self, name: str) -> str:
        """The function in a folder of `lambda/`; its ARN."""
        folder = FOLDERS / name
        node = (folder / "index.mjs").exists()
        function = f"{name}-{uuid.uuid4().hex[:8]}"
        self.client("lambda").create_function(
            FunctionName=function,
            Role=self.account.role(),
            Runtime="nodejs24.x" if node else "python3.13",
            Handler="index.handler" if node else "app.handler",
            Code={"ZipFile": zip_folder(folder)},
            Timeout=30,
        )
        return self.permit(function)

    def permit(self, name: str, source_arn: str = "") -> str:
        aws = self.client("lambda")
        more = {"SourceArn": source_arn} if source_arn else {}
        aws.add_permission(
            FunctionName=name,
            StatementId=f"gateway-{uuid.uuid4().hex[:8]}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            **more,
        )
        arn: str = aws.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        return arn

    def url_of(self, api_id: str) -> str:
        with urllib.request.urlopen(f"{self.account.endpoint_url}/_local/endpoints") as response:
            return next(endpoint["url"] for endpoint in json.load(response) if endpoint["id"] == api_id)

    def rest(
        self,
        uri: str,
        mode: str = "BUFFERED",
        *,
        kind: str = "AWS_PROXY",
        path: str = "{proxy+}",
        types: tuple[str, ...] = ("REGIONAL",),
        api: dict[str, Any] | None = None,
        **integration: Any,
    ) -> "RestApi":
        """A REST API with one resource below the root (`path` "" is the root), deployed to the stage prod."""
        aws = self.client("apigateway")
        created = aws.create_rest_api(
            name="test", endpointConfiguration={"types": list(types)}, **(api or {})
        )
        resource = created["rootResourceId"]
        for part in filter(None, path.split("/")):
            resource = aws.create_resource(restApiId=created["id"], parentId=resource, pathPart=part)["id"]
        where = {"restApiId": created["id"], "resourceId": resource, "httpMethod": "ANY"}
        aws.put_method(**where, authorizationType="NONE")
        aws.put_integration(
            **where,
            type=kind,
            integrationHttpMethod="POST" if kind == "AWS_PROXY" else "ANY",
            uri=uri,
            **({} if mode == "BUFFERED" else {"responseTransferMode": mode}),
            **integration,
        )
        aws.create_deployment(restApiId=created["id"], stageName="prod")
        return RestApi(created["id"], resource, f"{self.url_of(created['id'])}/prod")

    def http(self, target: str, route_key: str = "$default", version: str = "2.0", **settings: Any) -> str:
        """An HTTP API with one route, on the stage $default; its endpoint."""
        aws = self.client("apigatewayv2")
        created = aws.create_api(Name="test", ProtocolType="HTTP", **settings)
        to_lambda = target.startswith("arn:")
        integration = aws.create_integration(
            ApiId=created["ApiId"],
            IntegrationType="AWS_PROXY" if to_lambda else "HTTP_PROXY",
            IntegrationUri=target,
            PayloadFormatVersion=version if to_lambda else "1.0",
            IntegrationMethod="POST" if to_lambda else "ANY",
        )
        aws.create_route(
            ApiId=created["ApiId"], RouteKey=route_key, Target=f"integrations/{integration['IntegrationId']}"
        )
        aws.create_stage(ApiId=created["ApiId"], StageName="$default", AutoDeploy=True)
        endpoint: str = created["ApiEndpoint"]
        return endpoint


@dataclass
class RestApi:
    id: str
    resource: str
    url: str
