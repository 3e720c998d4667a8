"""Who may open a connection: authorization of `$connect`, the only route that has one.

Docs: …/developerguide/apigateway-websocket-api-control-access-iam.html and
…/apigateway-websocket-api-lambda-auth.html (checked 2026-11).
"""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from server.local_aws.api_gateway.websocket import event
from server.local_aws.api_gateway.websocket.deployed import Authorizer, Route
from server.local_aws.api_gateway.websocket.event import Client, Handshake
from server.local_aws.api_gateway.websocket.handshake import Refused
from server.local_aws.api_gateway.websocket.integration import IntegrationFailure, Integrations
from server.local_aws.api_gateway.websocket.routing import find
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam.identity import authenticate
from server.local_aws.iam.policy import ALLOW, DENY, as_list, effects, permits
from server.local_aws.iam.sigv4 import BadSignature, SignedRequest

MAX_RESULT = 8192
"""Bytes of what an authorizer returns (API Gateway quotas)."""

SOURCE = re.compile(
    r"(route\.request\.header|route\.request\.querystring|stageVariables|context)\.(.+)", re.IGNORECASE
)


async def authorize(
    route: Route, client: Client, handshake: Handshake, integrations: Integrations
) -> Mapping[str, Any] | None:
    """Return the `authorizer` of the connection's events, None without one. Raises `Refused`,
    `IntegrationFailure`."""
    arn = f"arn:aws:execute-api:{client.region}:{ACCOUNT_ID}:{client.api_id}/{client.stage}/$connect"
    if route.needs_key:
        raise Refused(403, "Forbidden")
    if route.authorization == "NONE":
        return None
    if route.authorization == "AWS_IAM":
        return by_iam(handshake, arn)
    if route.authorization != "CUSTOM" or route.authorizer is None:
        raise IntegrationFailure(500, "Internal server error")  # nobody is there to let anyone in
    return await by_lambda(route.authorizer, client, handshake, integrations, arn)


def by_iam(handshake: Handshake, arn: str) -> Mapping[str, Any] | None:
    """The handshake must be signed for `execute-api`: by header or, as browsers have to, by a presigned
    URL."""
    request = SignedRequest.of("GET", f"{handshake.path}?{handshake.query}", handshake.headers, b"")
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
    asked = event.authorize(client, handshake, arn)
    if not all(present(source, handshake, asked) for source in authorizer.identity_sources):
        raise Refused(401, "Unauthorized")
    started = time.monotonic()
    try:
        answer = await integrations.authorize(authorizer, asked, client.variables, "authorizers/*")
    except IntegrationFailure as failure:
        if failure.function_said == "Unauthorized":
            raise Refused(401, "Unauthorized") from None
        raise IntegrationFailure(500, "Internal server error") from None
    try:
        if len(json.dumps(answer)) > MAX_RESULT:
            raise misconfigured()
        allowed = permits(effects(well_formed(answer["policyDocument"]), "execute-api:Invoke", arn, {}))
        returned = as_strings({**(answer.get("context") or {}), "principalId": answer["principalId"]})
    except (LookupError, TypeError, AttributeError, RecursionError):  # what it returns may be anything
        raise misconfigured() from None
    if not allowed:
        raise Refused(403, "User is not authorized to access this resource")
    return {**returned, "integrationLatency": int((time.monotonic() - started) * 1000)}


def misconfigured() -> Refused:
    return Refused(500, "Internal server error", "AuthorizerConfigurationException")


def as_strings(context: Mapping[str, Any]) -> dict[str, str | None]:
    """What an authorizer says of its caller, as events have it: texts, numbers and booleans as text, null as
    it is (an event from AWS, 2024-06: github.com/DefinitelyTyped/DefinitelyTyped/pull/69823). Raises
    `TypeError` for a list or an object (tried on AWS, 2022-04:
    github.com/dherault/serverless-offline/pull/1376)."""
    if any(isinstance(value, list | dict) for value in context.values()):
        raise TypeError("a value of the context is a list or an object")
    return {
        name: value if value is None or isinstance(value, str) else json.dumps(value)
        for name, value in context.items()
    }


def well_formed(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """`policy`, if it is one. Raises `LookupError`, `TypeError`."""
    for statement in as_list(policy["Statement"]):
        for elements in (("Effect",), ("Action", "NotAction"), ("Resource", "NotResource")):
            if not any(element in statement for element in elements):
                raise LookupError(elements[0])
        if statement["Effect"] not in (ALLOW, DENY):
            raise TypeError("Effect")
    return policy


def present(source: str, handshake: Handshake, asked: Mapping[str, Any]) -> bool:
    """True if what the identity source names is there and not empty; False for a source that is none."""
    match = SOURCE.fullmatch(source)
    if match is None:
        return False
    place, name = match[1].lower(), match[2]
    if place == "route.request.header":
        return bool(handshake.header(name.lower()))
    if place == "route.request.querystring":
        return bool(dict(handshake.parameters()).get(name))
    if place == "stagevariables":
        return bool(asked.get("stageVariables", {}).get(name))
    try:
        return bool(find(asked["requestContext"], name))
    except LookupError:
        return False
