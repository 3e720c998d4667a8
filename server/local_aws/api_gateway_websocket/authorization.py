"""Who may open a connection: authorization of `$connect`, the only route that has one.

Docs: …/developerguide/apigateway-websocket-api-control-access-iam.html and
…/apigateway-websocket-api-lambda-auth.html (checked 2026-11).
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from server.local_aws.api_gateway_websocket import event
from server.local_aws.api_gateway_websocket.deployed import Authorizer, Route
from server.local_aws.api_gateway_websocket.event import Client, Handshake
from server.local_aws.api_gateway_websocket.integration import IntegrationFailure, Integrations
from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.iam.identity import authenticate
from server.local_aws.iam.sigv4 import BadSignature, SignedRequest

MAX_RESULT = 8192
"""Bytes of what an authorizer returns (API Gateway quotas)."""

SOURCE = re.compile(r"route\.request\.(header|querystring)\.(.+)", re.IGNORECASE)


class Refused(Exception):
    """The connection is not allowed: 401 without credentials, 403 without permission."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


async def authorize(
    route: Route, client: Client, handshake: Handshake, integrations: Integrations
) -> Mapping[str, Any] | None:
    """The `authorizer` of the connection's events, None without one. Raises `Refused`,
    `IntegrationFailure`."""
    arn = f"arn:aws:execute-api:{client.region}:{ACCOUNT_ID}:{client.api_id}/{client.stage}/$connect"
    if route.authorization == "AWS_IAM":
        return by_iam(handshake, arn)
    if route.authorization != "CUSTOM":
        return None
    if route.authorizer is None:  # it has been deleted, and nobody else can let anyone in
        raise IntegrationFailure(500, "Internal server error")
    return await by_lambda(route.authorizer, client, handshake, integrations, arn)


def by_iam(handshake: Handshake, arn: str) -> Mapping[str, Any] | None:
    """The handshake must be signed for `execute-api`: by header or, as browsers have to, by a presigned
    URL."""
    request = SignedRequest("GET", handshake.path, handshake.query, dict(handshake.headers), b"")
    try:
        caller = authenticate(request, "execute-api")
    except BadSignature as error:
        raise Refused(403, str(error)) from None
    if not caller.may("execute-api:Invoke", arn):
        raise Refused(403, f"User: {caller.arn} is not authorized to perform: execute-api:Invoke")
    return None


async def by_lambda(
    authorizer: Authorizer, client: Client, handshake: Handshake, integrations: Integrations, arn: str
) -> Mapping[str, Any]:
    """Ask the function of a REQUEST authorizer; every identity source has to be in the request. A function
    that fails with exactly "Unauthorized" means a 401, as in AWS's blueprint for authorizers
    (github.com/awslabs/aws-apigateway-lambda-authorizer-blueprints)."""
    if not all(present(source, handshake) for source in authorizer.identity_sources):
        raise Refused(401, "Unauthorized")
    asked = {**event.connect(client, handshake), "type": "REQUEST", "methodArn": arn}
    try:
        answer = await integrations.authorize(authorizer, asked, client.variables, "authorizers/*")
    except IntegrationFailure as failure:
        if failure.function_said == "Unauthorized":
            raise Refused(401, "Unauthorized") from None
        raise IntegrationFailure(500, "Internal server error") from None
    try:
        if len(json.dumps(answer)) > MAX_RESULT:
            raise IntegrationFailure(500, "Internal server error")
        allowed = allows(answer["policyDocument"], arn)
        returned = {**(answer.get("context") or {}), "principalId": answer["principalId"]}
    except (LookupError, TypeError, AttributeError):  # what it returns may be anything
        raise IntegrationFailure(500, "Internal server error") from None
    if not allowed:
        raise Refused(403, "User is not authorized to access this resource")
    return returned


def allows(policy: Mapping[str, Any], arn: str) -> bool:
    """True if a statement of an authorizer's policy allows to invoke `arn`, and none denies it."""
    effects = {
        statement["Effect"]
        for statement in listed(policy["Statement"])
        if any(fnmatchcase("execute-api:invoke", action.lower()) for action in listed(statement["Action"]))
        and any(fnmatchcase(arn, resource) for resource in listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def present(source: str, handshake: Handshake) -> bool:
    match = SOURCE.fullmatch(source)
    if match is None:
        return False
    if match[1].lower() == "header":
        return bool(handshake.header(match[2].lower()))
    return bool(dict(handshake.parameters()).get(match[2]))
