"""AppSync's types."""

from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Settled

SERVICE = "appsync"
TAGGING = ("TagResource", "UntagResource", "tagKeys")
CODE = {
    "CodeS3Location": "code",
    "RequestMappingTemplateS3Location": "requestMappingTemplate",
    "ResponseMappingTemplateS3Location": "responseMappingTemplate",
}


def kind(noun: str, ref: str, **more: Any) -> Kind:
    """A type with the three operations of its name."""
    return Kind(SERVICE, f"Create{noun}", ref, update=(f"Update{noun}",), delete=f"Delete{noun}", **more)


KINDS: Mapping[str, Kind] = {
    "AWS::AppSync::GraphQLApi": kind(
        "GraphqlApi",
        "{arn}",
        attributes={
            "ApiId": "{apiId}",
            "Arn": "{arn}",
            "GraphQLEndpointArn": "arn:aws:appsync:{region}:{account}:endpoints/graphql-api/{apiId}",
            "GraphQLDns": "{dns[GRAPHQL]}",
            "GraphQLUrl": "{uris[GRAPHQL]}",
            "RealtimeDns": "{dns[REALTIME]}",
            "RealtimeUrl": "{uris[REALTIME]}",
        },
        known={"resourceArn": "{arn}"},
        tagging=TAGGING,
    ),
    "AWS::AppSync::GraphQLSchema": Kind(
        SERVICE,
        "StartSchemaCreation",
        "{apiId}GraphQLSchema",
        update=("StartSchemaCreation",),
        read="GetSchemaCreationStatus",
        attributes={"Id": "{apiId}GraphQLSchema"},
        from_s3={"DefinitionS3Location": "Definition"},
        settled=Settled("status", frozenset({"SUCCESS", "ACTIVE"}), frozenset({"FAILED", "NOT_APPLICABLE"})),
    ),
    "AWS::AppSync::ApiKey": kind(
        "ApiKey",
        "arn:aws:appsync:{region}:{account}:apis/{apiId}/apikeys/{id}",
        attributes={
            "ApiKey": "{id}",
            "ApiKeyId": "{id}",
            "Arn": "arn:aws:appsync:{region}:{account}:apis/{apiId}/apikeys/{id}",
        },
    ),
    "AWS::AppSync::DataSource": kind(
        "DataSource", "{dataSourceArn}", attributes={"DataSourceArn": "{dataSourceArn}", "Name": "{name}"}
    ),
    "AWS::AppSync::Resolver": kind(
        "Resolver",
        "{resolverArn}",
        attributes={
            "FieldName": "{fieldName}",
            "ResolverArn": "{resolverArn}",
            "TypeName": "{typeName}",
        },
        from_s3=CODE,
    ),
    "AWS::AppSync::FunctionConfiguration": kind(
        "Function",
        "{functionArn}",
        attributes={
            "DataSourceName": "{dataSourceName}",
            "FunctionArn": "{functionArn}",
            "FunctionId": "{functionId}",
            "Name": "{name}",
        },
        from_s3=CODE,
    ),
    "AWS::AppSync::Api": kind(
        "Api",
        "{apiArn}",
        attributes={
            "ApiArn": "{apiArn}",
            "ApiId": "{apiId}",
            "Dns.Http": "{dns[HTTP]}",
            "Dns.Realtime": "{dns[REALTIME]}",
        },
        known={"resourceArn": "{apiArn}"},
        tagging=TAGGING,
    ),
    "AWS::AppSync::ChannelNamespace": kind(
        "ChannelNamespace",
        "{channelNamespaceArn}",
        attributes={"ChannelNamespaceArn": "{channelNamespaceArn}"},
        from_s3={"CodeS3Location": "codeHandlers"},
        known={"resourceArn": "{channelNamespaceArn}"},
        tagging=TAGGING,
    ),
}
