"""Data sources and unit resolvers: what `CreateDataSource` and `CreateResolver` take, and what is refused.

Supported: NONE data sources with resolvers that pass arguments through (see `passthrough`), and AWS_LAMBDA
data sources with direct Lambda resolvers (no templates, no code). Docs:
docs.aws.amazon.com/appsync/latest/devguide/resolver-util-reference.html, …/direct-lambda-reference.html
(checked 2026-11).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.appsync.graphql.passthrough import PassThrough, from_javascript, from_vtl
from server.local_aws.control_plane.call import bad_request, not_found

NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
SUBSET = (
    "The local stand-in runs direct Lambda resolvers without templates or code, and unit resolvers that pass "
    "their arguments through on a NONE data source: "
    '{"version": "2018-05-29", "payload": $util.toJson($context.arguments)} with '
    "$util.toJson($context.result), "
    "or export function request(ctx) { return { payload: ctx.args }; } with "
    "export function response(ctx) { return ctx.result; }. "
)


@dataclass(frozen=True)
class DataSource:
    """`document` is what `GetDataSource` returns; `function_arn` that of an AWS_LAMBDA source, `role_arn` of
    the role that invokes it."""

    document: Mapping[str, Any]
    function_arn: str = ""
    role_arn: str = ""


@dataclass(frozen=True)
class Resolver:
    """`document` is what `GetResolver` returns; `action` what is done: arguments passed through, or (None)
    the data source's function invoked."""

    document: Mapping[str, Any]
    data_source: str
    action: PassThrough | None


def data_source(arn: str, settings: Mapping[str, Any]) -> DataSource:
    """Return the data source that `settings` describe. Raises `ApiError`."""
    name, kind = settings.get("name"), settings.get("type")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise bad_request("The name of a data source must match [_A-Za-z][_0-9A-Za-z]*")
    document = {**settings, "dataSourceArn": f"{arn}/datasources/{name}"}
    document.pop("apiId", None)
    if kind == "NONE":
        return DataSource(document)
    if kind != "AWS_LAMBDA":
        raise bad_request(f"The local stand-in has data sources of type NONE and AWS_LAMBDA, not {kind}")
    config = settings.get("lambdaConfig")
    function_arn = config.get("lambdaFunctionArn") if isinstance(config, dict) else None
    if not isinstance(function_arn, str) or not function_arn.startswith("arn:aws:lambda:"):
        raise bad_request("lambdaConfig.lambdaFunctionArn must be the ARN of a function")
    if not settings.get("serviceRoleArn"):
        raise bad_request("A data source of type AWS_LAMBDA needs a serviceRoleArn")
    return DataSource(document, function_arn, str(settings["serviceRoleArn"]))


def resolver(
    arn: str, type_name: str, field_name: str, settings: Mapping[str, Any], sources: Mapping[str, DataSource]
) -> Resolver:
    """Return the resolver that `settings` describe. Raises `ApiError` for one that could not run here."""
    if settings.get("kind", "UNIT") != "UNIT" or "pipelineConfig" in settings:
        raise bad_request(f"{SUBSET}Pipeline resolvers are not among them.")
    for unsupported in ("syncConfig", "cachingConfig", "maxBatchSize"):
        if settings.get(unsupported):
            raise bad_request(f"{SUBSET}{unsupported} is not among it.")
    source = sources.get(str(settings.get("dataSourceName")))
    if source is None:
        raise not_found(f"No data source found named {settings.get('dataSourceName')}")
    document = {
        **settings,
        "typeName": type_name,
        "fieldName": field_name,
        "kind": "UNIT",
        "resolverArn": f"{arn}/types/{type_name}/resolvers/{field_name}",
    }
    document.pop("apiId", None)
    return Resolver(document, str(settings["dataSourceName"]), action_of(source, settings))


def action_of(source: DataSource, settings: Mapping[str, Any]) -> PassThrough | None:
    request, response = settings.get("requestMappingTemplate"), settings.get("responseMappingTemplate")
    code = settings.get("code")
    if source.function_arn:
        if request or response or code:
            raise bad_request(f"{SUBSET}This one has a function, and a template or code beside it.")
        return None
    if code is not None:
        runtime = settings.get("runtime")
        if not isinstance(runtime, dict) or runtime.get("name") != "APPSYNC_JS":
            raise bad_request("A resolver with code needs the runtime APPSYNC_JS")
        found = from_javascript(code)
    else:
        found = from_vtl(request or "", response or "")
    if found is None:
        raise bad_request(f"{SUBSET}This one does something else.")
    return found
