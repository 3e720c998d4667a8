"""Unpacks deployment packages, safely."""

import errno
import io
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

COPY_SIZE = 1_048_576
NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."

MAX_LINK = 4096
"""Bytes of a link's target: Linux's own limit of a path."""

MAX_DEPTH = 128
"""Folders below each other: this stand-in's choice, as removing them takes a file descriptor for each."""

IN_THE_WAY = (
    *(errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EILSEQ, errno.EINVAL, None),
)
"""Errors of a file system that names, or their order, in a package bring about, and what `bz2` raises for bad
data (None). All others are this machine's."""


class BadPackage(ValueError):
    """The deployment package is refused; the message is for the caller (AWS's own where it is known)."""


@contextmanager
def reading_package() -> Iterator[None]:
    """Whatever bytes that are no proper zip make `zipfile` and its decompressors raise (they document little
    of it) is `BadPackage`. An `OSError` that is no fault of the package's passes."""
    try:
        yield
    except BadPackage:
        raise
    except OSError as error:
        if error.errno not in IN_THE_WAY:
            raise
        raise BadPackage(NOT_A_ZIP) from None
    except Exception:
        raise BadPackage(NOT_A_ZIP) from None


def check(package: bytes, limit: int) -> None:
    """Raise `BadPackage` unless `package` is a zip whose entries stay inside its folder and whose contents
    take up at most `limit` bytes. Sizes a zip declares may lie; `unpack` counts."""
    with reading_package(), zipfile.ZipFile(io.BytesIO(package)) as archive:
        entries = archive.infolist()
        if not entries:
            raise BadPackage("Uploaded file must be a non-empty zip")
        for entry in entries:
            inside(entry.filename)
            if is_link(entry):
                inside(str(PurePosixPath(entry.filename).parent / link_target(archive, entry)))
        if sum(entry.file_size for entry in entries) > limit:
            raise too_big(limit)


def unzipped_size(package: bytes) -> int:
    """Return how many bytes a package says it takes up. Raises `BadPackage`."""
    with reading_package(), zipfile.ZipFile(io.BytesIO(package)) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def unpack(packages: Sequence[bytes], folder: Path, limit: int) -> None:
    """Unpack one package over the other into `folder`, which must not exist, with the permissions that the
    zips give. All or nothing. Raises as `check` does, and `OSError` if this machine cannot store it."""
    for package in packages:
        check(package, limit)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        links: list[PurePosixPath] = []
        for package in packages:
            with reading_package(), zipfile.ZipFile(io.BytesIO(package)) as archive:
                limit -= unpack_one(archive, partial, limit)
                links += [inside(entry.filename) for entry in archive.infolist() if is_link(entry)]
                if not all(is_below(partial / link, partial) for link in links):
                    raise BadPackage(NOT_A_ZIP)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def unpack_one(archive: zipfile.ZipFile, folder: Path, limit: int) -> int:
    """Unpack into `folder`; return the size in bytes. Its links replace what an earlier package left in their
    place, and come last, so that no file of its own is written through them."""
    entries = archive.infolist()
    links = [entry for entry in entries if is_link(entry)]
    for entry in links:
        place = folder / inside(entry.filename)
        if place.is_symlink() or place.is_file():
            place.unlink()
    size = 0
    for entry in entries:
        if not is_link(entry):
            size += extract(archive, entry, folder, limit - size)
    for entry in links:
        make_link(folder, inside(entry.filename), link_target(archive, entry))
    return size


def extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> int:
    """Write one file or directory; return its size in bytes. Of two with one name the last stays."""
    target = folder / inside(entry.filename)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    if target.is_dir():
        raise BadPackage(NOT_A_ZIP)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # it may not be writable
    size = 0
    with archive.open(entry) as source, target.open("xb") as destination:
        while data := source.read(COPY_SIZE):
            size += len(data)
            if size > limit:
                raise too_big(limit)
            destination.write(data)
    target.chmod((entry.external_attr >> 16) & 0o777 | stat.S_IRUSR)
    return size


def is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def link_target(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Where a link leads to. Raises `BadPackage` if that is empty or too long for a path, `UnicodeError`."""
    target = archive.read(entry).decode() if entry.file_size <= MAX_LINK else ""
    if not target:
        raise BadPackage(NOT_A_ZIP)
    return target


def make_link(folder: Path, name: PurePosixPath, target: str) -> None:
    """Make the link `name` below `folder`. Raises `BadPackage` if the way there leads through another link:
    that may lead out of the folder."""
    place = folder / name
    if os.path.realpath(place.parent) != str(Path(os.path.realpath(folder), *name.parts[:-1])):
        raise BadPackage(NOT_A_ZIP)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def is_below(path: Path, folder: Path) -> bool:
    """Return whether `path`, every link followed, is inside `folder`. Links in a circle lead nowhere else."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def inside(name: str) -> PurePosixPath:
    """`name` as a path, normalised. Raises `BadPackage` if it is none, or leads out of the folder."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise BadPackage(NOT_A_ZIP)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not name or name.startswith("/") or "\\" in name or "\0" in name or len(parts) > MAX_DEPTH:
        raise BadPackage(NOT_A_ZIP)
    return PurePosixPath(*parts)


def too_big(limit: int) -> BadPackage:
    return BadPackage(f"Unzipped size must be smaller than {limit} bytes")
