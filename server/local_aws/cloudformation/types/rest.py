"""The types of REST APIs."""

from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Part, Properties
from server.local_aws.cloudformation.template import title_of

SERVICE = "apigateway"
SETTINGS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}
"""Settings of a method, and where a patch of a stage has them
(docs.aws.amazon.com/apigateway/latest/api/patch-operations.html, checked 2026-11)."""


def api(properties: Properties, region: str) -> dict[str, Any]:
    """An API has the name of its document if it has none."""
    given = dict(properties)
    body = given.get("Body")
    if "Name" not in given and body is not None:
        given["Name"] = title_of(body)
    if body is not None:
        put = {member: given.pop(name) for name, member in IMPORT.items() if name in given}
        given["Body"] = {"mode": "overwrite", **put}
    return given


IMPORT = {"Body": "body", "FailOnWarnings": "failOnWarnings", "Mode": "mode", "Parameters": "parameters"}


def method(properties: Properties, region: str) -> dict[str, Any]:
    """The responses of an integration are calls of their own."""
    given = dict(properties)
    integration = given.get("Integration")
    if isinstance(integration, Mapping):
        responses = integration.get("IntegrationResponses", [])
        given["Integration"] = {
            key: value for key, value in integration.items() if key != "IntegrationResponses"
        }
        given["IntegrationResponses"] = responses
    return given


def deployment(properties: Properties, region: str) -> dict[str, Any]:
    """A deployment describes the stage that it makes by a structure."""
    given = dict(properties)
    stage = given.pop("StageDescription", {})
    names = {"Description": "stageDescription"}
    return {**given, **{names.get(name, name): value for name, value in stage.items()}}


def stage(properties: Properties, region: str) -> dict[str, Any]:
    given = dict(properties)
    settings = given.get("MethodSettings")
    if isinstance(settings, list):
        given["MethodSettings"] = [operation for each in settings for operation in method_settings(each)]
    return given


def method_settings(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations of a patch that settings of a method are."""
    path, verb = str(settings.get("ResourcePath", "/*")), settings.get("HttpMethod", "*")
    where = path.removeprefix("/").replace("/", "~1") or "~1"
    return [
        {"op": "replace", "path": f"/{where}/{verb}/{SETTINGS.get(name, name)}", "value": value}
        for name, value in settings.items()
        if name not in ("ResourcePath", "HttpMethod")
    ]


def account(properties: Properties, region: str) -> dict[str, Any]:
    path = {"CloudWatchRoleArn": "/cloudwatchRoleArn"}
    return {
        "patchOperations": [
            {"op": "replace", "path": path.get(name, f"/{name}"), "value": value}
            for name, value in properties.items()
        ]
    }


KINDS: Mapping[str, Kind] = {
    "AWS::ApiGateway::RestApi": Kind(
        SERVICE,
        "CreateRestApi",
        "{restApiId}",
        delete="DeleteRestApi",
        read="GetRestApi",
        attributes={"RestApiId": "{restApiId}", "RootResourceId": "{rootResourceId}"},
        renamed={"ApiKeySourceType": "apiKeySource"},
        from_s3={"BodyS3Location": "Body"},
        known={"restApiId": "{id}", "resourceArn": "arn:aws:apigateway:{region}::/restapis/{id}"},
        tagging=("TagResource", "UntagResource", "tagKeys"),
        parts={"Body": Part("PutRestApi")},
        prepare=api,
        patch="UpdateRestApi",
        patched=(
            "Name",
            "Description",
            "apiKeySource",
            "MinimumCompressionSize",
            "DisableExecuteApiEndpoint",
            "Policy",
        ),
    ),
    "AWS::ApiGateway::Resource": Kind(
        SERVICE,
        "CreateResource",
        "{id}",
        delete="DeleteResource",
        attributes={"ResourceId": "{id}"},
        known={"resourceId": "{id}"},
    ),
    "AWS::ApiGateway::Method": Kind(
        SERVICE,
        "PutMethod",
        "{restApiId}|{resourceId}|{httpMethod}",
        delete="DeleteMethod",
        parts={
            "Integration": Part("PutIntegration"),
            "MethodResponses": Part("PutMethodResponse", each=True),
            "IntegrationResponses": Part("PutIntegrationResponse", each=True),
        },
        prepare=method,
        fixed={"authorizationType": "NONE"},
        again=True,
    ),
    "AWS::ApiGateway::Deployment": Kind(
        SERVICE,
        "CreateDeployment",
        "{id}",
        delete="DeleteDeployment",
        attributes={"DeploymentId": "{id}"},
        known={"deploymentId": "{id}"},
        prepare=deployment,
        held=("Active stages", "DeleteStage"),
    ),
    "AWS::ApiGateway::Stage": Kind(
        SERVICE,
        "CreateStage",
        "{stageName}",
        delete="DeleteStage",
        parts={"MethodSettings": Part("UpdateStage", "patchOperations")},
        prepare=stage,
        known={"resourceArn": "arn:aws:apigateway:{region}::/restapis/{restApiId}/stages/{stageName}"},
        tagging=("TagResource", "UntagResource", "tagKeys"),
        patch="UpdateStage",
        patched=("DeploymentId", "Description", "Variables", "TracingEnabled"),
    ),
    "AWS::ApiGateway::Account": Kind(
        SERVICE,
        "UpdateAccount",
        "{account}ApiGatewayAccount",
        attributes={"Id": "{account}ApiGatewayAccount"},
        update=("UpdateAccount",),
        prepare=account,
    ),
    "AWS::ApiGateway::Model": Kind(
        SERVICE,
        "CreateModel",
        "{name}",
        delete="DeleteModel",
        named="Name",
        known={"modelName": "{name}"},
        again=True,
    ),
    "AWS::ApiGateway::RequestValidator": Kind(
        SERVICE,
        "CreateRequestValidator",
        "{id}",
        delete="DeleteRequestValidator",
        attributes={"RequestValidatorId": "{id}"},
        known={"requestValidatorId": "{id}"},
        patch="UpdateRequestValidator",
        patched=("ValidateRequestBody", "ValidateRequestParameters"),
    ),
    "AWS::ApiGateway::GatewayResponse": Kind(
        SERVICE,
        "PutGatewayResponse",
        "{restApiId}|{responseType}",
        update=("PutGatewayResponse",),
        delete="DeleteGatewayResponse",
    ),
    "AWS::ApiGateway::Authorizer": Kind(
        SERVICE,
        "CreateAuthorizer",
        "{id}",
        delete="DeleteAuthorizer",
        attributes={"AuthorizerId": "{id}"},
        known={"authorizerId": "{id}"},
        patch="UpdateAuthorizer",
        patched=(
            "AuthType",
            "AuthorizerCredentials",
            "AuthorizerResultTtlInSeconds",
            "AuthorizerUri",
            "IdentitySource",
            "IdentityValidationExpression",
            "Name",
        ),
    ),
}
