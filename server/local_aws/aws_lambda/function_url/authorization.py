"""Who may call a Function URL: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (checked 2026-11).

Since October 2025 two permissions are needed, `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`, for
AuthType NONE too (there by the function's resource policy).
"""

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.function_url.config import UrlConfig
from server.local_aws.iam.identity import Identity, authenticate
from server.local_aws.iam.resource_policy import permits
from server.local_aws.iam.sigv4 import SignedRequest

ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


class Forbidden(Exception):
    """The caller lacks a permission."""


def authorize(config: UrlConfig, request: SignedRequest) -> Identity | None:
    """Return the caller (None with AuthType NONE). Raises `Forbidden`, and with AWS_IAM `BadSignature`."""
    caller = authenticate(request, "lambda") if config.auth_type == "AWS_IAM" else None
    statements = deployed.statements(config.region, config.function, config.qualifier or None)
    context = {
        "aws:requestedregion": [config.region],
        "lambda:functionurlauthtype": [config.auth_type],
        "lambda:invokedviafunctionurl": ["true"],
    }
    for action in ACTIONS:
        if not permits(statements, action, caller, config.function_arn, context):
            raise Forbidden(action)
    return caller
