"""The types of HTTP and WebSocket APIs."""

from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Part, Properties, same
from server.local_aws.cloudformation.template import title_of

SERVICE = "apigatewayv2"


def api(properties: Properties, region: str) -> dict[str, Any]:
    """An API of a document is made, then the document is imported over it."""
    given = dict(properties)
    body = given.get("Body")
    if body is None:
        return given
    title = title_of(body)
    put = {member: given.pop(name) for name, member in IMPORT.items() if name in given}
    return {"Name": title, "ProtocolType": "HTTP", **given, "Body": put}


IMPORT = {"Body": "Body", "FailOnWarnings": "FailOnWarnings", "BasePath": "Basepath"}


def kind(noun: str, ref: str, **more: Any) -> Kind:
    """A type with the three operations of its name."""
    return Kind(SERVICE, f"Create{noun}", ref, update=(f"Update{noun}",), delete=f"Delete{noun}", **more)


KINDS: Mapping[str, Kind] = {
    "AWS::ApiGatewayV2::Api": kind(
        "Api",
        "{ApiId}",
        attributes={
            **same("ApiEndpoint", "ApiId"),
            "ExecuteApiArn": "arn:aws:execute-api:{region}:{account}:{ApiId}",
        },
        from_s3={"BodyS3Location": "Body"},
        parts={"Body": Part("ReimportApi")},
        prepare=api,
        read="GetApi",
        defaults={"Description": ""},
        tagging=("TagResource", "UntagResource", "TagKeys"),
        known={"ResourceArn": "arn:aws:apigateway:{region}::/apis/{ApiId}"},
    ),
    "AWS::ApiGatewayV2::Route": kind("Route", "{RouteId}", attributes=same("RouteId")),
    "AWS::ApiGatewayV2::RouteResponse": kind(
        "RouteResponse", "{RouteResponseId}", attributes=same("RouteResponseId")
    ),
    "AWS::ApiGatewayV2::Integration": kind(
        "Integration", "{IntegrationId}", attributes=same("IntegrationId")
    ),
    "AWS::ApiGatewayV2::IntegrationResponse": kind(
        "IntegrationResponse", "{IntegrationResponseId}", attributes=same("IntegrationResponseId")
    ),
    "AWS::ApiGatewayV2::Deployment": kind("Deployment", "{DeploymentId}", attributes=same("DeploymentId")),
    "AWS::ApiGatewayV2::Stage": kind(
        "Stage",
        "{StageName}",
        defaults={"StageVariables": {}, "Description": ""},
    ),
    "AWS::ApiGatewayV2::Model": kind("Model", "{ModelId}", attributes=same("ModelId")),
    "AWS::ApiGatewayV2::Authorizer": kind("Authorizer", "{AuthorizerId}", attributes=same("AuthorizerId")),
}
