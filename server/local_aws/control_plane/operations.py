"""Which operation an API call is, and with which parameters: by botocore's models of the services."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session, UnknownServiceError

from server.local_aws.control_plane.call import ApiCall

MODELS = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "applicationinsights": ("application-insights",),
    "aps": ("amp",),
    "appconfig": ("appconfig", "appconfigdata"),
    "bedrock": ("bedrock", "bedrock-agent", "bedrock-runtime", "bedrock-agent-runtime"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch", "es"),
    "execute-api": ("apigatewaymanagementapi",),
    "iotdata": ("iot-data",),
    "kinesisvideo": ("kinesisvideo", "kinesis-video-archived-media"),
    "monitoring": ("cloudwatch",),
    "mobiletargeting": ("pinpoint",),
    "personalize": ("personalize", "personalize-runtime"),
    "rds": ("rds", "neptune", "docdb"),
    "s3": ("s3", "s3control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-metrics"),
    "servicecatalog": ("servicecatalog", "servicecatalog-appregistry"),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "signer": ("signer",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
    "timestream": ("timestream-write", "timestream-query"),
}
"""The models of services whose name in a signature is not that of one model."""

PREFIXES = {"tagging": "tag", "monitoring": "cloudwatch"}
"""What the actions of a service begin with, where it is not its name in a signature."""

IN_FORMS_TOO = {"sqs"}
"""Services that take the query protocol, as older SDKs speak it, though their models no longer say so
(docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests.html)."""

IN_NAME_OF_SDK = "x-id"
"""A query parameter by which SDKs name an operation again; it selects nothing."""


@dataclass(frozen=True)
class Operation:
    """An operation of a service; `service` is what the names of its actions begin with. `members`: the
    parameters by their names in the request; the query protocol has names such as `Tags.member.1.Key`."""

    service: str
    name: str
    members: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """An operation as a request asks for it: by which protocol and, in a REST protocol, the labels of its
    path. `service` is the model's."""

    service: ServiceModel
    model: OperationModel
    protocol: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Route:
    """A REST operation. `fixed`: what its query has to hold; `weight` grows with the path's fixed text."""

    pattern: "re.Pattern[str]"
    method: str
    name: str
    labels: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    weight: int


def operation_of(call: ApiCall) -> Operation | None:
    """The operation that `call` asks for from the service for which it is signed; None if that service has
    no such operation. API Gateway's are named by their HTTP methods, as its actions are."""
    found = resolve(call)
    if found is None:
        return None
    members = declared(found.model, members_of(found, call))
    prefix = PREFIXES.get(call.service, call.service)
    return Operation(prefix, call.method if prefix == "apigateway" else found.model.name, members)


def resolve(call: ApiCall) -> Found | None:
    """Which operation of the service that `call` is signed for it asks for, if there is one."""
    for name in MODELS.get(call.service, (call.service,)):
        model = service_model(name)
        found = find_in(model, call) if model else None
        if found is not None:
            return found
    return None


def find_in(model: ServiceModel, call: ApiCall) -> Found | None:
    protocols = protocols_of(model)
    if target := call.header("x-amz-target"):
        head, _, name = target.rpartition(".")
        known = "json" in protocols and head == model.metadata.get("targetPrefix")
        return found_by_name(model, name, "json") if known else None
    for protocol in ("query", "ec2"):
        if protocol in protocols:
            return found_by_name(model, from_form(call).get("Action", ""), protocol)
    return find_by_path(model, call) if any(each.startswith("rest-") for each in protocols) else None


def found_by_name(model: ServiceModel, name: str, protocol: str) -> Found | None:
    return Found(model, model.operation_model(name), protocol, {}) if name in model.operation_names else None


def protocols_of(model: ServiceModel) -> list[str]:
    modelled = list(model.metadata.get("protocols") or [model.metadata["protocol"]])
    return [*modelled, "query"] if model.service_name in IN_FORMS_TOO else modelled


def members_of(found: Found, call: ApiCall) -> Mapping[str, Any]:
    """The parameters of a call: of a REST operation those in its path win over those in its query, and these
    over those in its body."""
    if found.protocol == "json":
        return call.members
    if not found.protocol.startswith("rest-"):
        return from_form(call)
    shape = found.model.input_shape
    payload = shape.serialization.get("payload") if shape else None  # then the body is not parameters
    body = {} if payload or found.protocol == "rest-xml" else call.members
    return {**body, **call.query, **found.labels}


def declared(model: OperationModel, members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `members` that the operation's model has: the service reads no others."""
    known = {name_of(key, shape) for key, shape in shapes_of(model).items()}
    return {key: value for key, value in members.items() if key.partition(".")[0] in known}


def shapes_of(model: OperationModel) -> Mapping[str, Shape]:
    """Return the members of an operation's input."""
    members: Mapping[str, Shape] = model.input_shape.members if model.input_shape else {}
    return members


def name_of(key: str, shape: Shape) -> str:
    """What a member is called in a request."""
    return str(shape.serialization.get("name", key))


@cache
def session() -> Session:
    """One for all models: a session looks through the folders of all services first."""
    return Session()


@lru_cache(maxsize=64)
def service_model(name: str) -> ServiceModel | None:
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return None
    try:
        return session().get_service_model(name)
    except UnknownServiceError:
        return None


def find_by_path(model: ServiceModel, call: ApiCall) -> Found | None:
    """The REST operation with this method and path: of several that fit the one with the longest fixed text,
    then the one of whose query or headers most is there."""
    fitting = []
    for route in routes(model.service_name):
        match = route.pattern.fullmatch(call.path) if route.method == call.method else None
        if match and all(fits(call, name, value) for name, value in route.fixed):
            needed = needed_elsewhere(model.operation_model(route.name), call)
            if needed is not None:
                rank = (route.weight, len(route.fixed), needed)
                fitting.append(
                    (rank, route, {k: unquote(v) for k, v in zip(route.labels, match.groups(), strict=True)})
                )
    if not fitting:
        return None
    _, route, labels = max(fitting, key=lambda each: each[0])
    return Found(model, model.operation_model(route.name), protocols_of(model)[0], labels)


def fits(call: ApiCall, name: str, value: str) -> bool:
    given = call.query.get(name)
    return given is not None and value in ("", given)


def needed_elsewhere(model: OperationModel, call: ApiCall) -> int | None:
    """How many of the members that an operation needs in its query or headers `call` has; None if one that
    distinguishes it from others of S3 with the same path is not there."""
    shapes, count = shapes_of(model), 0
    for key in model.input_shape.required_members if model.input_shape else ():
        place, name = shapes[key].serialization.get("location"), name_of(key, shapes[key])
        if place not in ("querystring", "header"):
            continue
        given = name in call.query if place == "querystring" else bool(call.header(name.lower()))
        if given:
            count += 1
        elif model.service_model.service_name == "s3":
            return None
    return count


@lru_cache(maxsize=64)
def routes(service: str) -> list[Route]:
    """Return the service's operations."""
    model = session().get_service_model(service)
    return [route_of(model.operation_model(name)) for name in model.operation_names]


def route_of(model: OperationModel) -> Route:
    path, _, query = model.http["requestUri"].partition("?")
    parts = re.split(r"\{([^}]+)\}", path.rstrip("/"))
    fixed = tuple(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != IN_NAME_OF_SDK)
    return Route(
        pattern=re.compile(expression(parts) + "/?", re.DOTALL),
        method=model.http["method"],
        name=model.name,
        labels=tuple(part.rstrip("+") for part in parts[1::2]),
        fixed=fixed,
        weight=sum(map(len, parts[::2])),
    )


def expression(parts: list[str]) -> str:
    """A path as a regular expression: `parts` are fixed texts and, between them, names of parameters; that of
    one which may contain slashes ends with a plus."""
    written = [re.escape(part) for part in parts]
    for number in range(1, len(parts), 2):
        written[number] = "(.+)" if parts[number].endswith("+") else "([^/]+)"
    return "".join(written)


def from_form(call: ApiCall) -> dict[str, str]:
    """Return the parameters of a call of the query protocol, in its body or its query."""
    return dict(form_pairs(call))


def form_pairs(call: ApiCall) -> Iterator[tuple[str, str]]:
    yield from call.query.items()
    yield from parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
