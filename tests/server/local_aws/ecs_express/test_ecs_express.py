"""ECS Express Mode: the same server behind what stands for a load balancer."""

import itertools
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import websockets
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.containers import HEALTH_PATH, IMAGE, endpoint_of, eventually, express, items, status_of
from tests.support.guests import guest_source


@pytest.fixture(scope="module")
def url(aws: Account) -> Iterator[str]:
    with express(aws) as service:
        yield endpoint_of(service)


def curl(*arguments: str) -> str:
    command = ["curl", "-isSN", "--max-time", "30", *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout


async def test_websocket_passes_message_by_message(url: str) -> None:
    address = url.replace("http://", "ws://") + "/websocket?count=10&interval_ms=100"
    async with websockets.connect(address) as connection:
        times = [time.monotonic() async for _ in connection]
        assert connection.close_code == 1000
    assert len(times) == 10
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(times))
    assert gaps[4] > 0.05


async def test_aiohttp_s_websocket_passes_too(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url + "/websocket") as connection:
        assert [message.data async for message in connection] == ["foo\n", "bar\n", "baz\n"]


@pytest.mark.parametrize("path", ["/transfer-encoding", "/sse"])
async def test_chunks_and_events_pass_one_by_one(url: str, path: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}{path}?count=20&interval_ms=100") as response,
    ):
        reads = [data async for data in response.content.iter_any()]
    assert len(reads) >= 15 and b"".join(reads).count(b'"seq"') == 20


def test_nothing_says_envoy(url: str) -> None:
    transcript = curl(url + "/transfer-encoding")
    assert "envoy" not in transcript.lower()
    assert "Transfer-Encoding: chunked" in transcript, "names keep their case"


def test_the_server_s_own_headers_are_untouched(aws: Account) -> None:
    with express(aws, command=["python", "-c", guest_source("headers_server.py")]) as service:
        transcript = curl(endpoint_of(service) + "/")
    assert "Server: mine" in transcript and "X-MiXed: case" in transcript
    assert "X-Forwarded-For" in transcript and "X-Forwarded-Proto" in transcript


def test_a_response_may_take_longer_than_the_idle_time_but_not_be_silent(tight: Account) -> None:
    """One fiftieth of 60 s: 1.2 s."""
    with express(tight) as service:
        base = endpoint_of(service) + "/transfer-encoding"
        assert len(items(base + "?count=25&interval_ms=100")) == 25
        command = ["curl", "-sN", "--max-time", "30", base + "?count=2&interval_ms=10000"]
        silent = subprocess.run(command, capture_output=True, text=True)
        assert silent.returncode == 18 and silent.stdout.count('"seq"') == 1


async def test_a_silent_websocket_is_closed(tight: Account) -> None:
    with express(tight) as service:
        address = endpoint_of(service).replace("http://", "ws://") + "/websocket?count=2&interval_ms=10000"
        async with websockets.connect(address) as connection:
            await connection.recv()
            with pytest.raises(websockets.ConnectionClosedError):
                await connection.recv()


def test_the_load_balancer_answers_503_until_the_container_is_healthy(aws: Account) -> None:
    command = ["sh", "-c", "sleep 2; exec python -m server --port $PORT"]
    seen = set()
    ecs, role = aws.client("ecs"), aws.role()
    service = ecs.create_express_gateway_service(
        executionRoleArn=role,
        infrastructureRoleArn=role,
        healthCheckPath=HEALTH_PATH,
        primaryContainer={"image": IMAGE, "containerPort": 8080, "command": command},
    )["service"]

    def healthy() -> bool:
        seen.add(status_of(endpoint_of(service) + HEALTH_PATH))
        return 200 in seen

    eventually(healthy)
    assert 503 in seen
    ecs.delete_express_gateway_service(serviceArn=service["serviceArn"])


def test_describe_update_and_delete(aws: Account) -> None:
    ecs = aws.client("ecs")
    with express(aws) as service:
        arn = service["serviceArn"]
        assert service["status"] == {"statusCode": "ACTIVE"}
        assert arn.startswith("arn:aws:ecs:ap-northeast-1:123456789012:service/default/")
        container = {
            "image": IMAGE,
            "containerPort": 8080,
            "command": ["python", "-m", "http.server", "8080"],
        }
        updated = ecs.update_express_gateway_service(
            serviceArn=arn, primaryContainer=container, healthCheckPath="/"
        )["service"]
        assert updated["targetConfiguration"]["healthCheckPath"] == "/"
        eventually(lambda: status_of(endpoint_of(service) + "/sse") == 404)

        def described() -> Any:
            return ecs.describe_express_gateway_service(serviceArn=arn)["service"]

        eventually(lambda: described()["activeConfigurations"][0]["healthCheckPath"] == "/")
        assert endpoint_of(described()) == endpoint_of(service)
    after = ecs.describe_express_gateway_service(serviceArn=arn)["service"]
    assert after["status"]["statusCode"] == "INACTIVE"
    assert status_of(endpoint_of(service) + "/") == 0
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        ecs.delete_express_gateway_service(serviceArn=arn)


def test_tags_are_asked_for(aws: Account) -> None:
    ecs = aws.client("ecs")
    with express(aws) as service:
        arn = service["serviceArn"]
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
        assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]
        assert "tags" not in ecs.describe_express_gateway_service(serviceArn=arn)["service"]
        included = ecs.describe_express_gateway_service(serviceArn=arn, include=["TAGS"])["service"]
        assert included["tags"] == [{"key": "a", "value": "1"}]


def test_a_deployment_that_fails_says_why(aws: Account) -> None:
    ecs, role = aws.client("ecs"), aws.role()
    arn = ecs.create_express_gateway_service(
        executionRoleArn=role,
        infrastructureRoleArn=role,
        primaryContainer={"image": IMAGE, "command": ["python", "-c", "raise SystemExit(3)"]},
    )["service"]["serviceArn"]

    def reason() -> str:
        status = ecs.describe_express_gateway_service(serviceArn=arn)["service"]["status"]
        return str(status.get("statusReason", ""))

    assert "exited with status 3" in eventually(reason)
    ecs.delete_express_gateway_service(serviceArn=arn)


def test_a_service_that_never_gets_healthy_can_be_deleted_at_once(aws: Account) -> None:
    ecs, role = aws.client("ecs"), aws.role()
    arn = ecs.create_express_gateway_service(
        executionRoleArn=role,
        infrastructureRoleArn=role,
        primaryContainer={"image": IMAGE, "command": ["sh", "-c", "sleep 600"]},
    )["service"]["serviceArn"]
    ecs.delete_express_gateway_service(serviceArn=arn)

    def gone() -> bool:
        service = ecs.describe_express_gateway_service(serviceArn=arn)["service"]
        return bool(service["status"]["statusCode"] == "INACTIVE")

    eventually(gone, seconds=15)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"serviceName": "not a name"}, "InvalidParameterException"),
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
        ({"infrastructureRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "InvalidParameterException"),
        ({"healthCheckPath": "ping"}, "InvalidParameterException"),
        ({"cpuArchitecture": "RISC"}, "InvalidParameterException"),
        ({"primaryContainer": {"image": IMAGE, "containerPort": 0}}, "InvalidParameterException"),
        (
            {"taskDefinitionArn": "arn:aws:ecs:ap-northeast-1:1:task-definition/a:1"},
            "InvalidParameterException",
        ),
    ],
)
def test_what_is_not_valid_is_refused(aws: Account, settings: dict[str, Any], code: str) -> None:
    role = aws.role()
    valid = {
        "executionRoleArn": role,
        "infrastructureRoleArn": role,
        "primaryContainer": {"image": IMAGE},
    }
    with pytest.raises(ClientError) as caught:
        aws.client("ecs").create_express_gateway_service(**{**valid, **settings})
    assert caught.value.response["Error"]["Code"] == code


def test_the_rest_of_ecs_is_moto_s(aws: Account) -> None:
    ecs = aws.client("ecs")
    assert ecs.create_cluster(clusterName="mine")["cluster"]["status"] == "ACTIVE"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        ecs.describe_express_gateway_service(serviceArn="arn:aws:ecs:ap-northeast-1:1:service/mine/x")
