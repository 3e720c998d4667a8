"""Before anything is created: who, where, what, and a confirmation. What is missing is said."""

import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import boto3
import pytest

from lab.cloud import Cloud, start_cloud, start_stand_in
from lab.cloud.account import who_am_i
from lab.cloud.permissions import GROUPS
from lab.cloud.plan import LESSONS, plan
from lab.cloud.run import full_name, owner, run_name, run_of
from lab.deploy import image
from lab.deploy.function import FOLDERS, zip_folder
from lab.streams.signers import presigned, signed_headers
from lab.streams.source import source_of

from .account import ACCOUNT_ID, NOTEBOOKS, REGION, TestAccount


@pytest.fixture
def environment(account: TestAccount, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """This process with AWS as its target."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "STREAMING_"))]:
        monkeypatch.delenv(name)
    for name, value in account.environment(["functions"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return monkeypatch


MISSING = {
    "credentials": ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no AWS credentials here"),
    "half of them": ({"AWS_SECRET_ACCESS_KEY": None}, "did not accept the credentials"),
    "valid ones": ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "did not accept the credentials"),
    "a Region": ({"AWS_REGION": None}, "No Region is configured"),
    "a profile": ({"AWS_PROFILE": "nobody"}, "nobody"),
    "an endpoint": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "did not accept the credentials"),
    "confirmation": ({"STREAMING_CONFIRM": "111111111111"}, "not confirmed"),
    "an answer": ({"STREAMING_CONFIRM": None}, "not confirmed"),
    "a target": ({"STREAMING_TARGET": "azure"}, "is no target"),
    "a name": ({"STREAMING_RUN": "Alice!"}, "1 to 12 of a-z and 0-9"),
    "an auth type": ({"STREAMING_URL_AUTH": "OPEN"}, "AWS_IAM"),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_is_said_and_nothing_is_created(
    environment: pytest.MonkeyPatch, account: TestAccount, what: str
) -> None:
    variables, message = MISSING[what]
    before = account.leftovers()
    for name, value in variables.items():
        if value is None:
            environment.delenv(name)
        else:
            environment.setenv(name, value)
    with pytest.raises(RuntimeError, match=message):
        start_cloud("06")
    environment.delenv("AWS_PROFILE", raising=False)
    assert account.leftovers() == before


def test_the_plan_is_shown_before_the_question(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("STREAMING_CONFIRM")
    asked = []
    environment.setattr("builtins.input", lambda question: asked.append(question) or ACCOUNT_ID)
    cloud = start_cloud("06")
    shown = capsys.readouterr().out
    assert len(asked) == 1 and ACCOUNT_ID in asked[0]
    for expected in (who_am_i().arn, REGION, cloud.name("node-text"), "Cost:", "Permissions needed:"):
        assert expected in shown
    assert cloud.url_auth == "AWS_IAM" and cloud.label == "LOCAL", "an account that is played is not AWS"


def test_public_urls_only_when_asked_for(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STREAMING_URL_AUTH", "NONE")
    cloud = start_cloud("06")
    assert (cloud.url_auth, cloud.url_principal) == ("NONE", "*")


def test_a_lesson_without_a_plan_is_refused(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="Lesson 99 creates nothing"):
        start_cloud("99")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_policy_names_resources_and_fits_into_a_managed_policy(lesson: str) -> None:
    document = plan(lesson, ACCOUNT_ID, REGION, "").policy()
    for statement in document["Statement"]:
        assert "*" not in statement["Action"] and not any(a.endswith(":*") for a in statement["Action"])
        if statement["Resource"] == "*":
            harmless = (
                "List",
                "Describe",
                "GetAuthorizationToken",
                "CreateApi",
                "CreateGraphqlApi",
                "TagRes",
            )
            assert all(a.partition(":")[2].startswith(harmless) for a in statement["Action"])
    # https://repost.aws/knowledge-center/iam-increase-policy-size (checked 2026-11)
    assert len("".join(str(document).split())) < 6144


def test_a_policy_can_be_printed_without_an_account() -> None:
    done = subprocess.run(
        [sys.executable, "teardown.py", "--policy", "06"], cwd=NOTEBOOKS, capture_output=True, text=True
    )
    assert done.returncode == 0 and '"lambda:CreateFunction"' in done.stdout


def test_teardown_without_credentials_says_so() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STREAMING_"))}
    bare |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_REGION": REGION}
    bare |= {"AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "teardown.py"], cwd=NOTEBOOKS, capture_output=True, text=True, env=bare
    )
    assert done.returncode == 2 and "no AWS credentials" in done.stderr and "Traceback" not in done.stderr


def test_a_name_tells_its_run() -> None:
    arn = "arn:aws:iam::123456789012:user/alice"
    run = run_name("06", arn)
    assert run == f"streaming-06-{owner(arn)}" and run_of(full_name(run, "node-text")) == run
    assert run_name("06") == "streaming-06"
    assert run_of("node-text") == run_of("streaming-06") == run_of("mine_too") == ""


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("http://127.0.0.1:8080/x", "LOCAL"),
        ("http://localhost/", "LOCAL"),
        ("ws://[::1]:80/", "LOCAL"),
        ("https://abc.lambda-url.ap-northeast-1.on.aws/", "AWS ap-northeast-1"),
        ("https://abc.execute-api.us-gov-west-1.amazonaws.com/prod", "AWS us-gov-west-1"),
        ("https://abc.eu-west-1.awsapprunner.com", "AWS eu-west-1"),
        ("https://st-0123.ecs.ap-northeast-1.on.aws", "AWS ap-northeast-1"),
        ("https://example.com/", "example.com"),
        ("https://127.0.0.1.example.com/", "127.0.0.1.example.com"),
    ],
)
def test_the_host_tells_where_a_measurement_comes_from(url: str, source: str) -> None:
    assert source_of(url) == source or source_of(url).startswith(f"{source} 20")


def test_only_urls_that_ask_for_it_are_signed() -> None:
    session = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="secret")
    cloud = Cloud(session, None, REGION, "streaming-06-x", url_auth="AWS_IAM")
    url = "https://abc.lambda-url.ap-northeast-1.on.aws/"
    assert signed_headers(url) == {} and presigned(url) == url
    cloud.sign_requests_to(url)
    assert "Authorization" in signed_headers(url + "?count=3")
    assert "X-Amz-Signature=" in presigned(url + "?count=3")
    assert signed_headers("https://other.lambda-url.ap-northeast-1.on.aws/") == {}


DOCKER = """#!/bin/sh
echo "$@" >> {log}
[ "$1" != login ] || {{ cat; echo; }} >> {log}
"""


def test_the_image_is_built_and_pushed_by_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    docker = tmp_path / "docker"
    docker.write_text(DOCKER.format(log=log))
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(image, "is_stand_in", lambda cloud: False)
    with start_stand_in("10") as cloud:
        pushed = image.push_image(cloud, "server")
        repositories = cloud.client("ecr").describe_repositories()["repositories"]
    assert [each["repositoryName"] for each in repositories] == ["streaming-10_server"]
    build, login, _password, push = log.read_text().splitlines()[:4]
    assert build.startswith("build --platform linux/amd64 -f server/Dockerfile") and pushed in build
    assert login.startswith("login --username AWS --password-stdin") and push == f"push {pushed}"


def test_the_adapter_takes_its_packages_along_for_lambdas_machines() -> None:
    if shutil.which("pip") is None and not (Path(sys.prefix) / "bin" / "pip").exists():
        pytest.skip("pip is not here")
    package = zip_folder(FOLDERS / "web_adapter", FOLDERS.parent / "server", packages=["aiohttp>=3.14.1,<4"])
    names = zipfile.ZipFile(BytesIO(package)).namelist()
    assert any(name.startswith("aiohttp/") and name.endswith("x86_64-linux-gnu.so") for name in names)
    assert "server/origin.py" in names and not any("local_aws" in name for name in names)


def test_the_groups_of_permissions_are_those_that_lessons_need() -> None:
    assert {group for creates in LESSONS.values() for group in creates.groups()} == set(GROUPS)
