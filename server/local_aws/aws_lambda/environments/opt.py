"""Shows a program a folder as `/opt`, where the system lets anybody do that: on Linux, in its own namespaces.

Run as a program, `python opt.py FOLDER PROGRAM ARGUMENT…`, it mounts what is in the folder, and what else
this machine has in `/opt`, and becomes the program, which keeps its user (mount_namespaces(7),
user_namespaces(7)).
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

OPT = "/opt"
CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000


def launcher(folder: Path) -> list[str]:
    """Return the beginning of a command line whose rest sees `folder` as `/opt`. Where `can_mount()`."""
    return [sys.executable, "-I", "-S", __file__, str(folder)]


@cache
def can_mount() -> bool:
    """Return whether a program can see a folder as `/opt` here: tried once."""
    if sys.platform != "linux" or not Path(OPT).is_dir():
        return False
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "it").touch()
        tried = subprocess.run(
            [*launcher(Path(folder)), "/bin/sh", "-c", "test -f /opt/it"], capture_output=True, check=False
        )
    return tried.returncode == 0


def enter_namespaces() -> None:
    """Leave the mounts that others see. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNS) == 0:
        return
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount as mount(2) does. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {source} at {target}")


def show(source: Path, target: Path) -> None:
    """Let `target`, which does not exist, be what `source` is."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(str(source), str(target), "", MS_BIND | MS_REC)


def main() -> None:
    folder, *argv = sys.argv[1:]
    enter_namespaces()
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    covered = Path(f"/proc/self/fd/{os.open(OPT, os.O_PATH)}")
    others = sorted(covered.iterdir())
    layers = sorted(Path(folder).iterdir())
    mount("tmpfs", OPT, "tmpfs", 0, "mode=755")
    for source in layers:
        show(source, Path(OPT, source.name))
    for source in others:
        if source.name not in {layer.name for layer in layers}:
            show(source, Path(OPT, source.name))
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
