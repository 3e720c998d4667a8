"""Frames that break RFC 6455, at the origin: each ends the connection with the RFC's code."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.websocket_frames import NEVER_DEFINED, FrameCheck
from tests.support.origin_clients import (
    UPGRADE,
    WatchedOrigin,
    connect,
    eventually,
    read_to_end,
    read_until,
    request,
)
from tests.support.websocket_frames import BROKEN, LEGAL_CODES, close, masked

SLOW = "/websocket?count=3&interval_ms=60000"


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_frame_ends_the_connection_with_its_code(watched: WatchedOrigin, kind: str) -> None:
    frames, code = BROKEN[kind]
    with connect(watched.port, request(SLOW, UPGRADE)) as connection:
        read_until(connection, b"}")
        connection.sendall(frames)
        closing = read_until(connection, b"\x88") + connection.recv(100)
    assert struct.unpack(">H", closing[closing.index(b"\x88") + 2 :][:2]) == (code,)
    assert eventually(lambda: watched.working == 0)


@pytest.mark.parametrize("code", LEGAL_CODES)
def test_a_close_code_that_may_be_sent_is_echoed(watched: WatchedOrigin, code: int) -> None:
    with connect(watched.port, request(SLOW, UPGRADE)) as connection:
        read_until(connection, b"}")
        connection.sendall(close(code, "enough: 十分".encode()))
        assert b"\x88\x02" + struct.pack(">H", code) in read_to_end(connection)


def test_what_comes_together_with_the_handshake_is_held_to_the_protocol(watched: WatchedOrigin) -> None:
    for frames, answer in ((masked(0x89, b"early"), b"\x8a\x05early"), (b"\x81\x01x", b"\x88\x02\x03\xea")):
        with connect(watched.port, request(SLOW, UPGRADE) + frames) as connection:
            read_until(connection, answer)


GOOD = b"".join(
    [
        masked(0x81, b"text"),
        masked(0x01, b"begun"),
        masked(0x89, b"ping"),
        masked(0x00),
        masked(0x80, b"x" * 300),
        masked(0x82, b"y" * 70_000, b"\xff" + struct.pack(">Q", 70_000)),
        close(4000, b"bye"),
    ]
)


@given(st.lists(st.integers(0, len(GOOD)), max_size=20))
def test_good_frames_pass_as_they_are_however_they_are_cut(cuts: list[int]) -> None:
    check = FrameCheck()
    borders = [0, *sorted(cuts), len(GOOD)]
    passed = [check.feed(GOOD[start:end]) for start, end in pairwise(borders)]
    assert b"".join(passed) == GOOD


@given(st.sampled_from(sorted(kind for kind in BROKEN if kind.startswith(("no mask", "close ")))), st.data())
def test_a_broken_frame_is_found_however_it_is_cut(kind: str, data: st.DataObject) -> None:
    frames, _ = BROKEN[kind]
    check, passed = FrameCheck(), b""
    while frames:
        size = data.draw(st.integers(1, len(frames)))
        passed += check.feed(frames[:size])
        frames = frames[size:]
    assert passed.endswith(NEVER_DEFINED)
    assert check.feed(b"\x81\x01x") == b""
