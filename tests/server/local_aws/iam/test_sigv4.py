"""Signature Version 4: what a signature has to cover, and what is refused though it is rightly computed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from server.local_aws.iam.sigv4 import BadSignature, SignedRequest, UnknownKey, verify

KEY = Credentials("key", "secret")
REGION = "ap-northeast-1"
HOST = "127.0.0.1:4566"
Fields = dict[str, str]


class Claims(SigV4Auth):  # type: ignore[misc]
    """Signs what the header declares to be the body's hash, whatever the body."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers["X-Amz-Content-SHA256"])


def signed(
    body: bytes = b"x",
    service: str = "iam",
    method: Callable[..., SigV4Auth] = SigV4Auth,
    url: str = "/",
    **headers: str,
) -> tuple[str, Fields]:
    """Target and headers (lower-case names) of a request as botocore signs it."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", f"http://{HOST}{url}", headers=given, data=body)
    method(KEY, service, REGION).add_auth(request)
    target = request.url.partition(HOST)[2]
    return target, {"host": HOST, **{name.lower(): value for name, value in request.headers.items()}}


def presigned(url: str = "/?a=b") -> tuple[str, Fields]:
    request = AWSRequest("GET", f"http://{HOST}{url}")
    SigV4QueryAuth(KEY, "iam", REGION).add_auth(request)
    return request.url.partition(HOST)[2], {"host": HOST}


def check(target: str, fields: Fields, body: bytes = b"x", service: str = "iam") -> str:
    """The access key, or why the request is refused."""
    return check_pairs(target, list(fields.items()), body, service)


def check_pairs(target: str, fields: list[tuple[str, str]], body: bytes = b"x", service: str = "iam") -> str:
    method, body = ("GET", b"") if "X-Amz-Signature" in target else ("POST", body)
    request = SignedRequest.of(method, target, fields, body)
    try:
        return verify(request, service, REGION, {"key": "secret"}.get).key
    except BadSignature as error:
        return str(error)


MISMATCH = "The request signature we calculated does not match"


def test_what_botocore_signs_is_right() -> None:
    assert check(*signed()) == "key"
    assert check(*signed(url="/a%20b//c?x=1&y=%2F")) == "key"
    assert check(*presigned()) == "key"
    assert check(*signed(service="s3", method=S3SigV4Auth, url="/b/a%20b//c"), service="s3") == "key"


def test_another_body_or_secret_is_refused() -> None:
    assert check(*signed(), body=b"y").startswith(MISMATCH)
    target, fields = signed()
    request = SignedRequest.of("POST", target, fields.items(), b"x")
    with pytest.raises(BadSignature, match=MISMATCH):
        verify(request, "iam", REGION, {"key": "other"}.get)
    with pytest.raises(UnknownKey):
        verify(request, "iam", REGION, {"other": "secret"}.get)


@pytest.mark.parametrize("days", [-1, 1, -2000])
def test_the_scope_is_of_the_day_of_the_request(days: int) -> None:
    """The key derives from the scope's day: whoever holds an old day's key must not sign today's requests."""
    target, fields = signed()
    other = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y%m%d")
    fields["authorization"] = re.sub(r"/\d{8}/", f"/{other}/", fields["authorization"])
    assert check(target, fields).startswith("Date in Credential scope does not match YYYYMMDD")
    target, fields = presigned()
    target = re.sub(r"%2F\d{8}%2F", f"%2F{other}%2F", target)
    assert check(target, fields).startswith("Date in Credential scope does not match YYYYMMDD")


@pytest.mark.parametrize(
    "declared",
    [
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ],
)
def test_only_s3_takes_a_body_that_is_not_signed(declared: str) -> None:
    for service in ("iam", "lambda", "execute-api", "s3control"):
        target, fields = signed(service=service, method=Claims, X_Amz_Content_SHA256=declared)
        for body in (b"x", b"y"):
            assert check(target, fields, body, service).startswith(MISMATCH)
    target, fields = signed(service="s3", method=Claims, X_Amz_Content_SHA256=declared)
    assert check(target, fields, b"y", "s3") == "key"


def test_a_declared_hash_has_to_be_that_of_the_body() -> None:
    for service in ("iam", "s3"):
        target, fields = signed(service=service, method=Claims, X_Amz_Content_SHA256="0" * 64)
        assert check(target, fields, service=service).startswith(MISMATCH)


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target", "x-amz-security-token"])
def test_the_host_and_every_header_of_aws_is_signed(name: str) -> None:
    class Leaves(SigV4Auth):  # type: ignore[misc]
        def headers_to_sign(self, request: AWSRequest) -> object:
            found = super().headers_to_sign(request)
            del found[name]
            return found

    target, fields = signed(method=Leaves, X_Amz_Target="a.b", X_Amz_Security_Token="t")
    shown = "Host' or ':authority" if name == "host" else name
    assert check(target, fields) == f"'{shown}' must be a 'SignedHeader' in the AWS Authorization."


def test_a_header_of_aws_that_was_added_is_refused() -> None:
    target, fields = signed()
    fields["x-amz-invocation-type"] = "Event"
    assert "must be a 'SignedHeader'" in check(target, fields)
    target, fields = presigned()
    fields["x-amz-target"] = "a.b"
    assert "must be a 'SignedHeader'" in check(target, fields)


def test_what_is_sent_twice_is_refused() -> None:
    target, fields = signed()
    for name in ("host", "x-amz-date", "authorization"):
        assert check_pairs(target, [*fields.items(), (name, fields[name])]) != "key"
    query, plain = presigned()
    date = re.findall(r"X-Amz-Date=\w+", query)[0]
    assert check(f"{query}&{date}", plain) != "key"
    assert check(query, {**plain, "authorization": fields["authorization"]}) != "key"
    assert check(query, {**plain, "x-amz-date": fields["x-amz-date"]}) != "key"
    fields["authorization"] = fields["authorization"].replace("SignedHeaders=", "SignedHeaders=host;")
    assert check(target, fields).startswith(MISMATCH)


def test_a_signature_for_another_service_or_region_is_refused() -> None:
    assert check(*signed(service="s3")) == "Credential should be scoped to correct service: 'iam'."
    target, fields = signed()
    request = SignedRequest.of("POST", target, fields.items(), b"x")
    with pytest.raises(BadSignature, match="scoped to a valid Region: 'eu-west-1'"):
        verify(request, "iam", "eu-west-1", {"key": "secret"}.get)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_the_clock_may_be_five_minutes_wrong(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    assert check(*signed()).startswith("Signature")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", ""),
        ("authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c"),
        ("authorization", "Bearer x"),
        ("x-amz-date", "20260101"),
        ("x-amz-date", "２０２６0101T000000Z"),
        ("x-amz-date", ""),
        ("host", "é"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, value: str) -> None:
    target, fields = signed()
    assert check(target, {**fields, name: value}) != "key"


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
NAMES = st.sampled_from(["authorization", "host", "x-amz-date", "x-amz-security-token"])


@given(name=NAMES | ANY_TEXT, at=st.integers(0, 400), inserted=ANY_TEXT, query=ANY_TEXT)
@example(name="host", at=0, inserted="\ud800", query="")
@example(name="\udfff", at=0, inserted="", query="")
@example(name="authorization", at=120, inserted="\ud800", query="\ud800=%")
def test_whatever_is_sent_is_right_or_refused(name: str, at: int, inserted: str, query: str) -> None:
    """AppSync's clients send headers in JSON, which can say what is no text."""
    target, fields = signed()
    held = fields.get(name, "")
    check(f"{target}?{query}", {**fields, name: held[:at] + inserted + held[at:]})
