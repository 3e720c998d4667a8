"""Which user of this machine is at the other end of a loopback connection.

Linux knows the owner of every socket: `NETLINK_SOCK_DIAG` tells that of one in constant time
(man 7 sock_diag), `/proc/net/tcp` those of all. Elsewhere, and in sandboxes without either, it is unknown.
"""

import errno
import os
import socket
import struct
import sys
from asyncio.trsock import TransportSocket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
NLMSG_ERROR = 2
HEADER = struct.Struct("=IHHII")
QUERY = struct.Struct("=BBBxI")
"""inet_diag_req_v2 up to its sockid: family, protocol, extensions, states."""
ENDS = struct.Struct("!HH16s16s")
"""inet_diag_sockid: ports and addresses of the socket and of its peer, in network order, …"""
REST = struct.Struct("=III")
"""… interface and cookie."""
NO_COOKIE = 0xFFFFFFFF
ANY_STATE = 0xFFFFFFFF
OWNER = struct.Struct("=II")
"""uid and inode, the last members of inet_diag_msg."""
OWNER_AT = HEADER.size + 4 + ENDS.size + REST.size + 12
STATE_AT = HEADER.size + 1
ESTABLISHED, LISTEN = 1, 10
"""States of a TCP socket: linux/include/net/tcp_states.h."""
MAPPED = bytes(10) + b"\xff\xff"
"""What precedes an IPv4 address in an IPv6 one (RFC 4291 section 2.5.5.2)."""

NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)


class PeerGone(ConnectionError):
    """The peer has closed its socket: nobody could read an answer, and whose it was is not told any more."""


@dataclass(frozen=True)
class Ends:
    """A connection as one of its sockets sees it: packed address and port of itself and of its peer."""

    own: tuple[bytes, int]
    other: tuple[bytes, int]

    def reversed(self) -> "Ends":
        return Ends(self.other, self.own)


@dataclass(frozen=True)
class Owner:
    """`inode` is 0 when no process holds the socket any more; many kernels then tell 0 for the user, too.
    `state` is that of the socket."""

    user: int
    inode: int
    state: int


Look = Callable[[Ends], "Owner | None"]
_look: list[Look | None] = []
"""How to look, once it has been found out."""


def user_of(connection: socket.socket | TransportSocket) -> int | None:
    """Return the user id of the process at the other end of `connection`, a TCP one on loopback; None if this
    machine does not tell. Raises `PeerGone`, and `OSError` if it would tell but no descriptor is left."""
    try:
        ends = Ends(packed(connection.getsockname()), packed(connection.getpeername()))
    except OSError as error:
        raise PeerGone(str(error)) from None
    if not _look:
        _look.append(way_to_look(ends))
    look = _look[0]
    if look is None:
        return None

    def is_open() -> bool:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED

    return user_beyond(ends, look, is_open)


def user_between(ends: Ends) -> int | None:
    """The same for a connection that another process of ours has accepted, as that one sees its `ends`."""
    look = _look[0] if _look else way_to_look(ends)
    if look is None:
        return None

    def is_open() -> bool:
        own = look(ends)
        return own is not None and own.state == ESTABLISHED

    return user_beyond(ends, look, is_open)


def user_beyond(ends: Ends, look: Look, is_open: Callable[[], bool]) -> int | None:
    """Raises `PeerGone`, `OSError`."""
    owner = look(ends.reversed())
    if owner is None:
        # an open connection whose other end is not here comes from another machine's network, by a forwarder
        if is_open():
            return None
        raise PeerGone("the peer has closed its socket")
    if owner.user == owner.inode == 0:
        raise PeerGone("the peer has closed its socket")
    return owner.user


def way_to_look(ends: Ends) -> Look | None:
    """Return the first way that finds our own end of a connection and knows that it is ours."""
    if sys.platform != "linux":
        return None
    for look in (by_netlink, by_proc):
        try:
            owner = look(ends)
        except OSError as error:
            if error.errno in NO_DESCRIPTOR:
                raise
            continue
        if owner is not None and owner.inode and owner.user == os.geteuid():
            return look
    return None


def by_netlink(ends: Ends) -> Owner | None:
    """The owner of the socket with these ends; None if there is none. Raises `OSError`."""
    family = socket.AF_INET if len(ends.own[0]) == 4 else socket.AF_INET6
    (own, own_port), (other, other_port) = ends.own, ends.other
    query = b"".join(
        (
            QUERY.pack(family, socket.IPPROTO_TCP, 0, ANY_STATE),
            ENDS.pack(own_port, other_port, own, other),
            REST.pack(0, NO_COOKIE, NO_COOKIE),
        )
    )
    head = HEADER.pack(HEADER.size + len(query), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(head + query)
        answer = kernel.recv(4096, socket.MSG_DONTWAIT)  # the kernel has answered before send() returns
    if HEADER.unpack_from(answer)[1] == NLMSG_ERROR:
        (number,) = struct.unpack_from("=i", answer, HEADER.size)
        if -number == errno.ENOENT:
            return None
        raise OSError(-number, os.strerror(-number))
    if answer[STATE_AT] == LISTEN:  # the kernel looks for listeners, too, when no connection fits
        return None
    user, inode = OWNER.unpack_from(answer, OWNER_AT)
    return Owner(user, inode, answer[STATE_AT])


def by_proc(ends: Ends) -> Owner | None:
    """Return the same, from the table of all sockets. Raises `OSError`."""
    tables = {"/proc/net/tcp6": [in_table(mapped(end)) for end in (ends.own, ends.other)]}
    if len(ends.own[0]) == 4:
        tables["/proc/net/tcp"] = [in_table(end) for end in (ends.own, ends.other)]
    for path, wanted in tables.items():
        if not Path(path).exists():  # no IPv6 on this machine
            continue
        for line in Path(path).read_text().splitlines():
            fields = line.split()
            if fields[1:3] == wanted:
                return Owner(int(fields[7]), int(fields[9]), int(fields[3], 16))
    return None


def packed(address: tuple[str, int]) -> tuple[bytes, int]:
    """Return an address of `getsockname()`; one of IPv4 in IPv6's clothes as IPv4."""
    host, port = address[:2]
    if ":" not in host:
        return socket.inet_aton(host), port
    data = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return data.removeprefix(MAPPED), port


def mapped(end: tuple[bytes, int]) -> tuple[bytes, int]:
    address, port = end
    return (MAPPED + address if len(address) == 4 else address), port


def in_table(end: tuple[bytes, int]) -> str:
    """As /proc/net/tcp writes it: words of 32 bits in the machine's order, then the port."""
    address, port = end
    words = struct.unpack(f"={len(address) // 4}I", address)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
