"""App Runner's control plane: states, operations, refusals."""

import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from server.local_aws.containers.command import IMAGE_COMMAND
from tests.support.account import Account
from tests.support.containers import app_runner, create, eventually, settled, source, status_of

STREAM = "/transfer-encoding?count=1&interval_ms=0"


def refusal(call: Any, *arguments: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_service_goes_through_the_states_of_aws(aws: Account) -> None:
    runner = aws.client("apprunner")
    service = create(aws, Tags=[{"Key": "series", "Value": "streaming"}])
    arn = service["ServiceArn"]
    assert service["Status"] == "OPERATION_IN_PROGRESS"
    assert re.fullmatch(r"arn:aws:apprunner:ap-northeast-1:\d{12}:service/[\w-]+/[0-9a-f]{32}", arn)
    running = settled(aws, arn)
    assert running["Status"] == "RUNNING" and status_of(running["ServiceUrl"] + STREAM) == 200
    assert arn in [each["ServiceArn"] for each in runner.list_services()["ServiceSummaryList"]]

    assert runner.pause_service(ServiceArn=arn)["Service"]["Status"] == "OPERATION_IN_PROGRESS"
    assert settled(aws, arn)["Status"] == "PAUSED"
    assert status_of(running["ServiceUrl"] + STREAM) == 0

    runner.resume_service(ServiceArn=arn)
    resumed = settled(aws, arn)
    assert resumed["Status"] == "RUNNING" and resumed["ServiceUrl"] == running["ServiceUrl"]
    assert status_of(resumed["ServiceUrl"] + STREAM) == 200

    runner.delete_service(ServiceArn=arn)
    deleted = settled(aws, arn)
    assert deleted["Status"] == "DELETED" and deleted["DeletedAt"] >= deleted["CreatedAt"]
    assert status_of(running["ServiceUrl"] + STREAM) == 0
    assert arn not in [each["ServiceArn"] for each in runner.list_services()["ServiceSummaryList"]]

    operations = runner.list_operations(ServiceArn=arn)["OperationSummaryList"]
    assert [each["Type"] for each in operations] == [
        "DELETE_SERVICE",
        "RESUME_SERVICE",
        "PAUSE_SERVICE",
        "CREATE_SERVICE",
    ]
    assert {each["Status"] for each in operations} == {"SUCCEEDED"}


def test_operations_that_the_state_forbids_are_refused(aws: Account) -> None:
    runner = aws.client("apprunner")
    arn = create(aws)["ServiceArn"]
    for operation in (runner.pause_service, runner.delete_service, runner.resume_service):
        assert refusal(operation, ServiceArn=arn)[0] == "InvalidStateException"
    assert settled(aws, arn)["Status"] == "RUNNING"
    assert refusal(runner.resume_service, ServiceArn=arn)[0] == "InvalidStateException"
    runner.delete_service(ServiceArn=arn)
    settled(aws, arn)
    assert refusal(runner.start_deployment, ServiceArn=arn)[0] == "InvalidStateException"


def test_an_update_replaces_the_container_at_the_same_address(aws: Account) -> None:
    with app_runner(aws) as service:
        runner, arn = aws.client("apprunner"), service["ServiceArn"]
        changed = source(aws, "python -m http.server --bind 0.0.0.0 8080")
        runner.update_service(ServiceArn=arn, SourceConfiguration=changed)
        assert settled(aws, arn)["ServiceUrl"] == service["ServiceUrl"]
        assert status_of(service["ServiceUrl"] + "/") == 200
        assert status_of(service["ServiceUrl"] + "/sse") == 404

        broken = source(aws, "python -c 1")
        runner.update_service(ServiceArn=arn, SourceConfiguration=broken)
        assert settled(aws, arn)["Status"] == "RUNNING"
        assert runner.list_operations(ServiceArn=arn)["OperationSummaryList"][0]["Status"] == "FAILED"
        assert status_of(service["ServiceUrl"] + "/") == 200, "what was there is still there"


def events(aws: Account, arn: str, kind: str) -> list[str]:
    group = f"/aws/apprunner/{arn.partition('service/')[2]}/{kind}"
    logs, deadline = aws.client("logs"), time.monotonic() + 20
    while not (found := logs.filter_log_events(logGroupName=group)["events"]):
        assert time.monotonic() < deadline, f"nothing in {group}"
        time.sleep(0.05)
    return [event["message"] for event in found]


def test_a_container_that_ends_makes_create_failed_and_the_logs_say_why(aws: Account) -> None:
    runner = aws.client("apprunner")
    command = "python -c 'import sys; sys.exit(\"no database\")'"
    arn = create(aws, SourceConfiguration=source(aws, command))["ServiceArn"]
    assert settled(aws, arn)["Status"] == "CREATE_FAILED"
    assert "exited with status 1" in events(aws, arn, "service")[-1]
    assert events(aws, arn, "application") == ["no database"]
    runner.update_service(ServiceArn=arn, SourceConfiguration=source(aws))
    assert settled(aws, arn)["Status"] == "RUNNING", "it can be rebuilt"
    runner.delete_service(ServiceArn=arn)
    assert settled(aws, arn)["Status"] == "DELETED"


def test_a_command_that_does_not_exist_makes_create_failed(aws: Account) -> None:
    arn = create(aws, SourceConfiguration=source(aws, "no-such-program --port 8080"))["ServiceArn"]
    assert settled(aws, arn)["Status"] == "CREATE_FAILED"
    assert "no-such-program cannot be run" in events(aws, arn, "service")[-1]


@pytest.mark.parametrize(
    ("path", "interval", "status"), [(STREAM, 20, "RUNNING"), ("/nothing", 1, "CREATE_FAILED")]
)
def test_an_http_health_check_asks_for_its_path(aws: Account, path: str, interval: int, status: str) -> None:
    health = {"Protocol": "HTTP", "Path": path, "Interval": interval, "UnhealthyThreshold": 2}
    arn = create(aws, HealthCheckConfiguration=health)["ServiceArn"]
    assert settled(aws, arn)["Status"] == status
    aws.client("apprunner").delete_service(ServiceArn=arn)


def test_tags(aws: Account) -> None:
    with app_runner(aws, Tags=[{"Key": "a", "Value": "1"}]) as service:
        runner, arn = aws.client("apprunner"), service["ServiceArn"]
        runner.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        runner.untag_resource(ResourceArn=arn, TagKeys=["a"])
        assert runner.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_lists_come_in_pages(aws: Account) -> None:
    with app_runner(aws) as service:
        runner, arn = aws.client("apprunner"), service["ServiceArn"]
        runner.start_deployment(ServiceArn=arn)
        settled(aws, arn)
        first = runner.list_operations(ServiceArn=arn, MaxResults=1)
        rest = runner.list_operations(ServiceArn=arn, NextToken=first["NextToken"])
        assert [each["Type"] for each in first["OperationSummaryList"]] == ["START_DEPLOYMENT"]
        assert [each["Type"] for each in rest["OperationSummaryList"]] == ["CREATE_SERVICE"]
        assert "NextToken" not in rest
        assert refusal(runner.list_services, NextToken="x")[0] == "InvalidRequestException"


def test_a_name_is_taken_until_its_service_is_deleted(aws: Account) -> None:
    with app_runner(aws) as service:
        code, message = refusal(create, aws, ServiceName=service["ServiceName"])
        assert (code, service["ServiceName"] in message) == ("InvalidRequestException", True)
    with app_runner(aws, ServiceName=service["ServiceName"]) as again:
        assert again["ServiceArn"] != service["ServiceArn"]


def changed(aws: Account, **repository: Any) -> dict[str, Any]:
    configuration = source(aws)
    return {**configuration, "ImageRepository": {**configuration["ImageRepository"], **repository}}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"ServiceName": "a b c d"}, "'a b c d' at 'ServiceName' failed to satisfy constraint"),
        ({"HealthCheckConfiguration": {"Protocol": "UDP"}}, "enum value set: [TCP, HTTP]"),
        ({"HealthCheckConfiguration": {"Interval": 21}}, "less than or equal to 20"),
        ({"HealthCheckConfiguration": {"Path": "ping"}}, "must start with /"),
        ({"InstanceConfiguration": {"Cpu": "3 vCPU"}}, "InstanceConfiguration.Cpu"),
        ({"SourceConfiguration": {}}, "ImageRepository"),
        ({"NetworkConfiguration": {"IngressConfiguration": {"IsPubliclyAccessible": False}}}, "public"),
    ],
)
def test_what_is_not_valid_is_refused(aws: Account, settings: dict[str, Any], reason: str) -> None:
    code, message = refusal(create, aws, **settings)
    assert code == "InvalidRequestException" and reason in message


@pytest.mark.parametrize(
    ("repository", "reason"),
    [
        ({"ImageIdentifier": "nginx"}, "SourceConfiguration.ImageRepository.ImageIdentifier"),
        ({"ImageConfiguration": {"Port": "http"}}, "Port must be from 1 to 65535"),
        ({"ImageConfiguration": {"StartCommand": "sh -c 'open"}}, "StartCommand cannot be read"),
        ({"ImageConfiguration": {"RuntimeEnvironmentSecrets": {"A": "b"}}}, "Secrets"),
    ],
)
def test_an_image_that_cannot_be_run_is_refused(
    aws: Account, repository: dict[str, Any], reason: str
) -> None:
    code, message = refusal(create, aws, SourceConfiguration=changed(aws, **repository))
    assert code == "InvalidRequestException" and reason in message


def test_a_private_image_needs_a_role_that_exists(aws: Account) -> None:
    configuration = source(aws)
    role = {"AccessRoleArn": "arn:aws:iam::123456789012:role/nobody"}
    for given in ({}, role):
        code, message = refusal(
            create, aws, SourceConfiguration={**configuration, "AuthenticationConfiguration": given}
        )
        assert code == "InvalidRequestException" and "AccessRoleArn" in message


def test_what_does_not_exist_is_not_found(aws: Account) -> None:
    runner = aws.client("apprunner")
    arn = "arn:aws:apprunner:ap-northeast-1:123456789012:service/nobody/0123"
    for operation in (runner.describe_service, runner.pause_service, runner.delete_service):
        assert refusal(operation, ServiceArn=arn)[0] == "ResourceNotFoundException"
    assert refusal(runner.list_tags_for_resource, ResourceArn=arn)[0] == "ResourceNotFoundException"


def test_what_the_stand_in_has_not_is_said_clearly(aws: Account) -> None:
    code, message = refusal(aws.client("apprunner").list_connections)
    assert code == "NotImplementedException" and "ListConnections" in message


def test_reachable_endpoints_are_listed(aws: Account) -> None:
    def listed() -> list[str]:
        with urllib.request.urlopen(f"{aws.endpoint_url}/_local/endpoints") as response:
            return [each["url"] for each in json.load(response) if each["service"] == "apprunner"]

    with app_runner(aws) as service:
        assert service["ServiceUrl"] in listed()
    eventually(lambda: service["ServiceUrl"] not in listed())


def test_the_image_s_own_command_is_that_of_the_dockerfile() -> None:
    dockerfile = (Path(__file__).parents[4] / "server" / "Dockerfile").read_text()
    assert "CMD [" + ", ".join(f'"{word}"' for word in IMAGE_COMMAND) + "]" in dockerfile
