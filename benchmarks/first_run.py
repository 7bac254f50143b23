"""Seconds from the start of Python to the end of a first training, in new processes.

Each work runs in processes of its own, in turn with the others; printed are the median
and the least of their seconds, wall and processor, imports included. A process that has
loaded a compiler is named: where the library of kernels fits, none has. The data alone,
which load scikit-learn, are a work of their own.

    python benchmarks/first_run.py [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

IRIS = "from sklearn.datasets import load_iris; X, y = load_iris(return_X_y=True)"
WORKS = {
    "import numpy": "import numpy",
    "import walnet": "import numpy, walnet",
    "from sklearn.datasets import load_iris; load_iris()": IRIS,
    "walnet.train, 2-4-1, 1,000 iterations": """
import walnet
X, y = walnet.datasets.moons(200, seed=0)
network = walnet.Network([2, 4, 1], output="sigmoid")
walnet.train(network, X, y, learning_rate=1.0, iterations=1000)
""",
    "MLPClassifier().fit(iris)": f"""
import warnings, walnet; warnings.simplefilter("ignore")
{IRIS}; walnet.MLPClassifier(random_state=0).fit(X, y)
""",
    "TabularClassifier().fit(iris)": f"""
import walnet
{IRIS}; walnet.TabularClassifier(random_state=0).fit(X, y)
""",
}
COUNT = "import sys; print(len({'numba', 'llvmlite'} & set(sys.modules)))"


def seconds_of(code: str, environment: dict[str, str]) -> tuple[float, float, int]:
    """Return wall and processor seconds of a new process, and compilers it loaded."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{COUNT}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return wall, used, int(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in WORKS}
    with tempfile.TemporaryDirectory() as home:  # nothing is kept of earlier runs
        environment = os.environ | {"HOME": home, "XDG_CACHE_HOME": home}
        for _ in range(rounds):
            for name, code in WORKS.items():
                found[name].append(seconds_of(code, environment))
    print("| work | wall, s (median, least) | processor, s | compilers |")
    print("|---|---|---|---|")
    for name, runs in found.items():
        walls, used, compilers = zip(*runs, strict=True)
        print(
            f"| {name} | {statistics.median(walls):.2f}, {min(walls):.2f} | "
            f"{statistics.median(used):.2f}, {min(used):.2f} | {max(compilers)} |"
        )


if __name__ == "__main__":
    main()
