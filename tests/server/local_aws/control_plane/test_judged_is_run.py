"""What is judged is what is run: the operation of a canonical call is the one that moto executes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.canonical import canonical
from server.local_aws.control_plane.moto import ControlPlane
from server.local_aws.control_plane.operations import operation_of, resolve

ZEROS = "0" * 64
FORM = "application/x-www-form-urlencoded"
QUERY = {
    "iam": ("2010-05-08", ["ListUsers", "ListRoles", "GetUser", "DeleteUser"]),
    "sts": ("2011-06-15", ["GetCallerIdentity", "GetSessionToken"]),
    "sns": ("2010-03-31", ["ListTopics", "ListSubscriptions", "DeleteTopic"]),
    "ec2": ("2016-11-15", ["DescribeVpcs", "DescribeRegions", "DeleteVpc"]),
    "sqs": ("2012-11-05", ["ListQueues", "GetQueueUrl", "DeleteQueue"]),
    "cloudformation": ("2010-05-15", ["ListStacks", "ListExports", "DeleteStack"]),
}
JSON = {
    "dynamodb": ("DynamoDB_20120810", ["ListTables", "DescribeTable", "DeleteTable"]),
    "logs": ("Logs_20140328", ["DescribeLogGroups", "DeleteLogGroup"]),
    "sqs": ("AmazonSQS", ["ListQueues", "DeleteQueue"]),
    "ssm": ("AmazonSSM", ["DescribeParameters", "GetParameter", "DeleteParameter"]),
}
REST = {
    "lambda": [
        ("GET", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/functions/f"),
        ("DELETE", "/2015-03-31/functions/f"),
        ("GET", "/2015-03-31/functions/f/policy"),
        ("GET", "/2015-03-31/functions/f%2Fpolicy"),
        ("GET", "/2015-03-31/functions/f/../g"),
        ("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aap-northeast-1%3A123456789012%3Afunction%3Af"),
    ],
    "apigateway": [
        ("GET", "/restapis"),
        ("GET", "/restapis/a"),
        ("GET", "/restapis/a%2Fresources"),
        ("GET", "/restapis/a/resources/b"),
        ("DELETE", "/restapis/a"),
        ("GET", "//restapis/a"),
        ("GET", "/v2/apis"),
        ("GET", "/v2/apis/a%252Froutes"),
    ],
    "appsync": [
        ("GET", "/v1/apis"),
        ("GET", "/v1/apis/a"),
        ("DELETE", "/v1/apis/a"),
        ("GET", "/v1/apis/a/types/b"),
    ],
    "s3": [("GET", "/"), ("GET", "/b"), ("GET", "/b/k"), ("DELETE", "/b/k"), ("PUT", "/b/k")],
}
OTHERS = sorted(
    {name for _, names in [*QUERY.values(), *JSON.values()] for name in names} | {"DeleteFunction"}
)
HEADERS = {
    "action": st.sampled_from(OTHERS),
    "x-amz-target": st.sampled_from(OTHERS).map(lambda name: f"Any.{name}"),
    "x_amz_target": st.sampled_from(OTHERS).map(lambda name: f"Any.{name}"),
    "x-http-method-override": st.just("DELETE"),
    "x-moto-account-id": st.just("999999999999"),
    "user-agent": st.just("aws-cli region/eu-west-1"),
}
MORE = st.lists(
    st.tuples(st.sampled_from(["Action", "action", "Version", "FunctionName", "x"]), st.sampled_from(OTHERS)),
    max_size=2,
)
TYPES = st.sampled_from(
    [FORM, FORM, f"{FORM}; charset=utf-8", "text/plain", "application/json", "application/x-amz-json-1.0", ""]
)


@st.composite
def calls(draw: st.DrawFn) -> ApiCall:
    """A request of some service, with what another operation could be read from."""
    kind = draw(st.sampled_from(["query", "json", "rest"]))
    query, method, path = draw(MORE), "POST", "/"
    headers: list[tuple[str, str]] = []
    if kind == "query":
        service = draw(st.sampled_from(sorted(QUERY)))
        version, names = QUERY[service]
        pairs = [("Action", draw(st.sampled_from(names))), ("Version", version), *draw(MORE)]
        in_query = draw(st.booleans())
        query = (
            query + pairs
            if in_query and draw(st.booleans())
            else pairs
            if in_query
            else draw(st.sampled_from([[], query]))
        )
        body = b"" if in_query and draw(st.booleans()) else urlencode(pairs).encode()
        method = draw(st.sampled_from(["POST", "POST", "GET"]))
        content_type = draw(TYPES)
    elif kind == "json":
        service = draw(st.sampled_from(sorted(JSON)))
        prefix, names = JSON[service]
        headers.append(("x-amz-target", f"{prefix}.{draw(st.sampled_from(names))}"))
        body = draw(bodies())
        query = draw(st.sampled_from([[], [], query]))
        content_type = draw(TYPES)
    else:
        service = draw(st.sampled_from(sorted(REST)))
        method, path = draw(st.sampled_from(REST[service]))
        body = draw(bodies())
        content_type = draw(TYPES)
    for name in draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=2)):
        headers.append((name, draw(HEADERS[name])))
    scope = f"test/20261101/ap-northeast-1/{service}/aws4_request"
    headers += [
        ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={ZEROS}"),
        ("host", "127.0.0.1:4566"),
    ]
    if content_type:
        headers.append(("content-type", content_type))
    return ApiCall(method, path + ("?" + urlencode(query) if query else ""), headers, body)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """JSON in which a form is hidden, one with a member twice, a form, and nothing."""
    other = draw(st.sampled_from(OTHERS))
    return draw(
        st.sampled_from(
            [
                b"",
                b"{}",
                json.dumps({"a": f"&Action={other}&Version=1&"}).encode(),
                f'{{"TableName": "a", "TableName": "b", "x": "&Action={other}"}}'.encode(),
                urlencode({"Action": other}).encode(),
            ]
        )
    )


@pytest.fixture(scope="module")
def control_plane() -> ControlPlane:
    return ControlPlane()


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, str, str]]]:
    """What moto executes: service, operation, account and Region."""
    from moto.core.responses import BaseResponse

    executed: list[tuple[str, str, str, str]] = []
    original = BaseResponse.call_action

    def call_action(self: Any) -> Any:
        if operation := self._get_action():
            executed.append((self.boto3_service_name, operation, self.current_account, self.region))
        return original(self)

    with monkeypatch.context() as patched:
        patched.setattr(BaseResponse, "call_action", call_action)
        yield executed


@given(call=calls())
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_moto_runs_the_operation_that_is_judged(control_plane: ControlPlane, call: ApiCall) -> None:
    try:
        plain = canonical(call)
    except ApiError as error:
        assert error.status == 400
        return
    found = resolve(plain)
    with watched(pytest.MonkeyPatch()) as executed:
        control_plane._call(plain, "127.0.0.1:4566")
    if call.service == "s3":
        assert all(service == "s3" for service, *_ in executed)
        return
    for _, operation, account, region in executed:
        assert found is not None, (operation, plain)
        assert operation == found.model.name, plain
        assert (account, region) == ("123456789012", "ap-northeast-1")


def signed(
    service: str, method: str = "POST", target: str = "/", body: bytes = b"", *more: tuple[str, str]
) -> ApiCall:
    scope = f"test/20261101/ap-northeast-1/{service}/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={ZEROS}"
    return ApiCall(method, target, [("authorization", value), *more], body)


AS_FORM = ("content-type", FORM)
LIST = b"Action=ListUsers&Version=2010-05-08"
TARGET = ("x-amz-target", "DynamoDB_20120810.ListTables")
AMBIGUOUS = {
    "Action twice": signed("iam", "POST", "/", LIST + b"&Action=ListRoles", AS_FORM),
    "a form and a query": signed("iam", "POST", "/?Action=ListRoles&Version=2010-05-08", LIST, AS_FORM),
    "a form that is none": signed(
        "iam", "POST", "/?Action=ListRoles&Version=1", LIST, ("content-type", "text/plain")
    ),
    "no Action": signed("iam", "POST", "/", b"Version=2010-05-08", AS_FORM),
    "no Version": signed("iam", "POST", "/", b"Action=ListUsers", AS_FORM),
    "a form that is not UTF-8": signed("iam", "POST", "/", LIST + b"&UserName=%ff", AS_FORM),
    "two targets": signed("dynamodb", "POST", "/", b"{}", TARGET, TARGET),
    "a target and a query": signed("dynamodb", "POST", "/?Action=DeleteTable", b"{}", TARGET),
    "a member twice": signed("dynamodb", "POST", "/", b'{"Limit": 1, "Limit": 2}', TARGET),
    "JSON of no object": signed("dynamodb", "POST", "/", b"[]", TARGET),
    "NaN": signed("dynamodb", "POST", "/", b'{"Limit": NaN}', TARGET),
    "a query parameter twice": signed("lambda", "GET", "/2015-03-31/functions/f?Qualifier=1&Qualifier=2"),
    "an empty segment": signed("lambda", "GET", "//2015-03-31/functions/f"),
    "dots": signed("lambda", "GET", "/2015-03-31/functions/f/%2e%2e/g"),
    "an escaped escape": signed("lambda", "GET", "/2015-03-31/functions/f%252Fpolicy"),
    "an escaped slash": signed("lambda", "GET", "/2015-03-31/functions/f%2Fpolicy"),
    "a compressed body that is none": signed("iam", "POST", "/", LIST, AS_FORM, ("content-encoding", "gzip")),
}


@pytest.mark.parametrize("call", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_can_be_read_in_two_ways_is_refused(call: ApiCall) -> None:
    with pytest.raises(ApiError) as caught:
        canonical(call)
    assert caught.value.status == 400


def test_a_presigned_query_becomes_a_form_signed_in_its_header() -> None:
    scope = quote("test/20261101/eu-west-1/iam/aws4_request", safe="")
    signature = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=20261101T000000Z"
    signature += f"&X-Amz-SignedHeaders=host&X-Amz-Signature={ZEROS}&X-Amz-Security-Token=t"
    target = f"/?{LIST.decode()}&{signature}"
    plain = canonical(ApiCall("GET", target, [("host", "h")], b""))
    assert (plain.method, plain.target, plain.body) == ("POST", "/", LIST)
    assert (plain.access_key, plain.service, plain.region) == ("test", "iam", "eu-west-1")
    assert plain.header("x-amz-security-token") == "t"


def test_a_path_and_a_query_may_name_endpoints_of_aws() -> None:
    """They are resources' names, and say nothing of the Region of the call."""
    name = "d-x.execute-api.eu-west-1.amazonaws.com"
    for target in (f"/v2/domainnames/{name}", f"/restapis?position={name}"):
        plain = canonical(signed("apigateway", "GET", target))
        assert (plain.target, plain.region) == (target, "ap-northeast-1")


def test_parameters_elsewhere_than_they_belong_are_dropped() -> None:
    body = json.dumps({"FunctionName": "other", "Description": "a&Action=b"}).encode()
    call = signed("lambda", "PUT", "/2015-03-31/functions/f/configuration?Role=r&Action=x", body)
    plain = canonical(call)
    assert plain.target == "/2015-03-31/functions/f/configuration"
    assert json.loads(plain.body) == {"Description": "a&Action=b"}
    assert b"&" not in plain.body
    operation = operation_of(plain)
    assert operation is not None
    assert operation.members == {"FunctionName": "f", "Description": "a&Action=b"}
