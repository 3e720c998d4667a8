"""Deployment packages of every kind: unpacked, or refused as AWS refuses; nothing is written outside."""

import base64
import errno
import io
import os
import random
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.local_aws.aws_lambda.environments import code
from server.local_aws.stand_in import StandIn

LINK = stat.S_IFLNK | 0o777
FILE, FIFO, DEVICE, SETUID = (kind | 0o644 for kind in (stat.S_IFREG, stat.S_IFIFO, stat.S_IFBLK, 0o4000))
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
LIMIT = 100_000
Entry = tuple[str, bytes, int]


def package(*entries: Entry, method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of (name, content, mode)s. Names are written as they are, whatever they hold."""
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content, mode in entries:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename, entry.compress_type = name, method
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return data.getvalue()


def contents(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def directory_field(data: bytes, offset: int, layout: str, value: int) -> bytes:
    """`data` with one field of its end-of-directory record changed (PKWARE APPNOTE 4.3.16)."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, data.rfind(b"PK\x05\x06") + offset, value)
    return bytes(changed)


def entry_field(data: bytes, offset: int, layout: str, value: int) -> bytes:
    """`data` with one field of its first central header changed (PKWARE APPNOTE 4.3.12)."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, data.find(b"PK\x01\x02") + offset, value)
    return bytes(changed)


ONE = package(("app.py", b"x = 1" * 100, FILE))
BZIP2, COMPRESSED = (package(("app.py", b"x = 1" * 100, FILE), method=method) for method in METHODS[2:])
LINKED = package(("link", b"app.py", LINK))
DEEP = "/".join("a" * 100)

REFUSED = {
    "an entry without a name": package(("", b"x", FILE)),
    "a name that is only a NUL": package(("\0", b"x", FILE)),
    "corrupt LZMA": COMPRESSED[:50] + b"\xff" * 20 + COMPRESSED[70:],
    "corrupt bzip2": BZIP2[:46] + b"\xff" * 20 + BZIP2[66:],
    "the directory's offset too large": directory_field(ONE, 16, "<I", 2**31),
    "the directory's size too large": directory_field(ONE, 12, "<I", 2**32 - 2),
    "an entry beyond the end": entry_field(ONE, 42, "<I", 2**31),
    "encrypted": entry_field(ONE, 8, "<H", 1),
    "an unknown method": entry_field(ONE, 10, "<H", 42),
    "a later version of zip": entry_field(ONE, 6, "<H", 90),
    "a wrong checksum": entry_field(ONE, 16, "<I", 1),
    "a name that is not UTF-8": entry_field(ONE, 8, "<H", 0x800).replace(b"app.py", b"ap\xff.py"),
    "a link's target that is not UTF-8": package(("link", b"\xff\xfe", LINK)),
    "a link's target with a NUL": package(("link", b"a\0b", LINK)),
    "a link to nothing": package(("link", b"", LINK)),
    "a link to nothing that claims a byte": entry_field(package(("link", b"", LINK)), 24, "<I", 1),
    "one link twice": package(("link", b"a", LINK), ("link", b"a", LINK)),
    "a link's target that is too long": package(("link", b"a" * 5000, LINK)),
    "an absolute link": package(("link", b"/etc", LINK)),
    "a link out": package(("link", b"../x", LINK)),
    "a link out by another": package(("a/b/up", b"../..", LINK), ("a/b/up/out", b"../..", LINK)),
    "a folder outside by links": package(
        ("a/b/up", b"../..", LINK), ("a/b/up/out", b"../..", LINK), ("a/b/up/out/made/link", b"x", LINK)
    ),
    "a name of 256 bytes": package(("a" * 256, b"x", FILE)),
    "a path of 5000 bytes": package(("/".join(["a" * 200] * 25), b"x", FILE)),
    "folders 2000 deep": package(("/".join("a" * 2000), b"x", FILE)),
    "a file that is a folder, too": package(("a", b"x", FILE), ("a/b", b"x", FILE)),
    "a folder that is a file, too": package(("a/b", b"x", FILE), ("a", b"x", FILE)),
    "a folder and a link": package(("a/", b"", FILE), ("a", b"b", LINK)),
    "the folder itself as a file": package((".", b"x", FILE)),
    "the way out": package(("a/../../x", b"x", FILE)),
    "an absolute path": package(("/tmp/x", b"x", FILE)),
    "a Windows path": package(("a\\..\\..\\x", b"x", FILE)),
    "nothing in it": package(),
    "too much in it": package(("a", bytes(LIMIT + 1), FILE), method=zipfile.ZIP_DEFLATED),
    "too much in a thousand entries": package(
        *((str(number), bytes(200), FILE) for number in range(1000)), method=zipfile.ZIP_DEFLATED
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_package_is_refused_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    with pytest.raises(code.BadPackage):
        code.unpack([REFUSED[kind]], tmp_path / "sub" / "code", LIMIT)
    assert not any(path for path in tmp_path.rglob("*") if path != tmp_path / "sub")


TAKEN = {
    "bytes before it": b"#!/bin/sh\nexit\n" + ONE,
    "an entry of no bytes": package(("empty", b"", FILE)),
    "a folder": package(("folder/", b"", FILE), ("folder/file", b"x", FILE)),
    "one name twice": package(("a", b"first", stat.S_IFREG | 0o444), ("a", b"last", stat.S_IFREG | 0o444)),
    "names that differ in nothing but blanks": package(("a", b"x", FILE), ("a ", b"y", FILE)),
    "a drive's letter": package(("C:x", b"x", FILE)),
    "letters of all kinds": package(("日本語/é\u0301\u202e", b"x", FILE)),
    "a name of 255 bytes": package(("a" * 255, b"x", FILE)),
    "folders 100 deep": package((DEEP, b"x", FILE)),
    "dots": package(("./a/./b/../c", b"x", FILE)),
    "links in a circle": package(("a", b"b", LINK), ("b", b"a", LINK)),
    "a link to what is not there": package(("a", b"not/there", LINK)),
    "a link beside its target": package(("lib/so.1", b"x", FILE), ("lib/so", b"so.1", LINK)),
    **{f"method {method}": package(("a", b"x" * 999, FILE), method=method) for method in METHODS},
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_package_is_unpacked(kind: str, tmp_path: Path) -> None:
    code.unpack([TAKEN[kind]], tmp_path / "code", LIMIT)
    assert list(tmp_path.iterdir()) == [tmp_path / "code"]
    assert list((tmp_path / "code").iterdir())


def test_of_two_files_with_one_name_the_last_stays(tmp_path: Path) -> None:
    code.unpack([TAKEN["one name twice"]], tmp_path / "code", LIMIT)
    assert (tmp_path / "code" / "a").read_bytes() == b"last"


@pytest.mark.parametrize("mode", [FIFO, DEVICE, SETUID, stat.S_IFSOCK | 0o777, stat.S_IFCHR | 0o2777])
def test_what_is_no_ordinary_file_becomes_one(mode: int, tmp_path: Path) -> None:
    code.unpack([package(("a", b"x", mode))], tmp_path / "code", LIMIT)
    made = (tmp_path / "code" / "a").lstat()
    assert stat.S_ISREG(made.st_mode)
    assert not made.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX)


def test_a_comment_is_no_obstacle(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a", "x")
        archive.comment = b"PK\x01\x02" * 10
    code.unpack([data.getvalue()], tmp_path / "code", LIMIT)


def mutated(choose: random.Random, seeds: list[bytes]) -> bytes:
    """One of `seeds` with a few bytes changed, cut out, or put in; more often where zip keeps its numbers."""
    data = bytearray(choose.choice(seeds))
    for _ in range(choose.choice((1, 1, 2, 4))):
        at = choose.randrange(len(data))
        if choose.random() < 0.5:
            at = max(0, min(len(data) - 1, data.rfind(b"PK", 0, at + 2)) + choose.randrange(46))
        kind = choose.random()
        if kind < 0.6:
            data[at : at + 1] = bytes([choose.choice((0, 1, 255, choose.randrange(256)))])
        elif kind < 0.8:
            data[at : at + 4] = choose.choice(
                (b"\xff" * 4, bytes(4), struct.pack("<I", choose.randrange(999)))
            )
        elif kind < 0.9:
            del data[at : at + choose.randrange(1, 9)]
        else:
            data[at:at] = choose.choice((b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", bytes(3)))
    return bytes(data) or b"\0"


def test_ten_thousand_damaged_packages_are_taken_or_refused(tmp_path: Path) -> None:
    """The seeds are what other tests take and refuse, so that changes begin near every limit."""
    seeds = [data for data in (*REFUSED.values(), *TAKEN.values()) if 0 < len(data) < 2000]
    seeds += [package(("a", b"x" * 50, FILE), ("l", b"a", LINK), method=method) for method in METHODS]
    choose = random.Random(9)
    taken = 0
    for number in range(10_000):
        folder = tmp_path / "sub" / str(number)
        try:
            code.unpack([mutated(choose, seeds)], folder, LIMIT)
        except code.BadPackage:
            assert not folder.exists()
            continue
        taken += 1
        for path, folders, files in os.walk(folder):
            assert all(code.is_below(Path(path, name), folder) for name in folders + files)
    assert taken > 500
    assert contents(tmp_path) == ["sub"]
    assert len(contents(tmp_path / "sub")) == taken


NAMES = st.lists(
    st.sampled_from(["a", "b", "A", "..", ".", "", "é", "a" * 255, "x" * 256, "~", "C:", "nul", "\0", "\\"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    min_size=1,
    max_size=4,
).map("/".join)
MODES = st.sampled_from([FILE, LINK, FIFO, DEVICE, SETUID, 0, 0o170777])
ENTRIES = st.tuples(NAMES, NAMES.map(str.encode) | st.binary(max_size=9), MODES)


@settings(max_examples=300, deadline=None)
@given(st.lists(ENTRIES, max_size=5), st.sampled_from(METHODS))
def test_any_names_links_and_modes_stay_inside(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry], method: int
) -> None:
    root = tmp_path_factory.mktemp("root")
    try:
        code.unpack([package(*entries, method=method)], root / "code", LIMIT)
    except code.BadPackage:
        assert contents(root) == []
        return
    assert contents(root) == ["code"]
    for path, folders, files in os.walk(root / "code"):
        assert all(code.is_below(Path(path, name), root / "code") for name in folders + files)


async def test_a_full_disk_is_said_to_be_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stand_in = StandIn()
    url = await stand_in.start()
    monkeypatch.setattr(code, "unpack", full)
    document = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::123456789012:role/r",
        "Handler": "app.handler",
        "Code": {"ZipFile": base64.b64encode(ONE).decode()},
    }
    credential = "AWS4-HMAC-SHA256 Credential=test/20261101/ap-northeast-1/lambda/aws4_request"
    headers = {"Authorization": f"{credential}, SignedHeaders=host, Signature={'0' * 64}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/2015-03-31/functions", json=document, headers=headers) as response,
    ):
        answer = response.status, response.headers["x-amzn-ErrorType"], await response.json()
    await stand_in.stop()
    assert answer[:2] == (500, "ServiceException")
    assert "No space left on device" in answer[2]["message"]
    (line,) = capsys.readouterr().err.splitlines()
    assert "No space left on device" in line
