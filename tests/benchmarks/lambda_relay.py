"""How fast a RESPONSE_STREAM URL relays: `python -m tests.benchmarks.lambda_relay`.

Prints the throughput of 64 KiB chunks and the rate of 20-byte chunks, both without the rate limit, and the
lag of twenty items 50 ms apart. The function, the stand-in and the client share this machine.
"""

import asyncio
import json
import math
import socket
import statistics
import time
from dataclasses import replace
from urllib.parse import urlsplit

from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account


def receive(url: str) -> tuple[int, float, list[float]]:
    """Bytes received, seconds from the request to the end, and the lag (seconds) of each stamped item."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as peer:
        started = time.perf_counter()
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        size, lags = 0, []
        while data := peer.recv(1 << 18):
            now = time.time()
            size += len(data)
            if (at := data.find(b'{"seq"')) >= 0:
                lags.append(now - json.loads(data[at:].splitlines()[0])["sent"])
        return size, time.perf_counter() - started, lags


async def main() -> None:
    stand_in = StandIn(replace(Limits(), stream_rate=math.inf, streamed_response=1 << 40))
    aws = Account(await stand_in.start())

    def best(handler: str, given: list[float]) -> tuple[int, float, list[float]]:
        url = aws.url(aws.deploy(handler, given))
        return min((receive(url) for _ in range(4)), key=lambda run: run[1])

    size, seconds, _ = await asyncio.to_thread(best, "limits.streams_chunks", [3000, 65_536])
    print(f"64 KiB chunks: {size / seconds / 1e6:.0f} MB/s")
    _, seconds, _ = await asyncio.to_thread(best, "limits.streams_chunks", [40_000, 20])
    print(f"20-byte chunks: {40_000 / seconds:.0f} a second")
    _, _, lags = await asyncio.to_thread(best, "basic.stamped", [20, 0.05])
    median, most = statistics.median(lags) * 1000, max(lags) * 1000
    print(f"{len(lags)} items: lag median {median:.2f} ms, max {most:.2f} ms")
    await stand_in.stop()


if __name__ == "__main__":
    asyncio.run(main())
