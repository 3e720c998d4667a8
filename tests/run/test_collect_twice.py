"""The lint step notices each kind of id that would differ between two workers."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("collect_twice.py")
VARIES = {
    "the time": "__import__('time').time()",
    "the order of a set": "*{str(n) for n in range(20)}",
    "a hash": "hash('a')",
    "random": "__import__('random').random()",
    "a temporary folder": "__import__('tempfile').gettempdir()",
    "an address": "repr(object())",
    "nothing": "'steady', b'steady', 1",
}


def collect_twice(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, timeout=120)


def test_each_id_that_varies_is_named(tmp_path: Path) -> None:
    for number, values in enumerate(VARIES.values()):
        test = f"import pytest\n@pytest.mark.parametrize('value', [{values}])\ndef test_it(value): pass\n"
        (tmp_path / f"test_{number}.py").write_text(test)
    done = collect_twice(tmp_path)
    assert done.returncode == 1 and "give these parameters ids" in done.stderr
    named = [kind for number, kind in enumerate(VARIES) if f"test_{number}.py::" in done.stderr]
    assert named == [kind for kind in VARIES if kind != "nothing"]


@pytest.mark.parametrize(("content", "status"), [("def test_it(): pass", 0), ("nonsense", 1)])
def test_what_is_steady_passes_and_what_cannot_be_collected_fails(
    tmp_path: Path, content: str, status: int
) -> None:
    (tmp_path / "test_it.py").write_text(content)
    done = collect_twice(tmp_path)
    assert done.returncode == status
    assert ("NameError" in done.stderr) == bool(status)
