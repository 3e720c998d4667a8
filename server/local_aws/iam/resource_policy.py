"""Policies that are attached to a resource and name who may use it: of functions, and of roles (trust).

Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
and docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam.conditions import Context
from server.local_aws.iam.identity import ROOT_ARN, Identity
from server.local_aws.iam.patterns import NotJudged
from server.local_aws.iam.policy import ALLOW, DENY, Effects, Statement, applies, statements_of, texts
from server.local_aws.iam.policy import permits as permitted

ANYBODY = "*"
ANONYMOUS: Context = {"aws:principaltype": ["Anonymous"], "aws:principalisawsservice": ["false"]}
KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
"""What a statement can name its principals by. Nobody here is a federated or a canonical user."""


@dataclass(frozen=True)
class Service:
    """An AWS service that calls on behalf of a resource, such as API Gateway for one of its APIs."""

    name: str

    def on_behalf_of(self, source_arn: str, account: str = ACCOUNT_ID) -> Context:
        """Return the condition keys of its call."""
        return {
            "aws:sourcearn": [source_arn],
            "aws:sourceaccount": [account],
            "aws:principalisawsservice": ["true"],
            "aws:principalservicename": [self.name],
        }


Principal = Identity | Service | None
"""Who calls; None is somebody who did not say who they are."""


def permits(statements: object, action: str, principal: Principal, resource: str, context: Context) -> bool:
    """True if `principal` may do `action` on `resource`, whose policy has these statements: it allows that,
    or the caller's own policies do, which are of the same account, and neither denies it. To name the account
    alone leaves it to the policies of its callers."""
    said = effects(statements, action, principal, context)
    if DENY in said or not isinstance(principal, Identity):
        return permitted(said)
    if principal.may(action, resource, context):
        return True
    by_name = effects(statements, action, principal, context, with_account=False)
    return ALLOW in by_name and principal.is_left(action, resource, context)


def effects(
    statements: object, action: str, principal: Principal, context: Context, *, with_account: bool = True
) -> Effects:
    """What the statements of a resource's policy that are about the call say. Who calls brings condition keys
    into it. `with_account`: those that name the caller's account are about the caller."""
    if not isinstance(principal, Service):
        context = {**(principal.context if principal else ANONYMOUS), **context}
    return {
        statement["Effect"]
        for statement in statements_of(statements)
        if applies(
            statement, action, None, context, lambda each: names(each, principal, with_account=with_account)
        )
    }


def names(statement: Statement, principal: Principal, *, with_account: bool) -> bool:
    """True if `principal` (or, with `with_account`, its account) is among what `Principal` lists, or not
    among `NotPrincipal`. Raises `NotJudged` unless the statement has exactly one of the two."""
    given = [name for name in ("Principal", "NotPrincipal") if name in statement]
    if len(given) != 1:
        raise NotJudged("Principal or NotPrincipal")
    listing = named_principals(statement[given[0]])
    found = any(is_named(kind, name, principal, with_account=with_account) for kind, name in listing)
    return found == (given[0] == "Principal")


def named_principals(value: object) -> Iterator[tuple[str, str]]:
    """Kind and name of each principal. Raises `NotJudged` if they are not written as principals are."""
    groups: Mapping[Any, Any] = value if isinstance(value, Mapping) else {"AWS": value}
    for kind, listing in groups.items():
        if kind not in KINDS:
            raise NotJudged(str(kind))
        for name in texts(listing):
            yield str(kind), name


def is_named(kind: str, name: str, principal: Principal, *, with_account: bool) -> bool:
    if kind == "Service":
        return isinstance(principal, Service) and name == principal.name
    if kind != "AWS" or name == ANYBODY:
        return kind == "AWS"
    if not isinstance(principal, Identity):
        return False
    return name in (principal.arn, principal.role or principal.arn) or (
        with_account and name in (ACCOUNT_ID, ROOT_ARN)
    )
