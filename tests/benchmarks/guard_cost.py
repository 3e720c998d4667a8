"""What the guard costs: `python -m tests.benchmarks.guard_cost` prints microseconds."""

import socket
from timeit import timeit

from server.door import peer
from server.door.allowed import parse
from server.door.guard import Facts, Kind, Port, judge

HEADERS = [
    ("host", "127.0.0.1:4566"),
    ("accept-encoding", "identity"),
    ("x-amz-target", "AWSLambda.Invoke"),
    ("content-type", "application/json"),
    ("user-agent", "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13"),
    ("x-amz-date", "20261127T000000Z"),
    ("authorization", "AWS4-HMAC-SHA256 Credential=…"),
    ("amz-sdk-invocation-id", "00000000-0000-0000-0000-000000000000"),
    ("amz-sdk-request", "attempt=1"),
    ("content-length", "2"),
]
TIMES = 20_000


def microseconds(work: object) -> float:
    return timeit(work, number=TIMES) / TIMES * 1e6  # type: ignore[arg-type]


def main() -> None:
    allowed = parse("hub.example:4566,https://hub.example")
    for kind in Kind:
        port = Port(kind, 4566)
        cost = microseconds(lambda port=port: judge(port, Facts.of("POST", "/", HEADERS), allowed))
        print(f"a request with {len(HEADERS)} headers, {kind.value}: {cost:.1f} µs")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
        server.accept()[0] as accepted,
    ):
        print(f"the user of a connection: {microseconds(lambda: peer.user_of(accepted)):.1f} µs")


if __name__ == "__main__":
    main()
