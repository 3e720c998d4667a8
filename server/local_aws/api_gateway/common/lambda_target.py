"""The function that a gateway invokes: which one, and whether its policy allows it."""

import re

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.function import Function
from server.local_aws.control_plane.call import ApiError
from server.local_aws.iam import service_roles
from server.local_aws.iam.resource_policy import Service, permits

LAMBDA_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:[^:]+:lambda:path/"
    r"(?:2015-03-31/functions/(?P<buffered>.+)/invocations"
    r"|2021-11-15/functions/(?P<streaming>.+)/response-streaming-invocations)"
)
API_GATEWAY = Service("apigateway.amazonaws.com")
INVOKE = "lambda:InvokeFunction"


class InvokeRejected(Exception):
    """Lambda would not run the function for this gateway."""


def permitted_function(
    function_arn: str, source_arn: str, role_arn: str = "", *, judge_roles: bool = False
) -> Function:
    """Return the function at `function_arn`, if its resource policy lets API Gateway invoke it on behalf of
    `source_arn`, a route or an authorizer. With credentials it invokes as that role, `role_arn`, whose
    permissions are judged with `judge_roles`. Raises `InvokeRejected`."""
    parts = function_arn.split(":")
    try:
        region, name = parts[3], ":".join(parts[:7])
        qualifier = parts[7] if len(parts) > 7 else None
        statements = deployed.statements(region, name, qualifier)
        function = deployed.function(region, name, qualifier)
    except (ApiError, IndexError):
        raise InvokeRejected(f"there is no function {function_arn}") from None
    if role_arn:
        allowed = not judge_roles or service_roles.may(
            API_GATEWAY, role_arn, source_arn, INVOKE, function_arn, statements
        )
    else:
        known = API_GATEWAY.on_behalf_of(source_arn)
        allowed = permits(statements, INVOKE, API_GATEWAY, function_arn, known)
    if not allowed:
        who = role_arn or API_GATEWAY.name
        raise InvokeRejected(f"{function_arn} does not allow {who} to invoke it for {source_arn}")
    return function
