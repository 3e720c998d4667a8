"""Requests of a process with a user id of its own; to start one takes root."""

import subprocess
import sys

NOBODY = 65534

CLIENT = """
import os, socket, struct, sys, encodings.idna
user, port, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.setgid(user)
os.setuid(user)
family, address = (socket.AF_INET6, "::ffff:127.0.0.1") if how == "mapped" else (socket.AF_INET, "127.0.0.1")
if how == "ipv6":
    family, address = socket.AF_INET6, "::1"
peer = socket.socket(family)
peer.settimeout(20)
peer.connect((address, port))
body = sys.argv[4]
name = "[::1]" if how == "ipv6" else "127.0.0.1"
peer.sendall((
    "POST %s HTTP/1.1\\r\\nHost: %s:%d\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n%s"
    % (sys.argv[5], name, port, len(body), body)
).encode())
if how == "reset":
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
if how in ("leave", "reset"):
    peer.close()
    sys.exit()
if how == "half":
    peer.shutdown(socket.SHUT_WR)
answer = b""
try:
    while data := peer.recv(65536):
        answer += data
except ConnectionResetError:
    pass
sys.stdout.buffer.write(answer)
"""


def client(user: int, port: int, how: str, body: str = "", target: str = "/") -> list[str]:
    """argv of a process that becomes `user` and posts to the port."""
    return [sys.executable, "-c", CLIENT, str(user), str(port), how, body, target]


def as_user(user: int, port: int, how: str = "stay", body: str = "", target: str = "/") -> bytes:
    """What a process of `user` is answered."""
    argv = client(user, port, how, body, target)
    return subprocess.run(argv, capture_output=True, timeout=30, check=True).stdout
