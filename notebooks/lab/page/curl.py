"""Runs curl, and shows when each line of its output came."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from time import monotonic

from lab.streams.signers import signer_of

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def curl(*arguments: str, timeout: float = 20) -> str:
    """Print the command, then each line with the milliseconds at which it came; return what curl printed.

    curl speaks HTTP/1.1 and is given `timeout` seconds in all; it signs requests to a Function URL that wants
    a signature. Bytes that are not text (WebSocket frames) are shown as escapes.
    Raises `FileNotFoundError` where there is no curl; curl's own errors are printed, as in a terminal.
    """
    program = shutil.which("curl")
    if program is None:
        raise FileNotFoundError(
            "curl is not installed. Install it, or skip this cell: Python's cells do the same."
        )
    signer = next((found for each in arguments if (found := signer_of(each))), None)
    print("$ curl", *([signer.curl_options()] if signer else []), shlex.join(arguments))
    started = monotonic()
    command = [program, "--silent", "--show-error", "--max-time", str(timeout), "--config", "-", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        with process.stdin as configuration:
            configuration.write(b"http1.1\n")  # whose chunks the lessons are about; https would offer HTTP/2
            configuration.write(signer.curl_configuration().encode() if signer else b"")
        output, line = b"", b""
        while data := os.read(process.stdout.fileno(), 65536):
            output += data
            *lines, line = (line + data).split(b"\n")
            for complete in lines:
                print_line(monotonic() - started, complete.removesuffix(b"\r"))
        if line:
            print_line(monotonic() - started, line)
    return as_text(output.replace(b"\r\n", b"\n"))


def print_line(after: float, line: bytes) -> None:
    print(f"{after * 1000:6.0f} ms  {as_text(line)}")
    sys.stdout.flush()


def as_text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("ascii", "backslashreplace")
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
