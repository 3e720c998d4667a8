"""How much memory processes have used at the most, where the system tells: on Linux."""

from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")


def used(pids: Iterable[int]) -> int | None:
    """Return the most, in MB, that these processes and those that they have started have used, each for
    itself; None where nothing of that can be read."""
    peaks = [peak for pid in pids for peak in peaks_below(pid)]
    return -(-sum(peaks) // 1024) if peaks else None


def peaks_below(pid: int) -> Iterator[int]:
    """Yield the peaks, in kB, of a process and of its children (proc_pid_status(5), proc_tid_children(5))."""
    folder = PROC / str(pid)
    try:
        status = (folder / "status").read_text()
        children = (folder / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            yield int(line.split()[1])
    for child in children:
        yield from peaks_below(int(child))
