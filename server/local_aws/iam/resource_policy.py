"""Policies that are attached to a resource and name who may use it: of functions, and of roles (trust).

Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.iam.conditions import Context
from server.local_aws.iam.identity import ROOT_ARN, Identity
from server.local_aws.iam.patterns import NotJudged
from server.local_aws.iam.policy import Effects, Statement, applies, statements_of, texts
from server.local_aws.iam.policy import permits as permitted

ANYBODY = "*"
KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
"""What a statement can name its principals by. Nobody here is a federated or a canonical user."""


@dataclass(frozen=True)
class Service:
    """An AWS service that calls on behalf of a resource, such as API Gateway for one of its APIs."""

    name: str

    def on_behalf_of(self, source_arn: str, account: str = ACCOUNT_ID) -> Context:
        """The condition keys of its call."""
        return {
            "aws:sourcearn": [source_arn],
            "aws:sourceaccount": [account],
            "aws:principalisawsservice": ["true"],
            "aws:principalservicename": [self.name],
        }


Principal = Identity | Service | None
"""Who calls; None is somebody who did not say who they are."""


def permits(statements: object, action: str, principal: Principal, context: Context) -> bool:
    """True if the statements of a resource's policy allow `action` on it to `principal`, and none denies it."""
    return permitted(effects(statements, action, principal, context))


def effects(statements: object, action: str, principal: Principal, context: Context) -> Effects:
    """What the statements of a resource's policy that are about the call say. An identity brings condition
    keys of its own."""
    if isinstance(principal, Identity):
        context = {**principal.context, **context}
    return {
        statement["Effect"]
        for statement in statements_of(statements)
        if applies(statement, action, None, context, lambda each: names(each, principal))
    }


def names(statement: Statement, principal: Principal) -> bool:
    """True if `principal` is among what `Principal` lists, or not among `NotPrincipal`. Raises `NotJudged`
    unless the statement has exactly one of the two."""
    given = [name for name in ("Principal", "NotPrincipal") if name in statement]
    if len(given) != 1:
        raise NotJudged("Principal or NotPrincipal")
    found = any(is_named(kind, name, principal) for kind, name in named(statement[given[0]]))
    return found == (given[0] == "Principal")


def named(value: object) -> Iterator[tuple[str, str]]:
    """Kind and name of each principal. Raises `NotJudged` if they are not written as principals are."""
    groups: Mapping[Any, Any] = value if isinstance(value, Mapping) else {"AWS": value}
    for kind, listing in groups.items():
        if kind not in KINDS:
            raise NotJudged(str(kind))
        for name in texts(listing):
            yield str(kind), name


def is_named(kind: str, name: str, principal: Principal) -> bool:
    if kind == "AWS":
        return name == ANYBODY or (isinstance(principal, Identity) and name in own_names(principal))
    return kind == "Service" and isinstance(principal, Service) and name == principal.name


def own_names(caller: Identity) -> Iterable[str]:
    """The caller, the caller's role, and the account, which stands for everybody in it."""
    return (caller.arn, caller.role, ACCOUNT_ID, ROOT_ARN) if caller.role else (caller.arn, ACCOUNT_ID, ROOT_ARN)


