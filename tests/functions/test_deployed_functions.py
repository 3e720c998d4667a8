"""Each folder in lambda/, run as it is zipped, sends the same items for the same three parameters."""

import asyncio
import base64
import filecmp
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab.deploy.function import FOLDERS, SHARED, shared_files, zip_folder
from server.items import Items
from server.local_aws.aws_lambda.environments import code
from server.local_aws.aws_lambda.runtimes import command
from tests.support.fake_runtime_api import Posted
from tests.support.guests import guest_source
from tests.support.runtime_under_test import Guest, running
from tests.support.shapes import one_by_one

PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
FAILING = ["node_failure", "node_sse", "python_streaming"]
NODE = ["node_text", "node_sse", "node_prelude", "node_rest", "node_failure"]
WRAPPED = ["python_streaming", "web_adapter"]
STREAMING = [*NODE, *WRAPPED]


@asynccontextmanager
async def deployed(name: str, folder: Path | None = None) -> AsyncIterator[Guest]:
    """The function in an execution environment; those with a wrapper are started through it, as on AWS."""
    runtime, handler = ("nodejs24.x", "index.handler") if name in NODE else ("python3.13", "app.handler")
    with TemporaryDirectory() as build:
        folder = folder or unzipped(name, Path(build))
        argv = [str(folder / "wrapper")] * (name in WRAPPED) + command(runtime)
        async with running(argv, folder, handler, runtime) as guest:
            yield guest


def unzipped(name: str, build: Path) -> Path:
    """What the zip of a function holds; the web adapter's has the server package added."""
    more = [FOLDERS.parent / "server"] if name == "web_adapter" else []
    code.unpack([zip_folder(FOLDERS / name, *more)], build / "task", 262_144_000)
    return build / "task"


async def invoked(guest: Guest, event: object) -> Posted:
    guest.api.invoke(event)
    return await guest.api.answer()


def url_event(query: dict[str, str], path: str = "/", method: str = "GET", **more: object) -> dict:
    """A Function URL's event, payload format 2.0, as far as the functions look at it."""
    raw = "&".join(f"{name}={value}" for name, value in query.items())
    http = {"method": method, "path": path}
    event = {"version": "2.0", "rawPath": path, "rawQueryString": raw, "requestContext": {"http": http}}
    return event | ({"queryStringParameters": query} if query else {}) | more


def rest_event(query: dict[str, str], path: str = "/") -> dict:
    """A REST API's event, payload format 1.0."""
    return {
        "httpMethod": "GET",
        "path": path,
        "headers": None,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "body": None,
    }


def split(posted: Posted) -> tuple[dict | None, bytes]:
    """The prelude, where there is one, and the body behind it."""
    if posted.header("content-type") != PRELUDE_TYPE:
        return None, posted.body
    prelude, nuls, body = posted.body.partition(bytes(8))
    assert nuls
    return json.loads(prelude), body


def item_texts(name: str, body: bytes) -> list[str]:
    lines = body.decode().splitlines()
    return [
        line.removeprefix("data: ") for line in lines if name != "node_sse" or line.startswith('data: {"seq')
    ]


EVENTS = {
    "bare": lambda query, path: {name: int(value) for name, value in query.items()},
    "url": url_event,
    "rest": rest_event,
}


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("name", STREAMING)
async def test_stamped_items(name: str, kind: str) -> None:
    query = {"count": "5", "interval_ms": "20", "pad": "3"}
    if name == "node_failure":
        query["fail_after"] = "5"
    async with deployed(name) as guest:
        posted = await invoked(guest, EVENTS[kind](query, "/transfer-encoding"))
    assert posted.complete and not posted.trailers
    assert posted.header("lambda-runtime-function-response-mode") == "streaming"
    texts = item_texts(name, split(posted)[1])
    items = Items(count=5, interval_ms=20, pad=3, stamped=True)
    assert [json.dumps(json.loads(text)) for text in texts] == texts  # the bytes json.dumps would write
    assert [json.loads(text) | {"sent": 0} for text in texts] == [
        json.loads(items.text(seq)) | {"sent": 0} for seq in range(5)
    ]
    sent = [json.loads(text)["sent"] for text in texts]
    assert all(later - earlier >= 0.015 for earlier, later in pairwise(sent))
    assert abs(sent[-1] - posted.chunks[-1].at) < 10  # epoch seconds


@pytest.mark.parametrize("name", STREAMING)
async def test_items_leave_one_by_one(name: str) -> None:
    query = {"count": "10", "interval_ms": "50"}
    if name == "node_failure":
        query["fail_after"] = "10"
    async with deployed(name) as guest:
        posted = await invoked(guest, url_event(query, "/transfer-encoding"))
    stamped = [chunk for chunk in posted.chunks if b'"seq"' in chunk.data]
    assert len(stamped) == 10
    sent = [json.loads(item_texts(name, chunk.data)[0])["sent"] for chunk in stamped]
    assert one_by_one(sent, [chunk.at for chunk in stamped])


@pytest.mark.parametrize("name", STREAMING)
@pytest.mark.parametrize(
    "query", [{"count": "0"}, {"count": "many"}, {"interval_ms": "1.5"}, {"pad": "99999999999"}], ids=str
)
async def test_a_bad_parameter_is_answered_with_400(name: str, query: dict[str, str]) -> None:
    async with deployed(name) as guest:
        prelude, body = split(await invoked(guest, url_event(query, "/transfer-encoding")))
    with pytest.raises(ValueError) as raised:
        Items.from_query(query)
    assert prelude is not None and prelude["statusCode"] == 400
    headers = {name.lower(): value for name, value in prelude["headers"].items()}
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == raised.value.details()


@pytest.mark.parametrize("name", ["node_text", "node_prelude", "python_streaming"])
async def test_the_articles_output(name: str) -> None:
    async with deployed(name) as guest:
        posted = await invoked(guest, url_event({}))
    assert split(posted)[1] == b"test\n" * 3
    last_three = [chunk.at for chunk in posted.chunks[-3:]]
    assert 1.5 < last_three[2] - last_three[0] < 4


async def test_the_articles_sse() -> None:
    async with deployed("node_sse") as guest:
        posted = await invoked(guest, url_event({}))
    assert posted.header("content-type") == "text/event-stream"
    assert [chunk.data for chunk in posted.chunks] == [b"event: test\ndata: test\n\n"] * 3


async def test_sse_resumes_and_ends() -> None:
    query = {"count": "3", "interval_ms": "0"}
    async with deployed("node_sse") as guest:
        body = (await invoked(guest, url_event(query, headers={"last-event-id": "0"}))).body.decode()
        assert [line for line in body.splitlines() if not line.startswith('data: {"seq')] == [
            *("event: test", "id: 1", "retry: 1000", ""),
            *("event: test", "id: 2", ""),
            *("event: end", 'data: {"count": 3}', ""),
        ]
        done = await invoked(guest, rest_event(query) | {"headers": {"Last-Event-ID": "2"}})
        assert split(done) == ({"statusCode": 204}, b"")
        wrong = await invoked(guest, url_event(query, headers={"last-event-id": "3"}))
        assert json.loads(split(wrong)[1])["parameter"] == "Last-Event-ID"


async def test_the_prelude_has_status_headers_and_cookies() -> None:
    async with deployed("node_prelude") as guest:
        prelude, _ = split(await invoked(guest, {"count": 2, "interval_ms": 0}))
    assert prelude == {
        "statusCode": 201,
        "headers": {"content-type": "text/plain; charset=utf-8", "x-items": "2"},
        "cookies": ["first=1; Path=/", "second=2; Path=/; HttpOnly"],
    }


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("fail_after", [0, 1, 3])
async def test_a_failure_in_mid_stream_comes_in_the_trailers(name: str, fail_after: int) -> None:
    async with deployed(name) as guest:
        posted = await invoked(guest, {"count": 5, "interval_ms": 0, "fail_after": fail_after})
        after = await invoked(guest, {"count": 1, "fail_after": 1})
    assert len(item_texts(name, split(posted)[1])) == fail_after
    error = json.loads(base64.b64decode(posted.trailers["Lambda-Runtime-Function-Error-Body"]))
    assert error["errorMessage"] == f"failed after {fail_after} items"
    assert error["errorType"] == posted.trailers["Lambda-Runtime-Function-Error-Type"]
    assert posted.complete and after.complete and not after.trailers
    if name == "node_sse":
        assert b"event: end" in after.body and b"event: end" not in posted.body, "the end is in the data"


async def test_a_bad_fail_after() -> None:
    for name in FAILING:
        async with deployed(name) as guest:
            prelude, body = split(await invoked(guest, {"fail_after": "x"}))
            assert prelude is not None and prelude["statusCode"] == 400
            assert json.loads(body)["parameter"] == "fail_after"


async def test_a_python_generator_streams_only_through_the_wrapper() -> None:
    assert filecmp.cmp(
        FOLDERS / "python_generator/app.py", FOLDERS / "python_streaming/app.py", shallow=False
    )
    async with deployed("python_generator") as guest:
        posted = await invoked(guest, {"count": 2})
    assert posted.path.endswith("/error")
    assert posted.document["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize("name", ["python_streaming", "python_buffered"])
async def test_the_items_come_as_events_when_asked_for(name: str) -> None:
    async with deployed(name) as guest:
        posted = await invoked(guest, url_event({"count": "3", "interval_ms": "0", "format": "sse"}))
    if name == "python_streaming":
        head, body = split(posted)
        assert head is not None
    else:
        head = json.loads(posted.body)
        body = head["body"].encode()
    assert head["headers"]["content-type"] == "text/event-stream"
    *events, rest = body.decode().split("\n\n")
    assert rest == "" and [event.splitlines()[:2] for event in events] == [
        ["event: test", f"id: {seq}"] for seq in range(3)
    ]


@pytest.mark.parametrize("kind", EVENTS)
async def test_the_buffered_twin_returns_the_items(kind: str) -> None:
    async with deployed("python_buffered") as guest:
        posted = await invoked(guest, EVENTS[kind]({"count": "5", "interval_ms": "0"}, "/"))
        refused = await invoked(guest, EVENTS[kind]({"count": "0"}, "/"))
    result = json.loads(posted.body)
    assert result["statusCode"] == 200 and result["headers"]["content-type"].startswith("text/plain")
    assert [json.loads(line)["seq"] for line in result["body"].splitlines()] == list(range(5))
    assert json.loads(refused.body)["statusCode"] == 400


async def test_the_gateway_function_in_its_other_formats() -> None:
    query = {"count": "2", "interval_ms": "0"}
    async with deployed("node_rest") as guest:
        events = split(await invoked(guest, rest_event({**query, "format": "sse"})))
        plain = await invoked(guest, rest_event({**query, "format": "plain"}))
    assert events[0] is not None and events[0]["headers"]["content-type"] == "text/event-stream"
    assert events[1].startswith(b"event: test\nid: 0\ndata: ") and events[1].endswith(b'{"count": 2}\n\n')
    assert plain.header("content-type") == "text/plain" and bytes(8) not in plain.body


@pytest.mark.parametrize("folder", sorted(FOLDERS.glob("*/shared.txt")), ids=lambda path: path.parent.name)
def test_a_function_takes_what_it_names_of_the_shared_files_and_nothing_else(folder: Path) -> None:
    folder = folder.parent
    with zipfile.ZipFile(io.BytesIO(zip_folder(folder))) as archive:
        held = {
            entry.filename: entry.external_attr >> 16 for entry in archive.infolist() if not entry.is_dir()
        }
    own = {path.name for path in folder.iterdir() if path.is_file()} - {"shared.txt"}
    assert own.isdisjoint(shared_files(folder))
    assert set(held) == own | set(shared_files(folder))
    assert held.get("wrapper", 0o755) & 0o111 == 0o111


def test_every_shared_file_is_taken_by_a_function() -> None:
    taken = {name for folder in FOLDERS.iterdir() if folder.is_dir() for name in shared_files(folder)}
    assert taken == {path.name for path in SHARED.iterdir() if path.name != "__pycache__"}


# --- the streaming runtime


def function(folder: Path, app: str, of: str = "python_streaming", **files: str) -> Path:
    """A copy of a function's folder with another app.py."""
    for source in (SHARED / "wrapper", SHARED / "runtime.py", FOLDERS / of / "app.py"):
        path = folder / source.name
        path.write_bytes(source.read_bytes())
        path.chmod(0o755)
    if app:
        (folder / "app.py").write_text(app)
    return folder


async def test_the_runtime_sends_what_is_yielded(tmp_path: Path) -> None:
    async with deployed("python_streaming", function(tmp_path, guest_source("yields_text.py"))) as guest:
        posted = await invoked(guest, {})
    assert posted.header("lambda-runtime-invocation-id") == "attempt-1"
    assert (
        posted.header("trailer") == "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
    )
    assert posted.header("content-type") == "text/plain"
    assert posted.raw == b"2\r\n\xc3\xa9\r\n4\r\n\0raw\r\n0\r\n\r\n"


async def test_the_runtime_sends_nothing_for_an_empty_generator(tmp_path: Path) -> None:
    async with deployed(
        "python_streaming", function(tmp_path, "def handler(e, c):\n    yield from ()")
    ) as guest:
        posted = await invoked(guest, {})
    assert posted.path.endswith("/response") and posted.raw == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("app", "error_type"),
    [
        ("def handler(e, c):\n    raise KeyError('k')\n    yield", "KeyError"),
        ("def handler(e, c):\n    return {'not': 'a generator'}", "TypeError"),
    ],
)
async def test_a_failure_before_the_first_item_is_an_ordinary_error(
    app: str, error_type: str, tmp_path: Path
) -> None:
    async with deployed("python_streaming", function(tmp_path, app)) as guest:
        posted = await invoked(guest, {})
        await guest.logged(error_type)
    assert posted.path == "/2018-06-01/runtime/invocation/request-1/error"
    assert posted.header("lambda-runtime-function-error-type") == error_type
    assert posted.header("lambda-runtime-invocation-id") == "attempt-1"
    assert posted.document["errorType"] == error_type


async def test_something_yielded_that_is_no_text_fails_in_mid_stream(tmp_path: Path) -> None:
    app = "def handler(e, c):\n    yield 'one'\n    yield 2"
    async with deployed("python_streaming", function(tmp_path, app)) as guest:
        posted = await invoked(guest, {})
    assert posted.body == b"one"
    assert posted.trailers["Lambda-Runtime-Function-Error-Type"] == "TypeError"


async def test_a_handler_that_cannot_be_imported(tmp_path: Path) -> None:
    async with deployed("python_streaming", function(tmp_path, "import nowhere")) as guest:
        posted = await guest.api.answer()
        assert posted.path == "/2018-06-01/runtime/init/error"
        assert posted.document["errorType"] == "ModuleNotFoundError"
        assert await guest.exit_code() == 1


async def test_the_runtime_ends_when_the_runtime_api_breaks_off(tmp_path: Path) -> None:
    async with deployed("python_streaming", function(tmp_path, guest_source("yields_for_ever.py"))) as guest:
        guest.api.invoke({})
        await guest.logged("streaming")
        await guest.streaming()
        guest.api.break_off()
        assert await guest.exit_code() == 1


async def test_the_generator_waits_while_nobody_reads(tmp_path: Path) -> None:
    async with deployed("python_streaming", function(tmp_path, guest_source("yields_64_mb.py"))) as guest:
        guest.api.reading.clear()
        guest.api.invoke({})
        await asyncio.sleep(1.5)
        assert guest.api.receiving is not None
        assert "all written" not in guest.log
        guest.api.reading.set()
        assert len((await guest.api.answer()).body) == 1024 * 65_536


# --- the web adapter


async def test_the_adapter_passes_status_and_headers_on() -> None:
    async with deployed("web_adapter") as guest:
        prelude, body = split(await invoked(guest, url_event({}, "/nowhere")))
        assert prelude is not None and prelude["statusCode"] == 404
        assert json.loads(body)["paths"] == ["/transfer-encoding", "/sse", "/websocket"]
        page = {"origin": "http://localhost:8888", "connection": "keep-alive", "host": "x.lambda-url"}
        prelude, body = split(await invoked(guest, url_event({"count": "1"}, "/sse", headers=page)))
        assert prelude is not None
        assert prelude["headers"]["Access-Control-Allow-Origin"] == "http://localhost:8888"
        assert prelude["headers"]["Content-Type"] == "text/event-stream"
        assert "Transfer-Encoding" not in prelude["headers"]
        assert body.startswith(b"event: test\nid: 0\nretry: 1000\n")
        prelude, _ = split(await invoked(guest, url_event({}, "/sse", method="DELETE")))
        assert prelude is not None and prelude["statusCode"] == 405


@pytest.fixture
def echo_function(tmp_path: Path) -> Path:
    """The adapter in front of another server: the `server` package in the zip is the one it finds."""
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "__init__.py").touch()
    (tmp_path / "server" / "embedded.py").write_text(guest_source("echo_server.py"))
    return function(tmp_path, "", of="web_adapter")


async def test_the_adapter_passes_body_and_cookies_on(echo_function: Path) -> None:
    event = url_event(
        {"a": "1%202"},
        "/p%2Fq/é",
        method="POST",
        headers={"content-length": "999", "content-type": "application/octet-stream"},
        cookies=["one=1", "two=2"],
        body=base64.b64encode(b"\xff\x00").decode(),
        isBase64Encoded=True,
    )
    async with deployed("web_adapter", echo_function) as guest:
        prelude, body = split(await invoked(guest, event))
    assert prelude is not None and prelude["statusCode"] == 201
    assert prelude["cookies"] == ["a=1", "b=2"]
    assert prelude["headers"]["Vary"] == "x, y"
    assert json.loads(body) == {"target": "/p%2Fq/%C3%A9?a=1%202", "cookie": "one=1; two=2", "body": "\xff\0"}


async def test_a_server_that_breaks_off_is_a_failure_in_mid_stream(echo_function: Path) -> None:
    async with deployed("web_adapter", echo_function) as guest:
        posted = await invoked(guest, url_event({}))
    assert split(posted)[1] == b"cut short"
    assert posted.trailers["Lambda-Runtime-Function-Error-Type"] == "ConnectionError"


@asynccontextmanager
async def asgi_deployed(tmp_path: Path) -> AsyncIterator[Guest]:
    """The adapter around an ASGI application, named by a variable."""
    folder = unzipped("web_adapter", tmp_path)
    (folder / "main.py").write_text(guest_source("asgi_app.py"))
    argv = [str(folder / "wrapper"), *command("python3.13")]
    async with running(argv, folder, "app.handler", "python3.13", ASGI_APP="main:app") as guest:
        yield guest


async def test_the_adapter_takes_any_asgi_application(tmp_path: Path) -> None:
    event = url_event(
        {"a": "1%202"}, "/p%20q", method="POST", headers={"x": "y"}, cookies=["c=1"], body="text"
    )
    async with asgi_deployed(tmp_path) as guest:
        prelude, body = split(await invoked(guest, event))
        assert prelude is not None
        assert (prelude["statusCode"], prelude["cookies"]) == (201, ["a=1", "b=2"])
        assert json.loads(body) == {
            **{"path": "/p q", "method": "POST", "scheme": "https", "query": "a=1%202"},
            **{"body": "text", "started": [True], "cookie": "c=1"},
        }
        streamed = await invoked(guest, url_event({}))
        lines = [chunk for chunk in streamed.chunks if chunk.data.startswith(b'{"seq"')]
        assert one_by_one([json.loads(line.data)["sent"] for line in lines], [line.at for line in lines])
        late = await invoked(guest, url_event({}, "/late"))
        assert late.trailers["Lambda-Runtime-Function-Error-Type"] == "LookupError"
        assert len(split(late)[1].splitlines()) == 3
        early = await invoked(guest, url_event({}, "/early"))
        assert json.loads(early.body)["errorMessage"] == "before the response"
        silent = await invoked(guest, url_event({}, "/silent"))
        assert json.loads(silent.body)["errorMessage"] == "the application sent no response"
