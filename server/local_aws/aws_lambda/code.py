"""Unpacks deployment packages, safely."""

import errno
import io
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

COPY_SIZE = 1_048_576
NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


class BadPackage(ValueError):
    """The deployment package is refused; the message is for the caller (AWS's own where it is known)."""


def check(package: bytes, limit: int) -> None:
    """Raise `BadPackage` unless `package` is a zip whose entries stay inside its folder and whose contents
    take up at most `limit` bytes. Sizes a zip declares may lie; `unpack` counts."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            entries = archive.infolist()
            if not entries:
                raise BadPackage("Uploaded file must be a non-empty zip")
            for entry in entries:
                inside(entry.filename)
                if stat.S_ISLNK(entry.external_attr >> 16):
                    if entry.file_size > 4096:
                        raise BadPackage(NOT_A_ZIP)
                    inside(str(PurePosixPath(entry.filename).parent / archive.read(entry).decode()))
            if sum(entry.file_size for entry in entries) > limit:
                raise too_big(limit)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        UnicodeError,
        OSError,
    ):
        raise BadPackage(NOT_A_ZIP) from None


def unpack(package: bytes, folder: Path, limit: int) -> None:
    """Unpack into `folder`, which must not exist, with the permissions the zip gives. All or nothing. Raises
    as `check` does."""
    check(package, limit)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            entries = archive.infolist()
            links = [entry for entry in entries if stat.S_ISLNK(entry.external_attr >> 16)]
            left = limit
            for entry in entries:
                if entry not in links:
                    left -= extract(archive, entry, partial, left)
            for entry in links:  # last, so that nothing is written through them
                target = partial / inside(entry.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(archive.read(entry).decode())
            for entry in links:
                if not (partial / inside(entry.filename)).resolve().is_relative_to(partial.resolve()):
                    raise BadPackage(NOT_A_ZIP)
        partial.rename(folder)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOSPC):  # no fault of the package's
            raise
        raise BadPackage(NOT_A_ZIP) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise BadPackage(NOT_A_ZIP) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> int:
    """Write one file or directory; return its size in bytes."""
    target = folder / inside(entry.filename)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(entry) as source, target.open("wb") as destination:
        while data := source.read(COPY_SIZE):
            size += len(data)
            if size > limit:
                raise too_big(limit)
            destination.write(data)
    target.chmod((entry.external_attr >> 16) & 0o777 | stat.S_IRUSR)
    return size


def inside(name: str) -> PurePosixPath:
    """`name` as a path, normalised. Raises `BadPackage` if it leads out of the folder."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise BadPackage(NOT_A_ZIP)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if name.startswith("/") or "\\" in name or "\0" in name:
        raise BadPackage(NOT_A_ZIP)
    return PurePosixPath(*parts)


def too_big(limit: int) -> BadPackage:
    return BadPackage(f"Unzipped size must be smaller than {limit} bytes")
