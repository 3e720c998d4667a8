"""Unpacked packages on this machine's disk: each once, and only as long as something needs it."""

import asyncio
import shutil
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from server.local_aws.aws_lambda.environments import code


@dataclass(frozen=True)
class Package:
    """A zip, of a function's code or of a layer, and its SHA-256 in base64, as AWS tells it."""

    sha256: str
    data: bytes = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: bytes) -> "Package":
        return cls(b64encode(sha256(data).digest()).decode(), data)


Contents = tuple[Package, ...]
"""What a folder holds: packages unpacked one over the other."""


def name_of(contents: Contents) -> str:
    """Return the name of the folder with these contents: the same for the same packages in the same order."""
    if len(contents) == 1:
        return contents[0].sha256.replace("/", "_").rstrip("=")
    return sha256(" ".join(package.sha256 for package in contents).encode()).hexdigest()


class Packages:
    """Folders below `folder`. One stays while it is held, and while `deployed()`, the names of all that
    functions are deployed with, has its name. `limit`: the bytes that one may take up."""

    def __init__(self, folder: Path, limit: int, deployed: Callable[[], set[str]]) -> None:
        self._folder = folder
        self._limit = limit
        self._deployed = deployed
        self._unpacking: dict[str, asyncio.Task[Path]] = {}
        self._held: Counter[str] = Counter()
        self._removing: set[asyncio.Task[None]] = set()

    async def hold(self, contents: Contents) -> Path:
        """Return the folder with these contents; `release` it. Raises `code.BadPackage`, and `OSError` if
        this machine cannot store them."""
        name = name_of(contents)
        self._held[name] += 1
        if name not in self._unpacking:
            self._unpacking[name] = asyncio.create_task(self._unpack(contents, self._folder / name))
        task = self._unpacking[name]
        try:
            return await asyncio.shield(task)
        except BaseException as error:
            if isinstance(error, Exception) and self._unpacking.get(name) is task:
                del self._unpacking[name]  # what was in the way may be gone the next time
            self._let_go(name)
            raise

    def release(self, folder: Path) -> None:
        """Say that a folder that was held is not needed any more."""
        self._let_go(folder.name)
        self.retire()

    def retire(self) -> None:
        """Remove what is neither held nor deployed."""
        free = [name for name, task in self._unpacking.items() if task.done() and name not in self._held]
        if not free:
            return
        deployed = self._deployed()
        for name in free:
            if name not in deployed:
                del self._unpacking[name]
                self._remove(self._folder / name)

    async def stop(self) -> None:
        """Wait until nothing is written or removed any more."""
        await asyncio.gather(*self._unpacking.values(), *self._removing, return_exceptions=True)

    def _let_go(self, name: str) -> None:
        self._held[name] -= 1
        self._held += Counter()  # drops those that nobody holds

    async def _unpack(self, contents: Contents, folder: Path) -> Path:
        data: Sequence[bytes] = [package.data for package in contents]
        await asyncio.to_thread(code.unpack, data, folder, self._limit)
        return folder

    def _remove(self, folder: Path) -> None:
        """Remove a folder in the background; the same contents may be unpacked anew meanwhile."""
        gone = folder.with_name(f"{uuid.uuid4().hex}.gone")
        with suppress(OSError):
            folder.rename(gone)
        task = asyncio.create_task(asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True))
        self._removing.add(task)
        task.add_done_callback(self._removing.discard)
