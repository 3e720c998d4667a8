"""The policy language of IAM, statement by statement."""

import pytest

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.operations import operation_of
from server.local_aws.iam.conditions import holds
from server.local_aws.iam.patterns import matches
from server.local_aws.iam.permissions import permissions
from server.local_aws.iam.policy import applies, effects

FUNCTION = "arn:aws:lambda:ap-northeast-1:123456789012:function:streaming-one"


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*", FUNCTION, True),
        ("arn:aws:lambda:*:123456789012:function:streaming-*", FUNCTION, True),
        ("arn:aws:lambda:*:123456789012:function:other-*", FUNCTION, False),
        (FUNCTION[:-1], FUNCTION, False),
        ("arn:aws:lambda:??-northeast-1:*:function:streaming-???", FUNCTION, True),
        ("a.c", "abc", False),
        ("a[b]c", "abc", False),
        ("a*", "a\nb", True),
    ],
)
def test_wildcards(pattern: str, value: str, expected: bool) -> None:
    assert matches(pattern, value) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "lambda:*", "Resource": "*"}, True),
        ({"Action": ["s3:*", "LAMBDA:getfunction"], "Resource": ["x", FUNCTION]}, True),
        ({"Action": "lambda:Get*", "Resource": "arn:aws:lambda:*:*:function:other"}, False),
        ({"NotAction": "iam:*", "Resource": "*"}, True),
        ({"NotAction": ["lambda:*"], "Resource": "*"}, False),
        ({"Action": "*", "NotResource": FUNCTION}, False),
        ({"Action": "*", "NotResource": "arn:aws:iam:*"}, True),
        ({"Action": "*"}, False),
    ],
)
def test_what_a_statement_is_about(statement: dict[str, object], expected: bool) -> None:
    assert applies({"Effect": "Allow", **statement}, "lambda:GetFunction", FUNCTION, {}) is expected


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "answer"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", ["a"], ["A"], False),
        ("StringEquals", ["a"], [], False),
        ("StringEqualsIfExists", ["a"], [], True),
        ("StringEqualsIgnoreCase", ["a"], ["A"], True),
        ("StringNotEquals", ["a"], ["b"], True),
        ("StringNotEquals", ["a"], ["a"], False),
        ("StringNotEquals", ["a"], [], True),
        ("StringLike", ["a*"], ["abc"], True),
        ("ArnLike", ["arn:aws:iam::*:role/x"], ["arn:aws:iam::1:role/x"], True),
        ("Bool", ["true"], ["true"], True),
        ("Null", ["true"], [], True),
        ("Null", ["true"], ["a"], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["a"], [], False),
    ],
)
def test_conditions(operator: str, expected: list[str], actual: list[str], answer: bool) -> None:
    assert holds(operator, expected, actual) is answer


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:RequestedRegion": "eu-west-1"}},
        {"StringNotEquals": {"aws:ResourceTag/run": "one"}},
    ],
)
def test_a_condition_that_is_not_judged_grants_nothing_and_denies(condition: dict[str, object]) -> None:
    for effect, expected in (("Allow", set()), ("Deny", {"Deny"})):
        statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
        assert effects({"Statement": statement}, "iam:GetUser", "*", {}) == expected


def call(service: str, method: str, target: str, *headers: tuple[str, str], body: bytes = b"") -> ApiCall:
    scope = f"AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/{service}/aws4_request"
    signature = f"{scope}, SignedHeaders=host, Signature={'0' * 64}"
    return ApiCall(method, target, [("authorization", signature), *headers], body)


LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@pytest.mark.parametrize(
    ("made", "needed"),
    [
        (
            call("lambda", "GET", "/2015-03-31/functions/f/policy?Qualifier=live"),
            [("lambda:GetPolicy", f"{LAMBDA}:live")],
        ),
        (
            call("lambda", "DELETE", "/2015-03-31/functions/123456789012:function:f"),
            [("lambda:DeleteFunction", LAMBDA)],
        ),
        (
            call("lambda", "DELETE", "/2017-03-31/tags/" + LAMBDA.replace(":", "%3A") + "?tagKeys=a"),
            [("lambda:UntagResource", LAMBDA)],
        ),
        (
            call("iam", "POST", "/", body=b"Action=CreateRole&RoleName=r&Tags.member.1.Key=a"),
            [
                ("iam:CreateRole", "arn:aws:iam::123456789012:role/r"),
                ("iam:TagRole", "arn:aws:iam::123456789012:role/r"),
            ],
        ),
        (
            call("iam", "POST", "/", body=b"Action=AttachRolePolicy&RoleName=r&PolicyArn=p"),
            [("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/r")],
        ),
        (
            call("iam", "POST", "/", body=b"Action=CreatePolicy&PolicyName=p"),
            [("iam:CreatePolicy", "arn:aws:iam::123456789012:policy/p")],
        ),
        (call("sts", "POST", "/", body=b"Action=GetCallerIdentity"), []),
        (  # what is invoked has its own words in its payload
            call(
                "lambda",
                "POST",
                "/2015-03-31/functions/f/invocations?Resource=other",
                body=b'{"Resource": "*", "Qualifier": "1", "Tags": {"a": "b"}, "Role": "arn:x:role/r"}',
            ),
            [("lambda:InvokeFunction", LAMBDA)],
        ),
        (
            call(
                "logs",
                "POST",
                "/",
                ("x-amz-target", "Logs_20140328.DeleteLogGroup"),
                body=b'{"logGroupName": "g", "resourceArn": "*"}',
            ),
            [("logs:DeleteLogGroup", "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:")],
        ),
        (
            call("apigateway", "PATCH", "/v2/apis/a/stages/%24default", body=b"{}"),
            [("apigateway:PATCH", "arn:aws:apigateway:eu-west-1::/apis/a/stages/%24default")],
        ),
        (
            call("apigateway", "PUT", "/tags/arn%3Ax", body=b'{"tags": {"a": "b"}}'),
            [("apigateway:PUT", "arn:aws:apigateway:eu-west-1::/tags/arn%3Ax")],
        ),
        (
            call("appsync", "GET", "/v1/tags/arn%3Aaws%3Ax%2Fy"),
            [("appsync:ListTagsForResource", "arn:aws:x/y")],
        ),
        (
            call(
                "appsync",
                "POST",
                "/v1/apis/a/datasources",
                body=b'{"serviceRoleArn": "arn:aws:iam::1:role/r"}',
            ),
            [
                ("appsync:CreateDataSource", "arn:aws:appsync:eu-west-1:123456789012:apis/a/datasources"),
                ("iam:PassRole", "arn:aws:iam::1:role/r"),
            ],
        ),
    ],
)
def test_the_permissions_of_a_call(made: ApiCall, needed: list[tuple[str, str]]) -> None:
    operation = operation_of(made)
    assert operation is not None
    assert [(each.action, each.resource) for each in permissions(made, operation)] == needed


@pytest.mark.parametrize(
    "made",
    [
        call("lambda", "GET", "/2015-03-31/nothing"),
        call("lambda", "PATCH", "/2015-03-31/functions/f"),
        call("iam", "POST", "/", body=b"Action=Nothing"),
        call("nothing", "POST", "/"),
        call(
            "sts", "POST", "/", ("x-amz-target", "AppRunner.CreateService"), body=b"Action=GetCallerIdentity"
        ),
        call("ecs", "POST", "/", ("x-amz-target", "AppRunner.CreateService"), body=b"{}"),
    ],
)
def test_what_is_no_operation_of_the_service_that_a_call_is_signed_for(made: ApiCall) -> None:
    assert operation_of(made) is None
