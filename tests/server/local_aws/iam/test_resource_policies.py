"""The policy of a function is one truth, whichever front door asks: gateways, Function URLs, `Invoke`."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from server.local_aws.api_gateway.common import lambda_target
from server.local_aws.api_gateway.websocket.authorization import well_formed
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.function_url import authorization as url_auth
from server.local_aws.aws_lambda.function_url.config import UrlConfig
from server.local_aws.iam import enforcement, policy
from server.local_aws.iam.identity import Identity
from server.local_aws.iam.permissions import Permission
from server.local_aws.iam.sigv4 import SignedRequest
from server.local_aws.stand_in import function_statements
from tests.support.account import Account
from tests.support.gateway import BUFFERED, Gateway
from tests.support.websocket_api import create_api, deploy_python

ACCOUNT = "123456789012"
GATEWAY = "apigateway.amazonaws.com"
INVOKE = "lambda:InvokeFunction"
HERE = f"arn:aws:execute-api:ap-northeast-1:{ACCOUNT}:*"


# By real sockets: what AddPermission can say


@dataclass
class Doors:
    """A function behind every front door of a stand-in that enforces IAM, and a user without permissions."""

    aws: Account
    function: str
    user: Mapping[str, str]
    user_arn: str
    rest: str
    http: str
    websocket: str
    authorized: str
    public: str
    signed: str
    signing: str

    def policy(self, *permissions: Mapping[str, str]) -> None:
        """Make these the function's whole policy."""
        for function in (self.function, self.signing):
            clear(self.aws, function)
            for permission in permissions:
                given = {name: value.replace("USER", self.user_arn) for name, value in permission.items()}
                self.aws.client("lambda").add_permission(
                    FunctionName=function, StatementId=f"s-{uuid.uuid4().hex[:8]}", **given
                )

    def open(self) -> dict[str, bool]:
        """Which of the doors let a call through to the function."""
        return {
            "REST": requests.get(f"{self.rest}/x", timeout=30).status_code == 200,
            "HTTP": requests.get(f"{self.http}/x", timeout=30).status_code == 200,
            "WebSocket": opens(self.websocket),
            "authorizer": opens(self.authorized),
            "URL NONE": requests.get(self.public, timeout=30).status_code == 200,
            "URL AWS_IAM": requests.get(self.signed, headers=self.sign(), timeout=30).status_code == 200,
            "Invoke": self.invokes(),
        }

    def sign(self) -> dict[str, str]:
        request = AWSRequest("GET", self.signed)
        key = Credentials(self.user["aws_access_key_id"], self.user["aws_secret_access_key"])
        SigV4Auth(key, "lambda", "ap-northeast-1").add_auth(request)
        return dict(request.headers.items())

    def invokes(self) -> bool:
        try:
            self.aws.client("lambda", **self.user).invoke(FunctionName=self.function)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return False
        return True


def opens(url: str) -> bool:
    try:
        with connect(url, open_timeout=30):
            return True
    except InvalidStatus as refused:
        assert refused.response.status_code == 500
        return False


def clear(aws: Account, function: str) -> None:
    client = aws.client("lambda")
    try:
        kept = json.loads(client.get_policy(FunctionName=function)["Policy"])["Statement"]
    except client.exceptions.ResourceNotFoundException:
        return
    for statement in kept:
        client.remove_permission(FunctionName=function, StatementId=statement["Sid"])


@pytest.fixture(scope="module")
def doors(strict: Account) -> Iterator[Doors]:
    gateway = Gateway(strict)
    function, signing = (deploy_python(strict, "websocket.lets_everybody_in") for _ in range(2))
    chat, guarded = create_api(strict), create_api(strict)
    chat.add_route("$connect", function)
    authorizer = guarded.gateway.create_authorizer(
        ApiId=guarded.id,
        Name="all",
        AuthorizerType="REQUEST",
        AuthorizerUri=BUFFERED.format(function),
        IdentitySource=[],
    )["AuthorizerId"]
    guarded.add_route("$connect", AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    user = strict.user()
    urls = [
        strict.client("lambda").create_function_url_config(FunctionName=name, AuthType=kind)["FunctionUrl"]
        for name, kind in ((function, "NONE"), (signing, "AWS_IAM"))
    ]
    yield Doors(
        strict,
        function,
        user,
        strict.client("sts", **user).get_caller_identity()["Arn"],
        gateway.rest(BUFFERED.format(function)).url,
        gateway.http(function),
        chat.url,
        guarded.url,
        *urls,
        signing,
    )


GATEWAYS = {"REST", "HTTP", "WebSocket", "authorizer"}
URLS = {"URL NONE", "URL AWS_IAM"}


ADDED: list[tuple[list[dict[str, str]], set[str]]] = [
    ([], set()),
    ([{"Action": INVOKE, "Principal": GATEWAY}], GATEWAYS),
    ([{"Action": "lambda:*", "Principal": GATEWAY}], GATEWAYS),
    ([{"Action": INVOKE, "Principal": "sns.amazonaws.com"}], set()),
    ([{"Action": "lambda:GetFunction", "Principal": GATEWAY}], set()),
    ([{"Action": INVOKE, "Principal": GATEWAY, "SourceArn": HERE}], GATEWAYS),
    ([{"Action": INVOKE, "Principal": GATEWAY, "SourceArn": HERE[:-1] + "nosuch/*"}], set()),
    ([{"Action": INVOKE, "Principal": GATEWAY, "SourceAccount": ACCOUNT}], GATEWAYS),
    ([{"Action": INVOKE, "Principal": GATEWAY, "SourceAccount": "999999999999"}], set()),
    ([{"Action": INVOKE, "Principal": "*"}], {*GATEWAYS, "Invoke"}),
    ([{"Action": "lambda:*", "Principal": "*"}], {*GATEWAYS, *URLS, "Invoke"}),
    ([{"Action": "lambda:*", "Principal": "*", "SourceAccount": "999999999999"}], set()),
    ([{"Action": "lambda:*", "Principal": "*", "PrincipalOrgID": "o-1234567890"}], set()),
    ([{"Action": INVOKE, "Principal": "USER"}], {"Invoke"}),
    ([{"Action": "lambda:*", "Principal": "USER"}], {"Invoke", "URL AWS_IAM"}),
    ([{"Action": INVOKE, "Principal": ACCOUNT}], set()),
]


@pytest.mark.parametrize(("permissions", "expected"), ADDED, ids=[str(row[0]) for row in ADDED])
def test_every_front_door_reads_a_policy_alike(
    doors: Doors, permissions: list[dict[str, str]], expected: set[str]
) -> None:
    doors.policy(*permissions)
    assert {door for door, is_open in doors.open().items() if is_open} == expected


# In process: what AddPermission cannot say, but a policy may hold

ARN = f"arn:aws:lambda:ap-northeast-1:{ACCOUNT}:function:f"
ROUTE = f"arn:aws:execute-api:ap-northeast-1:{ACCOUNT}:api/dev/$default"
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "lambda:*"}
DENY = {**ALLOW, "Effect": "Deny"}
EVERYBODY = (True, True, True)
NOBODY = (False, False, False)
SERVICE, CALLERS = (True, False, False), (False, True, True)
USER = Identity("k", f"arn:aws:iam::{ACCOUNT}:user/u", "AIDAU", is_root=False, user_name="u")


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


POLICIES: list[tuple[str, Any, tuple[bool, bool, bool]]] = [
    ("allow", [ALLOW], EVERYBODY),
    ("one statement, no list", ALLOW, EVERYBODY),
    ("allow and deny", [ALLOW, DENY], NOBODY),
    ("deny and allow", [DENY, ALLOW], NOBODY),
    ("deny of another action", [ALLOW, {**DENY, "Action": "lambda:GetFunction"}], EVERYBODY),
    ("a list of actions", [{**ALLOW, "Action": ["s3:*", "lambda:invokefunction*"]}], EVERYBODY),
    ("brackets are no wildcard", [{**ALLOW, "Action": "lambda:Invoke[FX]unction*"}], NOBODY),
    ("question marks are", [{**ALLOW, "Action": "lambda:Invoke?unction*"}], EVERYBODY),
    ("NotAction", [{"Effect": "Allow", "Principal": "*", "NotAction": "s3:*"}], EVERYBODY),
    ("NotAction of it", [{"Effect": "Allow", "Principal": "*", "NotAction": ["lambda:*"]}], NOBODY),
    ("denied by NotAction", [ALLOW, {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*"}], NOBODY),
    ("Action and NotAction", [{**ALLOW, "NotAction": "s3:*"}], NOBODY),
    ("AWS: *", [{**ALLOW, "Principal": {"AWS": "*"}}], EVERYBODY),
    (
        "AWS: a list",
        [{**ALLOW, "Principal": {"AWS": ["arn:aws:iam::1:user/x", USER.arn]}}],
        (False, False, True),
    ),
    ("services", [{**ALLOW, "Principal": {"Service": ["sns.amazonaws.com", GATEWAY]}}], SERVICE),
    ("another service", [{**ALLOW, "Principal": {"Service": "sns.amazonaws.com"}}], NOBODY),
    ("NotPrincipal", [{"Effect": "Allow", "NotPrincipal": {"Service": GATEWAY}, "Action": "*"}], CALLERS),
    ("nobody named", [{"Effect": "Allow", "Action": "*"}], NOBODY),
    ("a deny that names nobody", [ALLOW, {"Effect": "Deny", "Action": "*"}], NOBODY),
    ("an unknown kind of principal", [{**ALLOW, "Principal": {"X": "*"}}], NOBODY),
    (
        "a foreign source account",
        [{**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}],
        NOBODY,
    ),
    (
        "a foreign account denied",
        [ALLOW, {**DENY, "Condition": {"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}}],
        SERVICE,
    ),
    ("ArnNotLike it", [{**ALLOW, "Condition": {"ArnNotLike": {"aws:SourceArn": ROUTE}}}], CALLERS),
    (
        "ArnLike a list",
        [{**ALLOW, "Condition": {"ArnLike": {"aws:SourceArn": ["a:b:c:d:e:f", ROUTE]}}}],
        SERVICE,
    ),
    ("IfExists", [{**ALLOW, "Condition": {"ArnLikeIfExists": {"aws:SourceArn": ROUTE}}}], EVERYBODY),
    ("Null", [{**ALLOW, "Condition": {"Null": {"aws:SourceArn": "true"}}}], CALLERS),
    ("an unknown key", [{**ALLOW, "Condition": {"StringEquals": {"aws:Odd": "x"}}}], NOBODY),
    (
        "an unknown key, optional",
        [{**ALLOW, "Condition": {"StringEqualsIfExists": {"aws:Odd": "x"}}}],
        NOBODY,
    ),
    ("denied by an unknown key", [ALLOW, {**DENY, "Condition": {"StringEquals": {"aws:Odd": "x"}}}], NOBODY),
    ("an unknown operator", [{**ALLOW, "Condition": {"Resembles": {"aws:SourceArn": ROUTE}}}], NOBODY),
    (
        "a date to come",
        [{**ALLOW, "Condition": {"DateLessThan": {"aws:CurrentTime": "2999-01-01"}}}],
        EVERYBODY,
    ),
    ("denied since", [ALLOW, {**DENY, "Condition": {"DateGreaterThan": {"aws:EpochTime": 0}}}], NOBODY),
    ("denied in clear", [ALLOW, {**DENY, "Condition": {"Bool": {"aws:SecureTransport": False}}}], NOBODY),
    *(
        (f"malformed {number}", [odd], NOBODY)
        for number, odd in enumerate(
            (
                None,
                "Allow",
                [ALLOW],
                {**ALLOW, "Effect": ["Allow"]},
                {**ALLOW, "Effect": "allow"},
                {**ALLOW, "Action": {"a": 1}},
                {**ALLOW, "Action": [1, None]},
                {**ALLOW, "Principal": [{"AWS": "*"}]},
                {**ALLOW, "Principal": {"AWS": {"x": "*"}}},
                {**ALLOW, "Condition": "x"},
                {**ALLOW, "Condition": {"StringEquals": "x"}},
                {**ALLOW, "Condition": {"StringEquals": {"aws:SourceArn": {"x": 1}}}},
                {**ALLOW, "Condition": [{}]},
                {**ALLOW, "Condition": {"StringEquals": {"aws:SourceArn": ["x", nested(900)]}}},
            )
        )
    ),
]


def gateway_may() -> bool:
    try:
        lambda_target.permitted_function(ARN, ROUTE)
    except lambda_target.InvokeRejected:
        return False
    return True


def url_may(auth_type: str) -> bool:
    config = UrlConfig("ap-northeast-1", "f", "", ARN, auth_type)
    try:
        url_auth.authorize(config, SignedRequest("GET", "/", "", {}, b""))
    except url_auth.Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("statements", "expected"), [row[1:] for row in POLICIES], ids=[row[0] for row in POLICIES]
)
def test_every_front_door_judges_alike(
    monkeypatch: pytest.MonkeyPatch, statements: Any, expected: tuple[bool, bool, bool]
) -> None:
    """`expected`: API Gateway, anybody, a user without policies."""
    monkeypatch.setattr(deployed, "statements", lambda *_: statements)
    monkeypatch.setattr(deployed, "function", lambda *_: None)
    monkeypatch.setattr(url_auth, "authenticate", lambda *_: USER)
    assert (gateway_may(), url_may("NONE"), url_may("AWS_IAM")) == expected
    needed = Permission(INVOKE, ARN)
    assert enforcement.is_allowed(USER, needed, "ap-northeast-1", function_statements) is expected[2]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([{}], None),
        ([{"Effect": "Allow", "Action": "execute-api:Invoke"}], None),
        ([{"Effect": "Maybe", "Action": "*", "Resource": "*"}], None),
        ([{"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}], True),
        ({"Effect": "Allow", "Action": ["x:y", "execute-api:invoke"], "Resource": ["a", ROUTE]}, True),
        ([{"Effect": "Allow", "NotAction": "execute-api:Invoke", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": ROUTE}], False),
        ([{"Effect": e, "Action": "*", "Resource": "*"} for e in ("Allow", "Deny")], False),
        ([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a": "b"}}}], False),
        ([{"Effect": "Allow", "Action": "*", "Resource": ROUTE.replace("api/", "[a]pi/")}], False),
    ],
    ids=str,
)
def test_the_answer_of_an_authorizer_is_judged_alike(statements: Any, expected: bool | None) -> None:
    """`expected`: None for an answer that is no policy."""
    document = {"Version": "2012-10-17", "Statement": statements}
    if expected is None:
        with pytest.raises((LookupError, TypeError)):
            well_formed(document)
        return
    effects = policy.effects(well_formed(document), "execute-api:Invoke", ROUTE, {})
    assert policy.permits(effects) is expected
