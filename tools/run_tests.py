"""Run the test suite in its legs and end with one line that sums them up.

The kernels' tests run three ways: compiled with the rest of the suite, then as
plain Python (so that coverage and debuggers see every line), then compiled with
every index checked.

``python tools/run_tests.py [kernels] [pytest's arguments]``
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

KERNEL_TESTS = "tests/kernels"
NO_TESTS = 5  # pytest's exit code
FAILURES: list[str] = []
# Numba's cache does not tell checked code from unchecked: give it a folder of its own.
CACHE = str(Path("build/numba-boundscheck").resolve())
CHECKED = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": CACHE}


def leg(title: str, environment: dict[str, str], arguments: list[str]) -> Counter[str]:
    """Run pytest once, show what it prints, and return what its last line counts.

    What failed is kept for the end: the next leg's output would push it away.
    """
    print(f"== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "--durations=20", *arguments]
    closing = ""
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            closing = line.strip() or closing
            if line.startswith(("FAILED ", "ERROR ")):
                FAILURES.append(f"{title}: {line.strip()}")
    counts = Counter(
        {word: int(n) for n, word in re.findall(r"(\d+) ([a-z]+?)s?\b", closing)}
    )
    counts["failed"] += counts.pop("error", 0)
    if process.returncode not in {0, NO_TESTS} and not counts["failed"]:
        counts["failed"] = 1  # pytest itself failed, and that may not go unseen
    return counts


def main(arguments: list[str]) -> int:
    """Run the legs; return 1 if anything failed or nothing ran."""
    counts: Counter[str] = Counter()
    if arguments[:1] == ["kernels"]:
        arguments = arguments[1:]
    else:
        counts += leg("the suite", {}, arguments)
    if Path(KERNEL_TESTS).is_dir():
        one_process = ["-n", "0", KERNEL_TESTS]
        interpreted = {"NUMBA_DISABLE_JIT": "1"}
        counts += leg("kernels, interpreted", interpreted, arguments + one_process)
        counts += leg("kernels, bounds checked", CHECKED, arguments + one_process)
    print(*FAILURES, sep="\n", end="\n" if FAILURES else "")
    print(f"{counts['passed']} passed, {counts['failed']} failed", end="")
    print(f", {counts['skipped']} skipped" if counts["skipped"] else "")
    return int(counts["failed"] > 0 or counts["passed"] == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
