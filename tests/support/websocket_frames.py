"""Frames that break RFC 6455, and the code with which a server must end the connection."""

import struct

CLIENT_MASK = b"\x37\xfa\x21\x3d"


def masked(first: int, payload: bytes = b"", length: bytes | None = None) -> bytes:
    """A client's frame. `length`: the bytes in place of the shortest ones, the mask bit set in the first."""
    if length is None:
        length = (
            bytes([0x80 | len(payload)]) if len(payload) < 126 else struct.pack(">BH", 0xFE, len(payload))
        )
    body = bytes(byte ^ CLIENT_MASK[at % 4] for at, byte in enumerate(payload))
    return bytes([first]) + length + CLIENT_MASK + body


def close(code: int, reason: bytes = b"") -> bytes:
    return masked(0x88, struct.pack(">H", code) + reason)


ILLEGAL_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
LEGAL_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999)

BROKEN = {
    **{f"close {code}": (close(code), 1002) for code in ILLEGAL_CODES},
    "half a close code": (masked(0x88, b"\x03"), 1002),
    "a reason that is not UTF-8": (close(1000, b"\xff"), 1007),
    "no mask, text": (b"\x81\x01x", 1002),
    "no mask, no payload": (b"\x81\x00", 1002),
    "no mask, ping": (b"\x89\x00", 1002),
    "no mask, close": (b"\x88\x02\x03\xe8", 1002),
    "no mask within a message": (masked(0x01, b"x") + b"\x80\x01x", 1002),
    "no mask after a good frame": (masked(0x8A) + masked(0x8A, b"x") + b"\x81\x01x", 1002),
    "reserved bit 1": (masked(0xC1), 1002),
    "reserved bit 2": (masked(0xA1), 1002),
    "reserved bit 3": (masked(0x91), 1002),
    **{f"opcode {number}": (masked(0x80 | number), 1002) for number in (3, 7, 11, 15)},
    "a ping in fragments": (masked(0x09), 1002),
    "a close in fragments": (masked(0x08), 1002),
    "a long ping": (masked(0x89, bytes(126)), 1002),
    "a long close": (close(1000, b"x" * 124), 1002),
    "a continuation of nothing": (masked(0x80, b"x"), 1002),
    "a message within a message": (masked(0x01, b"x") + masked(0x81, b"x"), 1002),
    "a message within an empty one": (masked(0x01) + masked(0x81, b"x"), 1002),
    "a continuation after the end": (masked(0x01, b"x") + masked(0x80) + masked(0x80), 1002),
    "a length in 2 bytes too many": (masked(0x81, b"x", b"\xfe\x00\x01"), 1002),
    "a length in 8 bytes too many": (masked(0x81, b"x", b"\xff" + struct.pack(">Q", 1)), 1002),
    "65535 in 8 bytes": (masked(0x81, b"x", b"\xff" + struct.pack(">Q", 65535)), 1002),
    "a length of 64 bits": (masked(0x81, b"x", b"\xff" + b"\xff" * 8), 1002),
    "a length of 63 bits": (masked(0x81, b"x", b"\xff\x7f" + b"\xff" * 7), 1009),
    "text that is not UTF-8": (masked(0x81, b"\xff"), 1007),
    "text that ends within a character": (masked(0x01, b"\xe6\x97") + masked(0x80), 1007),
    "half a surrogate pair": (masked(0x81, b"\xed\xa0\x80"), 1007),
}
"""What is sent, and the code of the answer."""
