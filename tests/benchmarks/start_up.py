"""How long a reader waits before anything happens: `python -m tests.benchmarks.start_up`.

Prints, each as the best of five runs: the seconds and the CPU seconds until the stand-in is ready and its
memory, the seconds until a kernel has imported `lab`; then what the first call of each service takes beyond
the second. Compare runs on one machine only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.support.account import Account, start_stand_in

ROOT = Path(__file__).parents[2]
RUNS = 5
FIRST_CALLS: dict[str, Callable[[Any], object]] = {
    "iam": lambda client: client.list_roles(),
    "lambda": lambda client: client.list_functions(),
    "logs": lambda client: client.describe_log_groups(),
    "apigatewayv2": lambda client: client.get_apis(),
    "apigateway": lambda client: client.get_rest_apis(),
    "apprunner": lambda client: client.list_services(),
    "ecs": lambda client: client.list_clusters(),
    "appsync": lambda client: client.list_graphql_apis(),
    "s3": lambda client: client.list_buckets(),
    "cloudformation": lambda client: client.list_stacks(),
}


def ready() -> tuple[float, float, float]:
    """Seconds and CPU seconds until a stand-in is ready, and its memory in MB."""
    started = time.perf_counter()
    process, _ = start_stand_in()
    seconds = time.perf_counter() - started
    with process:
        seen = psutil.Process(process.pid)
        cpu = seen.cpu_times()
        memory = seen.memory_info().rss / 1e6
        assert process.stdin is not None
        process.stdin.close()
    return seconds, cpu.user + cpu.system, memory


def importing_lab() -> tuple[float]:
    """Seconds of a new interpreter that has IPython, as a kernel has, and imports `lab`."""
    code = "import time, IPython.display; t = time.perf_counter(); import lab; print(time.perf_counter() - t)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "notebooks", stdout=subprocess.PIPE, check=True
    )
    return (float(done.stdout),)


def best(measure: Callable[[], tuple[float, ...]]) -> list[float]:
    """The smallest of each figure in `RUNS` runs."""
    return [min(each) for each in zip(*(measure() for _ in range(RUNS)), strict=True)]


def first_calls() -> dict[str, float]:
    """For each service what its first call takes beyond its second, in seconds."""
    process, endpoint_url = start_stand_in()
    found = {}
    with process:
        for service, call in FIRST_CALLS.items():
            client = Account(endpoint_url).client(service)
            moments = [time.perf_counter()]
            for _ in range(2):
                call(client)
                moments.append(time.perf_counter())
            found[service] = (moments[1] - moments[0]) - (moments[2] - moments[1])
        assert process.stdin is not None
        process.stdin.close()
    return found


def main() -> None:
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    seconds, cpu, memory = best(ready)
    print(f"stand-in ready: {seconds:.2f} s, {cpu:.2f} s of CPU, {memory:.0f} MB")
    print(f"import lab in a kernel: {best(importing_lab)[0]:.2f} s")
    for service, more in first_calls().items():
        print(f"first call of {service}: {more:.2f} s more")


if __name__ == "__main__":
    main()
