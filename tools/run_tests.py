"""Run the test suite in its legs and end with one line that sums them up.

The kernels' tests run three ways: compiled with the rest of the suite, as plain
Python (so that a debugger sees every line), and compiled on the spot with every index
checked. The library of kernels is built before the tests begin, where it does not fit
the sources: else each process would compile them.

``python tools/run_tests.py [kernels] [pytest's arguments]``
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KERNEL_TESTS = "tests/engine/kernels"
NO_TESTS = 5  # pytest's exit code
PACKAGE = "src/walnet"
BUILD = str(Path(__file__).with_name("build_kernels.py"))
FAILURES: list[str] = []
CHECKED = {"NUMBA_BOUNDSCHECK": "1", "WALNET_KERNELS": "jit"}


def leg(title: str, environment: dict[str, str], arguments: list[str]) -> Counter[str]:
    """Run pytest once, show what it prints, and return what its last line counts."""
    print(f"== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "--durations=20", *arguments]
    lines = []
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return counted(title, process.returncode, lines)


def kernel_legs(arguments: list[str]) -> Counter[str]:
    """Run the kernels' tests in the two other ways, side by side."""
    titles = {
        "kernels, interpreted": {"WALNET_KERNELS": "python"},
        "kernels, bounds checked": CHECKED,
    }
    command = [sys.executable, "-m", "pytest", *arguments, "-n", "0", KERNEL_TESTS]
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(len(titles)) as pair:
        for title, done in zip(
            titles,
            pair.map(lambda more: captured(command, more), titles.values()),
            strict=True,
        ):
            print(f"== {title}\n{done.stdout}", end="", flush=True)
            lines = done.stdout.splitlines(keepends=True)
            counts += counted(title, done.returncode, lines)
    return counts


def captured(
    command: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints."""
    return subprocess.run(
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


def counted(title: str, code: int, lines: list[str]) -> Counter[str]:
    """Return what pytest's last line counts.

    What failed is kept for the end: the next leg's output would push it away.
    """
    FAILURES.extend(
        f"{title}: {line.strip()}"
        for line in lines
        if line.startswith(("FAILED ", "ERROR "))
    )
    closing = next((line for line in reversed(lines) if line.strip()), "")
    counts = Counter(
        {word: int(n) for n, word in re.findall(r"(\d+) ([a-z]+?)s?\b", closing)}
    )
    counts["failed"] += counts.pop("error", 0)
    if code not in {0, NO_TESTS} and not counts["failed"]:
        counts["failed"] = 1  # pytest itself failed, and that may not go unseen
    return counts


def build_library() -> None:
    """Build the libraries of kernels that do not fit their sources: tests need them."""
    if not Path(PACKAGE).is_dir():
        return
    if subprocess.run([sys.executable, BUILD], check=False).returncode:
        FAILURES.append("the libraries of kernels could not be built")


def main(arguments: list[str]) -> int:
    """Run the legs; return 1 if anything failed or nothing ran."""
    counts: Counter[str] = Counter()
    kernels_too = Path(KERNEL_TESTS).is_dir()
    build_library()
    if arguments[:1] == ["kernels"]:
        arguments = arguments[1:]
    else:
        counts += leg("the suite", {}, arguments)
    if kernels_too:
        counts += kernel_legs(arguments)
    counts["failed"] = max(counts["failed"], len(FAILURES))
    print(*FAILURES, sep="\n", end="\n" if FAILURES else "")
    print(f"{counts['passed']} passed, {counts['failed']} failed", end="")
    print(f", {counts['skipped']} skipped" if counts["skipped"] else "")
    return int(counts["failed"] > 0 or counts["passed"] == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
