"""Who may call a Function URL: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (checked 2026-11).

Since October 2025 two permissions are needed, `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`, for
AuthType NONE too (there by the function's resource policy).
"""

from fnmatch import fnmatchcase
from typing import Any

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.url_config import UrlConfig
from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.identity import Identity, authenticate
from server.local_aws.sigv4 import SignedRequest

ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


class Forbidden(Exception):
    """The caller lacks a permission."""


def authorize(config: UrlConfig, request: SignedRequest) -> Identity | None:
    """Return the caller (None with AuthType NONE). Raises `Forbidden`, and with AWS_IAM `BadSignature`."""
    caller = authenticate(request, "lambda") if config.auth_type == "AWS_IAM" else None
    statements = deployed.statements(config.region, config.function, config.qualifier or None)
    for action in ACTIONS:
        if any(denies(statement, action, caller, config) for statement in statements):
            raise Forbidden(action)
        if caller is not None and caller.is_denied(action, config.function_arn):
            raise Forbidden(action)
        allowed_to_caller = caller is not None and caller.may(action, config.function_arn)
        if not allowed_to_caller and not any(
            allows(statement, action, caller, config) for statement in statements
        ):
            raise Forbidden(action)
    return caller


def allows(statement: dict[str, Any], action: str, caller: Identity | None, config: UrlConfig) -> bool:
    return statement.get("Effect") == "Allow" and applies(statement, action, caller, config)


def denies(statement: dict[str, Any], action: str, caller: Identity | None, config: UrlConfig) -> bool:
    return statement.get("Effect") == "Deny" and applies(statement, action, caller, config)


def applies(statement: dict[str, Any], action: str, caller: Identity | None, config: UrlConfig) -> bool:
    """True if the statement is about this action, this caller and a call through this URL."""
    actions = listed(statement.get("Action"))
    if not any(fnmatchcase(action.lower(), pattern.lower()) for pattern in actions):
        return False
    if not any(is_principal(principal, caller) for principal in principals(statement.get("Principal"))):
        return False
    context = {"lambda:FunctionUrlAuthType": config.auth_type, "lambda:InvokedViaFunctionUrl": "true"}
    return all(
        operator in ("StringEquals", "Bool") and context.get(key) in [str(value) for value in listed(values)]
        for operator, conditions in statement.get("Condition", {}).items()
        for key, values in conditions.items()
    )


def principals(principal: Any) -> list[str]:
    return listed(principal.get("AWS")) if isinstance(principal, dict) else listed(principal)


def is_principal(principal: str, caller: Identity | None) -> bool:
    """True if `principal` names everybody, the caller, or the caller's account."""
    if principal == "*":
        return True
    return caller is not None and principal in (caller.arn, ACCOUNT_ID, root(ACCOUNT_ID))


def root(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:root"


def listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
