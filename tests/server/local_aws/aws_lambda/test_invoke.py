"""`Invoke` and `InvokeWithResponseStream`, by boto3."""

import base64
import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.guests import writes
from tests.support.http_client import request
from tests.support.invocations import stream
from tests.support.shapes import one_by_one


def test_invoke_returns_what_the_function_posts(aws: Account) -> None:
    name = aws.deploy("basic.echo")
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b'{"a": 1}')
    assert answer["StatusCode"] == 200
    assert answer["Payload"].read() == b'{"a": 1}'
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer


def test_invoke_without_a_payload_gives_the_function_an_empty_object(aws: Account) -> None:
    name = aws.deploy("basic.echo")
    assert aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == b"{}"


def test_a_stream_through_plain_invoke_comes_buffered_prelude_and_all(aws: Account) -> None:
    name = aws.deploy(*writes(b'{"statusCode":201}', bytes(8), b"body"))
    assert aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == (
        b'{"statusCode":201}' + bytes(8) + b"body"
    )


def test_each_chunk_is_an_event_and_comes_when_it_is_written(aws: Account) -> None:
    name = aws.deploy("basic.stamped", [5, 0.1])
    stream(aws, name)
    answer = aws.client("lambda").invoke_with_response_stream(FunctionName=name)
    assert answer["ResponseStreamContentType"]
    sent, arrived = [], []
    for event in answer["EventStream"]:
        if "PayloadChunk" in event:
            arrived.append(time.time())
            sent.append(json.loads(event["PayloadChunk"]["Payload"])["sent"])
        else:
            assert event == {"InvokeComplete": {}}
    assert len(sent) == 5
    assert one_by_one(sent, arrived)


def test_invoke_complete_tells_of_a_failure_in_mid_stream(aws: Account) -> None:
    *chunks, complete = stream(aws, aws.deploy("failures.reports_boom_after_two"))
    assert [chunk["PayloadChunk"]["Payload"] for chunk in chunks] == [b"one", b"two"]
    assert complete["InvokeComplete"]["ErrorCode"] == "Boom"
    assert json.loads(complete["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "no more"


def test_plain_invoke_of_a_stream_that_fails_returns_the_error_document(aws: Account) -> None:
    answer = aws.client("lambda").invoke(FunctionName=aws.deploy("failures.reports_boom_after_two"))
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "Boom"


def test_an_error_reported_by_the_runtime_reaches_both_callers(aws: Account) -> None:
    name = aws.deploy("invoke.reports_an_error")
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"]) == {"errorMessage": "bad", "errorType": "MyError", "stackTrace": []}
    (complete,) = stream(aws, name)
    assert complete["InvokeComplete"]["ErrorCode"] == "MyError"


def test_log_tail_and_log_group_have_what_the_function_printed(aws: Account) -> None:
    name = aws.deploy("invoke.says", "hello from inside")
    aws.client("lambda").invoke(FunctionName=name)
    answer = aws.client("lambda").invoke(FunctionName=name, LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert tail.startswith(
        f"START RequestId: {request_id} Version: $LATEST\nhello from inside\nEND RequestId: "
    )
    assert "REPORT RequestId: " in tail
    (complete,) = (event for event in stream(aws, name, LogType="Tail") if "InvokeComplete" in event)
    assert b"hello" in base64.b64decode(complete["InvokeComplete"]["LogResult"])
    assert aws.log_with(name, "hello from inside", count=3).count("hello from inside") == 3


def test_a_line_is_in_the_log_group_while_the_function_runs(aws: Account) -> None:
    name = aws.deploy("invoke.says_now_and_stays")
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    assert not any(line.startswith("END") for line in aws.log_with(name, "now"))


def test_dry_run_runs_nothing(aws: Account) -> None:
    name = aws.deploy("basic.exits")
    client = aws.client("lambda")
    assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert client.invoke_with_response_stream(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


def test_an_event_is_run_later(aws: Account) -> None:
    name = aws.deploy("invoke.says", "ran")
    assert aws.client("lambda").invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
    assert "ran" in aws.log_with(name, "ran")


def test_the_runtime_sees_the_headers_of_an_invocation(aws: Account) -> None:
    name = aws.deploy("invoke.headers")
    context = base64.b64encode(b'{"client":{}}').decode()
    before = time.time()
    answer = aws.client("lambda").invoke(FunctionName=name, ClientContext=context)
    headers = json.load(answer["Payload"])
    assert headers["lambda-runtime-aws-request-id"] == answer["ResponseMetadata"]["RequestId"]
    assert headers["lambda-runtime-client-context"] == '{"client":{}}'
    assert headers["lambda-runtime-invoked-function-arn"].endswith(f":function:{name}")
    assert headers["lambda-runtime-trace-id"].startswith("Root=1-")
    assert headers["lambda-runtime-invocation-id"]
    assert 29 < int(headers["lambda-runtime-deadline-ms"]) / 1000 - before < 40
    assert headers["content-type"] == "application/json"


def test_the_function_sees_lambdas_environment_variables(aws: Account) -> None:
    name = aws.deploy(
        "invoke.environment",
        Environment={"Variables": {"MINE": "yes"}},
        MemorySize=256,
    )
    seen = json.load(aws.client("lambda").invoke(FunctionName=name)["Payload"])
    assert seen["MINE"] == "yes"
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_REGION"] == "ap-northeast-1"
    assert seen["LAMBDA_TASK_ROOT"] == seen["cwd"]
    assert seen["_HANDLER"] == "invoke.environment"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert seen["TZ"] == ":UTC"
    assert "HOME" not in seen


def test_an_environment_is_reused_and_a_new_deployment_replaces_it(aws: Account) -> None:
    name = aws.deploy("basic.pid")
    client = aws.client("lambda")
    pids = {client.invoke(FunctionName=name)["Payload"].read() for _ in range(5)}
    assert len(pids) == 1
    client.update_function_configuration(FunctionName=name, Timeout=20)
    assert client.invoke(FunctionName=name)["Payload"].read() not in pids


def test_versions_and_aliases_are_invoked_by_qualifier(aws: Account) -> None:
    name = aws.deploy("invoke.version", Environment={"Variables": {"MINE": "first"}})
    client = aws.client("lambda")
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"MINE": "second"}})
    answers = {
        qualifier: json.load(client.invoke(FunctionName=name, Qualifier=qualifier)["Payload"])
        for qualifier in ("$LATEST", version, "live")
    }
    assert [answer[:2] for answer in answers.values()] == [
        ["$LATEST", "second"],
        ["1", "first"],
        ["1", "first"],
    ]
    assert answers["live"][2].endswith(f"{name}:live")


@pytest.mark.parametrize("operation", ["invoke", "invoke_with_response_stream"])
def test_a_function_that_does_not_exist_is_404(aws: Account, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(aws.client("lambda"), operation)(FunctionName="nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "Function not found: arn:aws:lambda:ap-northeast-1:" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_payload_that_is_not_json_is_refused(aws: Account) -> None:
    name = aws.deploy("basic.one")
    with pytest.raises(ClientError) as caught:
        aws.client("lambda").invoke(FunctionName=name, Payload=b"{")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_an_unsigned_invocation_is_refused(aws: Account) -> None:
    answer = request(f"{aws.endpoint_url}/2015-03-31/functions/any/invocations", "POST", body=b"{}")
    assert (answer.status, answer.header("x-amzn-ErrorType")) == (403, "MissingAuthenticationTokenException")


ADDRESSES = {
    "{name}": "{arn}",
    "{name}:live": "{arn}:live",
    "{name}:1": "{arn}:1",
    "{name}:$LATEST": "{arn}:$LATEST",
    "{arn}": "{arn}",
    "{arn}:live": "{arn}:live",
    "123456789012:function:{name}": "{arn}",
    "123456789012:function:{name}:live": "{arn}:live",
}


def test_the_function_learns_by_which_arn_it_was_addressed(aws: Account) -> None:
    name = aws.deploy("invoke.header", "lambda-runtime-invoked-function-arn")
    arn = f"arn:aws:lambda:ap-northeast-1:123456789012:function:{name}"
    client = aws.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for address, expected in ADDRESSES.items():
        asked = address.format(name=name, arn=arn)
        answer = client.invoke(FunctionName=asked)["Payload"].read().decode()
        assert (address, answer) == (address, expected.format(arn=arn))
        chunk, _ = stream(aws, asked)
        assert chunk["PayloadChunk"]["Payload"] == answer.encode()  # type: ignore[comparison-overlap]
    with pytest.raises(ClientError, match="does not match the specified qualifier"):
        client.invoke(FunctionName=f"{name}:live", Qualifier="1")
    for action, setting in (
        ("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        client.add_permission(
            FunctionName=name,
            Qualifier="live",
            StatementId=action[7:],
            Action=action,
            Principal="*",
            **setting,
        )
    url = client.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="NONE")
    assert request(url["FunctionUrl"]).body.decode() == f"{arn}:live"


@pytest.mark.parametrize("document", ['{"custom":{"n":"é😀"}}', '{\n"custom":\r\n{"n":"1"}}', "[]"])
def test_any_json_is_a_client_context(aws: Account, document: str) -> None:
    name = aws.deploy("invoke.header", "lambda-runtime-client-context")
    context = base64.b64encode(document.encode()).decode()
    answer = aws.client("lambda").invoke(FunctionName=name, ClientContext=context)
    assert json.load(answer["Payload"]) == json.loads(document)


@pytest.mark.parametrize("context", ["no base64!", base64.b64encode(b"no json").decode()])
def test_what_is_no_client_context_is_refused(aws: Account, context: str) -> None:
    name = aws.deploy("basic.one")
    with pytest.raises(ClientError) as caught:
        aws.client("lambda").invoke(FunctionName=name, ClientContext=context)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_the_runtime_learns_of_the_tenant(aws: Account) -> None:
    name = aws.deploy("invoke.headers")
    headers = json.load(aws.client("lambda").invoke(FunctionName=name, TenantId="blue")["Payload"])
    assert headers["lambda-runtime-aws-tenant-id"] == "blue"
    assert "lambda-runtime-aws-tenant-id" not in json.load(
        aws.client("lambda").invoke(FunctionName=name)["Payload"]
    )


@pytest.mark.parametrize(
    ("handler", "failed"),
    [
        ("starts.handle", False),
        ("starts_and_exits.handle", True),
        ("starts_without_a_module.handle", True),
    ],
)
def test_the_log_of_a_cold_start_begins_with_the_initialisation(
    aws: Account, handler: str, failed: bool
) -> None:
    name = aws.deploy_python(handler)
    client = aws.client("lambda")
    answer = client.invoke(FunctionName=name, LogType="Tail")
    assert ("FunctionError" in answer) == failed
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.index("while it starts") < log.index("START RequestId")
    if not failed:
        warm = base64.b64decode(client.invoke(FunctionName=name, LogType="Tail")["LogResult"]).decode()
        assert warm.startswith("START RequestId")
        assert "at work" in warm
