"""Encodes AWS event-stream messages (application/vnd.amazon.eventstream).

Layout: total length, headers' length, CRC-32 of these eight bytes, headers, payload, CRC-32 of all before;
big-endian. Source: smithy.io/2.0/aws/amazon-eventstream.html (checked 2026-11).
"""

import struct
from collections.abc import Mapping
from zlib import crc32

STRING = 7


def encode_headers(headers: Mapping[str, str]) -> bytes:
    """Headers of type string: name length (1 byte), name, type, value length (2 bytes), value."""
    encoded = b""
    for name, value in headers.items():
        key, text = name.encode(), value.encode()
        encoded += struct.pack(f">B{len(key)}sBH", len(key), key, STRING, len(text)) + text
    return encoded


def encode_message(headers: bytes, payload: bytes) -> bytes:
    """One message from encoded `headers` and a payload."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = b"".join((prelude, struct.pack(">I", crc32(prelude)), headers, payload))
    return message + struct.pack(">I", crc32(message))


PAYLOAD_CHUNK = encode_headers(
    {":message-type": "event", ":event-type": "PayloadChunk", ":content-type": "application/octet-stream"}
)
INVOKE_COMPLETE = encode_headers(
    {":message-type": "event", ":event-type": "InvokeComplete", ":content-type": "application/json"}
)
