"""The resource policy of a function: what its statements say about a caller.

Docs: docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html (checked 2026-11).
"""

from collections.abc import Mapping
from typing import Any

from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.iam.identity import ROOT_ARN, Identity
from server.local_aws.iam.policy import Context, applies, listed

Statement = Mapping[str, Any]


def allows(statement: Statement, action: str, caller: Identity | None, context: Context) -> bool:
    """True if the statement allows `action` to the caller (None: anybody)."""
    return statement.get("Effect") == "Allow" and is_about(statement, action, caller, context)


def denies(statement: Statement, action: str, caller: Identity | None, context: Context) -> bool:
    return statement.get("Effect") == "Deny" and is_about(statement, action, caller, context)


def is_about(statement: Statement, action: str, caller: Identity | None, context: Context) -> bool:
    named = any(is_principal(principal, caller) for principal in principals(statement.get("Principal")))
    return named and applies(statement, action, None, context)


def principals(principal: Any) -> list[str]:
    return listed(principal.get("AWS")) if isinstance(principal, dict) else listed(principal)


def is_principal(principal: str, caller: Identity | None) -> bool:
    """True if `principal` names everybody, the caller, the caller's role, or the caller's account."""
    if principal == "*":
        return True
    return caller is not None and principal in (caller.arn, caller.role, ACCOUNT_ID, ROOT_ARN)
