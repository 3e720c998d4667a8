"""Deploys API Gateway APIs by boto3 calls: what notebook 08 does step by step, as functions."""

from contextlib import suppress
from typing import Any

from lab.cloud.cloud import Cloud
from lab.cloud.pagination import pages

STAGE = "prod"
PATHS = {
    "BUFFERED": "2015-03-31/functions/{}/invocations",
    "STREAM": "2021-11-15/functions/{}/response-streaming-invocations",
}
"""The call of Lambda's API that goes with each transfer mode."""


def lambda_uri(cloud: Cloud, function_arn: str, mode: str) -> str:
    """Return the integration URI by which a REST API invokes a function; `mode` is BUFFERED or STREAM."""
    return f"arn:aws:apigateway:{cloud.region}:lambda:path/{PATHS[mode].format(function_arn)}"


def allow_gateway(cloud: Cloud, function_arn: str, api_id: str) -> None:
    """Let the API, any stage, method and path of it, invoke the function."""
    account = function_arn.split(":")[4]
    cloud.client("lambda").add_permission(
        FunctionName=function_arn,
        StatementId=f"api-{api_id}",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{cloud.region}:{account}:{api_id}/*",
    )


def stage_url(cloud: Cloud, api_id: str) -> str:
    """Where a REST API's stage answers. AWS returns no URL (it is made of the API's id and the Region), the
    stand-in lists a port of its own."""
    if not cloud.is_local:
        return f"https://{api_id}.execute-api.{cloud.region}.amazonaws.com/{STAGE}"
    url = next(endpoint["url"] for endpoint in cloud.endpoints() if endpoint["id"] == api_id)
    return f"{url}/{STAGE}"


def deploy_rest_api(
    cloud: Cloud, name: str, target: str, mode: str = "BUFFERED", endpoint_type: str = "REGIONAL"
) -> str:
    """Create the REST API `cloud.name(name)`, which sends every GET of its root to `target` (the ARN of a
    function, or an http URL), replacing one of the same name; return the URL of its stage. `mode` is its
    `responseTransferMode`."""
    remove_rest_api(cloud, name)
    aws = cloud.client("apigateway")
    api = aws.create_rest_api(name=cloud.name(name), endpointConfiguration={"types": [endpoint_type]})
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    aws.put_method(**method, authorizationType="NONE")
    integration: dict[str, Any] = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": target}
    if target.startswith("arn:"):
        uri = lambda_uri(cloud, target, mode)
        integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}
        allow_gateway(cloud, target, api["id"])
    aws.put_integration(**method, **integration, responseTransferMode=mode)
    aws.create_deployment(restApiId=api["id"], stageName=STAGE)
    return stage_url(cloud, api["id"])


def deploy_http_api(cloud: Cloud, name: str, target: str, **settings: Any) -> str:
    """Create the HTTP API `cloud.name(name)`, which sends every request to `target` (the ARN of a function,
    or an http URL), replacing one of the same name; return its endpoint. `settings` are for `CreateApi`."""
    remove_http_api(cloud, name)
    api = cloud.client("apigatewayv2").create_api(
        Name=cloud.name(name), ProtocolType="HTTP", Target=target, **settings
    )
    if target.startswith("arn:"):
        allow_gateway(cloud, target, api["ApiId"])
    endpoint: str = api["ApiEndpoint"]
    return endpoint


def remove_rest_api(cloud: Cloud, name: str) -> None:
    """Delete every REST API called `cloud.name(name)`; what is not there is not missed."""
    aws = cloud.client("apigateway")
    for api in pages(aws, "get_rest_apis", "items"):
        if api["name"] == cloud.name(name):
            with suppress(aws.exceptions.NotFoundException):
                aws.delete_rest_api(restApiId=api["id"])


def remove_http_api(cloud: Cloud, name: str) -> None:
    """Delete every HTTP API called `cloud.name(name)`; what is not there is not missed."""
    aws = cloud.client("apigatewayv2")
    for api in pages(aws, "get_apis", "Items"):
        if api["Name"] == cloud.name(name) and api["ProtocolType"] == "HTTP":
            with suppress(aws.exceptions.NotFoundException):
                aws.delete_api(ApiId=api["ApiId"])
