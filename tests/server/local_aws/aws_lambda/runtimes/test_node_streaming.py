"""The managed Node runtime's streaming, byte for byte, from the Runtime API's side."""

import asyncio
import base64
import json
import signal
from contextlib import suppress
from pathlib import Path

import h11
import pytest

from server.local_aws.aws_lambda.runtimes import command
from tests.server.local_aws.aws_lambda.runtimes.node_cases import CASES, Case, chunked
from tests.support.fake_runtime_api import Posted
from tests.support.runtime_under_test import Guest, running

ARGV = command("nodejs24.x")


def write_handler(folder: Path, source: str, name: str = "index.mjs") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return folder


def streaming(body: str) -> str:
    return Case("", body, b"").source


def node_running(folder: Path, argv: list[str] = ARGV, **variables: str):
    return running(argv, folder, "index.handler", "nodejs24.x", **variables)


async def invoked(guest: Guest, event: object = None) -> Posted:
    guest.api.invoke(event or {})
    return await guest.api.answer()


def error_in(posted: Posted) -> tuple[str, str] | None:
    """Type and message from the trailers; both trailers must agree on the type."""
    if not posted.trailers:
        return None
    document = json.loads(base64.b64decode(posted.trailers["Lambda-Runtime-Function-Error-Body"]))
    assert list(posted.trailers) == [
        "Lambda-Runtime-Function-Error-Type",
        "Lambda-Runtime-Function-Error-Body",
    ]
    assert list(document) == ["errorType", "errorMessage", "trace"]
    assert document["errorType"] == posted.trailers["Lambda-Runtime-Function-Error-Type"]
    return document["errorType"], document["errorMessage"]


def expected_raw(case: Case, posted: Posted) -> bytes:
    if case.error is None:
        return case.raw
    trailers = "".join(f"{name}: {value}\r\n" for name, value in posted.trailers.items())
    return case.raw + b"0\r\n" + trailers.encode() + b"\r\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_bytes_on_the_runtime_api(case: Case, tmp_path: Path) -> None:
    async with node_running(write_handler(tmp_path, case.source)) as guest:
        posted = await invoked(guest)
        assert posted.head.decode().split("\r\n") == [
            "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            "Trailer: Lambda-Runtime-Function-Error-Type",
            "Trailer: Lambda-Runtime-Function-Error-Body",
            f"Content-Type: {case.content_type}",
            "Transfer-Encoding: chunked",
            f"Host: {guest.api.address}",
            "Connection: keep-alive",
            "",
            "",
        ]
        assert error_in(posted) == case.error
        assert posted.raw == expected_raw(case, posted)
        await guest.logged(case.logged)
        assert (await invoked(guest)).raw == expected_raw(case, posted)  # and the next one is the same


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_an_independent_parser_reads_the_same(case: Case, tmp_path: Path) -> None:
    async with node_running(write_handler(tmp_path, case.source)) as guest:
        posted = await invoked(guest)
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(posted.head + posted.raw)
    events = []
    while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        events.append(event)
    assert isinstance(events[-1], h11.EndOfMessage)
    assert b"".join(event.data for event in events[1:-1]) == posted.body
    assert len(events[-1].headers) == len(posted.trailers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_published_client_sends_the_same(
    case: Case, tmp_path: Path, published_node_client: list[str]
) -> None:
    write_handler(tmp_path, case.source)
    variables = {"AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true"}
    async with (
        node_running(tmp_path) as ours,
        node_running(tmp_path, published_node_client, **variables) as theirs,
    ):
        our, their = await invoked(ours), await invoked(theirs)
        address = ours.api.address.encode(), theirs.api.address.encode()
        assert our.head.replace(*address) == their.head
        assert ours.api.requests[0].replace(*address) == theirs.api.requests[0]
        assert error_in(our) == error_in(their)
        assert our.raw == expected_raw(case, our)
        assert their.raw == expected_raw(case, their)


async def test_each_write_is_sent_at_once(tmp_path: Path) -> None:
    body = """
      for (let i = 0; i < 10; i++) {
        rs.write(String(Date.now()));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      rs.end();"""
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        posted = await invoked(guest)
    lags = sorted(chunk.at * 1000 - int(chunk.data) for chunk in posted.chunks)
    assert len(lags) == 10
    assert lags[5] < 50  # held back to the end, the fifth would lag by 250


async def test_nothing_is_sent_before_the_first_write(tmp_path: Path) -> None:
    body = """
      console.log("thinking");
      await new Promise((resolve) => process.once("SIGUSR2", resolve));
      rs.write("one"); rs.end();"""
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        guest.api.invoke({})
        await guest.logged("thinking")
        await asyncio.sleep(0.2)
        assert guest.api.receiving is None
        guest.process.send_signal(signal.SIGUSR2)
        assert (await guest.api.answer()).body == b"one"


async def test_returning_without_end_leaves_the_response_open(tmp_path: Path) -> None:
    body = 'rs.write("one"); console.log("returning");'
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        guest.api.invoke({})
        await guest.logged("returning")
        with suppress(TimeoutError):
            await guest.api.answer(within=0.5)
        assert guest.api.receiving is not None
        assert guest.api.receiving.raw == chunked(b"one")
        assert guest.process.returncode is None


async def test_the_writer_waits_while_nobody_reads(tmp_path: Path) -> None:
    body = """
      const chunk = Buffer.alloc(65_536);
      for (let i = 0; i < 1024; i++) {
        if (!rs.write(chunk)) await new Promise((resolve) => rs.once("drain", resolve));
      }
      console.log("all written");
      rs.end();"""
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        guest.api.reading.clear()
        guest.api.invoke({})
        await asyncio.sleep(1.5)
        assert guest.api.receiving is not None
        assert "all written" not in guest.log
        guest.api.reading.set()
        posted = await guest.api.answer()
        assert len(posted.body) == 1024 * 65_536
        assert all(len(chunk.data) == 65_536 for chunk in posted.chunks)


async def test_a_pipeline_whose_source_fails_cuts_the_connection(tmp_path: Path) -> None:
    """`pipeline` destroys its destination, so that no trailer can follow. The published client
    ends as well."""
    body = """
      await pipeline(async function* () {
        yield "one";
        await new Promise((resolve) => setTimeout(resolve, 100));
        throw new Error("source");
      }, rs);"""
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        posted = await invoked(guest)
        assert posted.raw == chunked(b"one") and not posted.complete
        assert await guest.exit_code() == 1


async def test_a_name_that_no_trailer_can_hold(tmp_path: Path) -> None:
    body = 'throw Object.assign(new Error("é\\n"), {name: "Fehler\\r\\nX: ü"});'
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        posted = await invoked(guest)
        assert posted.trailers["Lambda-Runtime-Function-Error-Type"] == "Fehler%0D%0AX: %C3%BC"
        assert posted.complete


@pytest.mark.parametrize(
    "statement", ["setTimeout(() => { throw new Error('late'); });", "Promise.reject(new Error('late'));"]
)
async def test_an_error_that_no_one_handles_ends_the_process(statement: str, tmp_path: Path) -> None:
    body = f'rs.write("one"); await new Promise((resolve) => setTimeout(resolve, 100)); {statement}'
    async with node_running(write_handler(tmp_path, streaming(body))) as guest:
        posted = await invoked(guest)
        assert posted.path.endswith("/response") and not posted.complete
        assert await guest.exit_code() == 1
        assert guest.api.receiving is posted  # no /error either


async def test_the_runtime_api_refusing_a_response_is_logged(tmp_path: Path) -> None:
    async with node_running(write_handler(tmp_path, streaming('rs.write("one"); rs.end();'))) as guest:
        guest.api.status = "413 Request Entity Too Large"
        await invoked(guest)
        await guest.logged("The Runtime API answered 413")
        assert (await invoked(guest)).body == b"one"


async def test_the_runtime_ends_when_the_runtime_api_is_gone(tmp_path: Path) -> None:
    async with node_running(
        write_handler(tmp_path, streaming("rs.end();")), AWS_LAMBDA_RUNTIME_API="127.0.0.1:9"
    ) as guest:
        assert await guest.exit_code() == 1
