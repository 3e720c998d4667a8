"""Proxies and an AWS configuration in the reader's environment change nothing on the local target."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.stand_in

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DEAD = "http://127.0.0.1:9"

CLIENTS = {
    "requests": "import requests; assert requests.get(url).status_code == 200",
    "httpx": "import httpx; assert httpx.get(url).status_code == 200",
    "urllib": "import urllib.request; assert urllib.request.urlopen(url).status == 200",
    "curl": "import lab; assert 'foo' in lab.curl(url)",
    "aiohttp": "import asyncio, lab; asyncio.run(lab.record(lab.read_chunks(url)))",
    "websockets": (
        "import asyncio, lab\n"
        "url = server.url('/websocket', 'ws')\n"
        "assert len(asyncio.run(lab.record(lab.read_messages(url))).strays) == 3"
    ),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment of which every part would lead astray."""
    folder = tmp_path_factory.mktemp("aws")
    (folder / "config").write_text(
        "[default\nregion = mars-north-1\n[profile broken]\ncredential_process = false\n"
    )
    (folder / "credentials").write_text("[default]\naws_access_key_id = AKIAREALLOOKING\n")
    proxies = {name: DEAD for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy")}
    return {
        **os.environ,
        **proxies,
        "no_proxy": "example.com",
        "AWS_PROFILE": "stale",
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_ACCESS_KEY_ID": "AKIAREALLOOKING",
        "AWS_SECRET_ACCESS_KEY": "real-looking",
        "AWS_SESSION_TOKEN": "real-looking",
        "AWS_REGION": "mars-north-1",
        "AWS_DEFAULT_REGION": "mars-north-1",
        "AWS_ENDPOINT_URL": DEAD,
        "AWS_ENDPOINT_URL_LAMBDA": DEAD,
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere/authorities.pem",
        "REQUESTS_CA_BUNDLE": "/nowhere/authorities.pem",
        "AWS_DEFAULTS_MODE": "none-of-them",
        "AWS_RETRY_MODE": "none-of-them",
        "NETRC": "/nowhere/netrc",
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_reaches_this_machine_past_a_dead_proxy(client: str, hostile: dict[str, str]) -> None:
    code = f"""
import lab
from server.embedded import EmbeddedServer
with EmbeddedServer() as server:
    url = server.url("/transfer-encoding")
    {CLIENTS[client].replace(chr(10), chr(10) + "    ")}
"""
    subprocess.run([sys.executable, "-c", code], cwd=NOTEBOOKS, env=hostile, check=True, timeout=60)


def test_boto3_deploys_to_the_stand_in_whatever_is_configured(hostile: dict[str, str]) -> None:
    code = """
from lab.cloud import start_cloud
from lab.deploy import FOLDERS, deploy
from lab import read_chunks, record
import asyncio
with start_cloud("06") as cloud:
    assert cloud.region == "ap-northeast-1" and cloud.account_id == "123456789012"
    url = deploy(cloud, "hello", FOLDERS / "node_text").url
    assert len(asyncio.run(record(read_chunks(url + "?count=3"))).items) == 3
"""
    subprocess.run([sys.executable, "-c", code], cwd=NOTEBOOKS, env=hostile, check=True, timeout=60)


@pytest.mark.parametrize("lesson", ["02"])
def test_a_lesson_runs_in_it(lesson: str, hostile: dict[str, str]) -> None:
    (path,) = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}})
    client.execute(env=hostile)
