"""What asking for the user costs behind App Runner's proxy: `python -m tests.benchmarks.envoy_users`.

Two Envoys in front of one server, one that asks a stand-in for each request's user and one that does not, in
turns. Prints the median of each, and of the rounds' ratios.
"""

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import closing

from aiohttp import web

from server.door.allowed import VARIABLE
from server.embedded import EmbeddedServer
from server.envoy.process import (
    Configuration,
    command,
    drain,
    envoy_program,
    free_port,
    listening_on,
    read_until_ready,
    wait_until_listening,
)
from server.local_aws.app_runner.proxy import configuration
from server.origin import make_app
from server.processes.guarded import GuardedProcess
from tests.support.account import start_stand_in

ROUNDS = 15
REQUESTS = 100
MEGABYTES = 300


def with_large(app: web.Application) -> web.Application:
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(MEGABYTES * 16):
            await response.write(bytes(65_536))
        return response

    app.router.add_get("/large", large)
    return app


def without_question(configured: Configuration) -> Configuration:
    """What there was before."""
    resources = configured["static_resources"]
    listener = resources["listeners"][0]
    del listener["listener_filters"], listener["listener_filters_timeout"]
    del listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"][0]
    del resources["clusters"][1]
    return configured


def start(configured: Configuration, port: int) -> GuardedProcess:
    process = GuardedProcess(command(envoy_program(), configured))
    assert read_until_ready(process.errors) is None
    wait_until_listening(port)
    asyncio.get_running_loop().run_in_executor(None, drain, process.errors)
    return process


def on_new_connections(port: int) -> float:
    """Milliseconds of a request."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/transfer-encoding?count=1&interval_ms=0")
            connection.getresponse().read()
    return (time.perf_counter() - started) / REQUESTS * 1000


def on_one_connection(port: int) -> float:
    """Milliseconds of a request."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        for _ in range(REQUESTS):
            connection.request("GET", "/transfer-encoding?count=1&interval_ms=0")
            connection.getresponse().read()
        return (time.perf_counter() - started) / REQUESTS * 1000


def lag(port: int) -> float:
    """Milliseconds from the writing of an item to its reading, the median."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", "/transfer-encoding?count=50&interval_ms=10")
        response = connection.getresponse()
        return statistics.median(
            (time.time() - json.loads(line)["sent"]) * 1000 for line in iter(response.readline, b"")
        )


def throughput(port: int) -> float:
    """MB/s."""
    argv = ["curl", "-so", "/dev/null", "-w", "%{speed_download}", f"http://127.0.0.1:{port}/large"]
    return float(subprocess.run(argv, capture_output=True, text=True, check=True).stdout) / 1e6


MEASURED: dict[str, Callable[[int], float]] = {
    "a request on a connection of its own, ms": on_new_connections,
    "a request on a connection that is kept, ms": on_one_connection,
    "lag of an item of a stream, ms": lag,
    "throughput of a response, MB/s": throughput,
}


def compare(name: str, measure: Callable[[int], float], before: int, after: int) -> None:
    first, second = [], []
    for number in range(ROUNDS):
        for port in (before, after) if number % 2 else (after, before):
            (first if port == before else second).append(measure(port))
    ratio = statistics.median(there / here for here, there in zip(first, second, strict=True))
    medians = f"{statistics.median(first):.3f} without, {statistics.median(second):.3f} with the question"
    print(f"{name}: {medians}; ratio {ratio:.3f}", flush=True)


async def main() -> None:
    os.environ[VARIABLE] = "localhost"  # App Runner's proxy keeps the client's Host, which is Envoy's port
    process, asked = start_stand_in()
    with process, EmbeddedServer(lambda: with_large(make_app())) as server:
        ports = [free_port(), free_port()]
        before, after = (listening_on(configuration(server.url(""), 120), port, asked) for port in ports)
        envoys = [start(without_question(before), ports[0]), start(after, ports[1])]
        try:
            for name, measure in MEASURED.items():
                await asyncio.to_thread(compare, name, measure, *ports)
        finally:
            for envoy in envoys:
                envoy.kill()
            process.terminate()


if __name__ == "__main__":
    asyncio.run(main())
