"""`AssumeRole` under enforcement: trust policies, session policies, and what Lambda may be."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.support.account import Account
from tests.support.permissions import allow, new_function, refused

ACCOUNT = "123456789012"
ASSUME = allow("sts:AssumeRole")


def trust(principal: object, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", **more}


def role(aws: Account, *statements: Mapping[str, Any], allowed: Mapping[str, Any] | None = None) -> str:
    """A role with this trust policy, which may do what `allowed` says; its ARN."""
    iam, name = aws.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [allowed or allow("iam:ListRoles", "iam:ListUsers")]}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return arn


def assume(aws: Account, keys: Mapping[str, str], arn: str, **more: Any) -> dict[str, str]:
    """The credentials of a session, for a client."""
    held = aws.client("sts", **keys).assume_role(RoleArn=arn, RoleSessionName="me", **more)["Credentials"]
    return {
        "aws_access_key_id": held["AccessKeyId"],
        "aws_secret_access_key": held["SecretAccessKey"],
        "aws_session_token": held["SessionToken"],
    }


def may(aws: Account, keys: Mapping[str, str], arn: str, **more: Any) -> bool:
    try:
        assume(aws, keys, arn, **more)
    except aws.client("sts").exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    return True


def arn_of(aws: Account, keys: Mapping[str, str]) -> str:
    arn: str = aws.client("sts", **keys).get_caller_identity()["Arn"]
    return arn


EXTERNAL = {"Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}


@pytest.mark.parametrize(
    ("statements", "permitted", "expected"),
    [
        ([trust({"AWS": "USER"})], True, True),
        ([trust({"AWS": "USER"})], False, True),
        ([trust({"AWS": ACCOUNT})], True, True),
        ([trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], False, False),
        ([trust({"AWS": "arn:aws:iam::999999999999:root"})], True, False),
        ([trust({"Service": "lambda.amazonaws.com"})], True, False),
        ([trust("*"), trust({"AWS": "USER"}, "Deny")], True, False),
        ([trust("*", Condition={"Odd": {"a": "b"}})], True, False),
        ([trust("*", **EXTERNAL)], True, False),
        ([], True, False),
    ],
    ids=str,
)
def test_a_trust_policy_holds(
    strict: Account, statements: list[dict[str, Any]], permitted: bool, expected: bool
) -> None:
    keys = strict.user(*([ASSUME] if permitted else []))
    text = json.dumps(statements).replace("USER", arn_of(strict, keys))
    assert may(strict, keys, role(strict, *json.loads(text))) is expected


def test_the_external_id_has_to_be_given(strict: Account) -> None:
    keys, arn = strict.user(ASSUME), role(strict, trust("*", **EXTERNAL))
    assert not may(strict, keys, arn, ExternalId="guess")
    assert may(strict, keys, arn, ExternalId="secret")


@pytest.mark.parametrize(
    "arn", [f"arn:aws:iam::{ACCOUNT}:role/nosuch", "arn:aws:iam::999999999999:role/x", "x" * 20]
)
def test_what_is_no_role_of_the_account_cannot_be_assumed(strict: Account, arn: str) -> None:
    for keys in (strict.user(ASSUME), {}):
        message = refused(strict.client("sts", **keys).assume_role, RoleArn=arn, RoleSessionName="me")[2]
        caller = arn_of(strict, keys)
        assert message == f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"


def test_a_new_trust_policy_counts_at_once(strict: Account) -> None:
    keys, arn = strict.user(ASSUME), role(strict, trust("*"))
    assert may(strict, keys, arn)
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust("*", "Deny")]})
    strict.client("iam").update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
    assert not may(strict, keys, arn)


def test_a_session_policy_leaves_a_part_of_what_the_role_may(strict: Account) -> None:
    keys, arn = strict.user(ASSUME), role(strict, trust("*"))
    policy = {"Version": "2012-10-17", "Statement": [allow("iam:ListUsers", "iam:ListGroups")]}
    iam = strict.client("iam", **assume(strict, keys, arn, Policy=json.dumps(policy)))
    assert iam.list_users()
    assert refused(iam.list_roles)[1] == "AccessDenied"  # the role may, the session may not
    assert refused(iam.list_groups)[1] == "AccessDenied"  # the session may, the role may not
    managed = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    message = refused(
        strict.client("sts", **keys).assume_role, RoleArn=arn, RoleSessionName="me", PolicyArns=managed
    )[2]
    assert "leave PolicyArns out" in message


def test_nothing_is_left_to_a_session_when_its_role_is_deleted(strict: Account) -> None:
    keys, arn = strict.user(ASSUME), role(strict, trust("*"))
    session, iam = assume(strict, keys, arn), strict.client("iam")
    assert strict.client("iam", **session).list_users()
    name = arn.rpartition("/")[2]
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    assert refused(strict.client("iam", **session).list_users)[1] == "AccessDenied"
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust("*")]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("*")]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    assert refused(strict.client("iam", **session).list_users)[1] == "AccessDenied"


@pytest.mark.parametrize("action", ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])
def test_nobody_becomes_a_role_by_what_nobody_has_verified(strict: Account, action: str) -> None:
    arn = role(strict, {**trust("*"), "Action": "sts:*"})
    form = {
        "Action": action,
        "Version": "2011-06-15",
        "RoleArn": arn,
        "RoleSessionName": "me",
        "WebIdentityToken": "a.b.c",
        "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/x",
        "SAMLAssertion": "eA==",
    }
    answer = requests.post(strict.endpoint_url, data=form, timeout=30)
    assert answer.status_code == 403
    assert f"Not authorized to perform sts:{action}" in answer.text


def test_a_role_that_does_not_trust_lambda_is_not_given_to_a_function(strict: Account) -> None:
    aws, wrong = strict.client("lambda"), role(strict, trust({"Service": "ec2.amazonaws.com"}))
    right = role(strict, trust({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}))
    expected = (
        400,
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    assert refused(aws.create_function, **new_function(wrong)) == expected
    name = aws.create_function(**new_function(right))["FunctionName"]
    assert refused(aws.update_function_configuration, FunctionName=name, Role=wrong) == expected
    assert aws.update_function_configuration(FunctionName=name, Role=right)["Role"] == right
