"""The frame annotator, on frames that the websockets library made."""

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets import frames
from websockets.utils import accept_key

from lab.wire import Frame, Part, WebSocketAnnotator, accept_for


def annotate(pieces: list[bytes], sender: str = "server") -> WebSocketAnnotator:
    annotator = WebSocketAnnotator(sender)  # type: ignore[arg-type]
    for piece in pieces:
        annotator.feed(piece, 0.0)
    annotator.end(0.0)
    return annotator


def made(opcode: int, data: bytes, mask: bool = False, fin: bool = True) -> bytes:
    return frames.Frame(frames.Opcode(opcode), data, fin).serialize(mask=mask)


def shape(parts: list[Part]) -> list[tuple[str, bytes, str, int]]:
    return [(part.kind, part.raw, part.note, part.level) for part in parts]


def test_the_articles_messages_and_the_close() -> None:
    raw = made(1, b"foo\n") + made(8, frames.Close(1000, "bye").serialize())
    assert shape(annotate([raw]).parts) == [
        ("frame", b"\x81\x04foo\n", "opcode 1, text, fin, 4 bytes", 0),
        ("opcode", b"\x81", "1000 0001: fin, opcode 1, text", 1),
        ("length", b"\x04", "0 0000100: not masked, 4 bytes", 1),
        ("payload", b"foo\n", r'"foo\n"', 1),
        ("frame", b"\x88\x05\x03\xe8bye", "opcode 8, close, fin, 5 bytes", 0),
        ("opcode", b"\x88", "1000 1000: fin, opcode 8, close", 1),
        ("length", b"\x05", "0 0000101: not masked, 5 bytes", 1),
        ("close code", b"\x03\xe8", "1000, normal closure", 1),
        ("close reason", b"bye", '"bye"', 1),
    ]


def test_the_example_of_the_rfc_masked() -> None:
    """RFC 6455 section 5.7: a single-frame masked text message, "Hello"."""
    raw = bytes.fromhex("818537fa213d7f9f4d5158")
    assert shape(annotate([raw], "client").parts) == [
        ("frame", raw, "opcode 1, text, fin, masked, 5 bytes", 0),
        ("opcode", b"\x81", "1000 0001: fin, opcode 1, text", 1),
        ("length", b"\x85", "1 0000101: masked, 5 bytes", 1),
        ("masking key", bytes.fromhex("37fa213d"), "the payload is XORed with it", 1),
        ("payload", bytes.fromhex("7f9f4d5158"), 'unmasked: "Hello"', 1),
    ]


@pytest.mark.parametrize(
    ("raw", "sender", "words"),
    [
        (made(1, b"x"), "client", "not masked, which a client must"),
        (Frame(1, b"x", b"mask").encode(), "server", "masked, which a server must not"),
        (made(1, b"x", fin=False), "server", "more frames follow"),
        (made(0, b"x"), "server", "opcode 0, continuation, fin"),
        (Frame(1, b"x", rsv=0b100).encode(), "server", "RSV1 (compressed)"),
        (Frame(1, b"x", rsv=0b010).encode(), "server", "a reserved bit"),
        (b"\x83\x00", "server", "opcode 3, reserved"),
        (b"\x09\x00", "server", "but a control frame is whole"),
        (b"\x89\x7e\x00\x7e" + b"x" * 126, "server", "has 125 at most"),
    ],
)
def test_what_is_unusual_is_said(raw: bytes, sender: str, words: str) -> None:
    assert words in annotate([raw], sender).parts[0].note


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", None),
        (b"\x03", "not a close code: that takes 2 bytes"),
        (b"\x0f\xa0", "4000, not a code of the RFC"),
        (b"\x03\xf3", "1011, internal error"),
    ],
)
def test_close_payloads(payload: bytes, words: str | None) -> None:
    notes = [part.note for part in annotate([b"\x88" + bytes([len(payload)]) + payload]).parts[3:]]
    assert notes == ([words] if words else [])


def test_a_frame_cut_short() -> None:
    assert shape(annotate([made(1, b"hello")[:4]]).parts) == [
        ("frame", b"\x81\x05he", "cut: 4 of 7 bytes came", 0)
    ]


def test_a_length_that_never_comes_costs_no_memory() -> None:
    (part,) = annotate([b"\x82\x7f" + b"\x7f" + b"\xff" * 7 + b"abc"]).parts
    assert part.note.startswith("cut: 13 of 9,223,372,036,854,775")


def test_nothing_may_follow_a_close_frame() -> None:
    *_, last = annotate([b"\x88\x00" + made(1, b"x")]).parts
    assert (last.kind, last.raw) == ("excess", b"\x81\x01x")


def test_the_proof_of_the_handshake() -> None:
    """RFC 6455 section 1.3, and another implementation."""
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert accept_for("AAAAAAAAAAAAAAAAAAAAAA==") == accept_key("AAAAAAAAAAAAAAAAAAAAAA==")


def test_masked_frames_that_websockets_made() -> None:
    payloads = [os.urandom(size) for size in (0, 1, 5, 126, 70_000)]
    annotator = annotate([made(2, payload, mask=True) for payload in payloads], "client")
    assert [frame.payload for frame in annotator.frames] == payloads
    assert all(len(frame.mask) == 4 for frame in annotator.frames)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("mask", [b"", b"\x01\x02\x03\x04"])
def test_lengths_as_websockets_writes_and_we_write_them(size: int, mask: bytes) -> None:
    frame = Frame(2, os.urandom(size), mask)
    annotator = annotate([frame.encode()], "client" if mask else "server")
    assert annotator.frames == [frame]
    assert "".join(part.kind for part in annotator.parts if part.level == 0) == "frame"
    if not mask:
        assert frame.encode() == made(2, frame.payload)


OPCODES = st.sampled_from([0, 1, 2, 9, 10])
FRAME = st.one_of(
    st.builds(made, OPCODES, st.binary(max_size=125)),
    st.builds(made, st.just(2), st.binary(min_size=126, max_size=300)),
    st.builds(Frame, OPCODES, st.binary(), st.just(b"mask")).map(Frame.encode),
)


@given(
    st.lists(FRAME).map(b"".join) | st.binary(),
    st.binary(max_size=3),
    st.lists(st.integers(min_value=0, max_value=1000)),
)
def test_any_split_gives_the_same_parts_and_nothing_is_lost(
    raw: bytes, tail: bytes, places: list[int]
) -> None:
    raw += tail
    at = sorted({place % (len(raw) + 1) for place in places} | {0, len(raw)})
    parts = annotate([raw]).parts
    assert annotate([raw[start:end] for start, end in pairwise(at)]).parts == parts
    frames_only = [part.raw for part in parts if part.level == 0]
    assert b"".join(frames_only) == raw


@given(st.lists(FRAME, min_size=1).map(b"".join))
def test_the_fields_of_frames_are_the_frames(raw: bytes) -> None:
    parts = annotate([raw]).parts
    assert b"".join(part.raw for part in parts if part.level == 1) == raw
