"""Compare MLPClassifier with scikit-learn's: fit, predictions, memory.

Both run in one process, on one core, in turns; of several turns the fastest counts.
Time is the processor's, not the clock's: on a shared machine the clock also counts the
work of others.

``OMP_NUM_THREADS=1 python benchmarks/estimators.py [--quick] [--grid [--float32]]``
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import sklearn.neural_network
from sklearn.datasets import load_digits, make_classification

import walnet

WANTED = {
    "fit, defaults, 10,000×30, two classes": 7.0,
    "fit, defaults, float32": 7.0,
    "fit, defaults, digits": 10.0,
    "predict_proba, 100,000 rows": 2.0,
    "predict_proba, one row": 10.0,
}


ROWS, FEATURES = (100, 1_000, 10_000, 100_000), (2, 30, 500)
HIDDEN, SOLVERS = ((10,), (100,), (256, 256)), ("adam", "sgd", "lbfgs")
MOST_NUMBERS = 10_000_000  # of a table: larger ones take minutes
WORK = 5e8  # multiplications of a fit, about: so many epochs are done


def best_of(turns: int, *tasks: Callable[[], Any]) -> list[float]:
    """Return the least processor time of each task, run in turns, in seconds."""
    times = [np.inf] * len(tasks)
    for _ in range(turns):
        for place, task in enumerate(tasks):
            start = time.process_time()
            task()
            times[place] = min(times[place], time.process_time() - start)
    return times


def peak_of(kind: str) -> float:
    """Return by how many MB a fit raises the peak memory of a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_peak, (kind,)))


def _peak(kind: str) -> float:
    warnings.simplefilter("ignore")
    library: Any = walnet if kind == "walnet" else sklearn.neural_network
    X, y = make_classification(100_000, 30, random_state=0)
    library.MLPClassifier(max_iter=1).fit(X[:500], y[:500])
    before = high_water()
    library.MLPClassifier(max_iter=2).fit(X, y).predict_proba(X)
    return high_water() - before


def high_water() -> float:
    """Return the most memory this process has had so far, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one turn, few epochs")
    parser.add_argument("--grid", action="store_true", help="fits of many shapes alone")
    parser.add_argument("--float32", action="store_true", help="the grid in float32")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.grid:
        compare_shapes(1 if asked.quick else 3, "f4" if asked.float32 else "f8")
    else:
        compare_defaults(quick=asked.quick)


def compare_defaults(*, quick: bool) -> None:
    """Print how long fits and predictions with default settings take, and memory."""
    turns, epochs = (1, 5) if quick else (3, 200)
    theirs, ours = sklearn.neural_network.MLPClassifier, walnet.MLPClassifier
    X, y = make_classification(10_000, 30, n_informative=10, random_state=0)
    X_digits, y_digits = load_digits(return_X_y=True)
    many = np.random.default_rng(0).normal(size=(100_000, 30))
    for data in ((X, y), (X.astype("f4"), y), (X_digits, y_digits)):
        ours(max_iter=1).fit(*data)  # loads what is not loaded
    options = {"max_iter": epochs, "random_state": 0}

    def fits(*data: np.ndarray) -> list[float]:
        return best_of(
            turns,
            lambda: theirs(**options).fit(*data),
            lambda: ours(**options).fit(*data),
        )

    a, b = theirs(max_iter=5).fit(X, y), ours(max_iter=5).fit(X, y)

    def predictions(rows: np.ndarray, times: int) -> list[float]:
        tasks = [
            lambda model=model: [model.predict_proba(rows) for _ in range(times)]
            for model in (a, b)
        ]
        return [seconds / times for seconds in best_of(2 * turns, *tasks)]

    results = [
        fits(X, y),
        fits(X.astype("f4"), y),
        fits(X_digits, y_digits),
        predictions(many, 1),
        predictions(many[:1], 20 if quick else 200),
    ]
    print("| work | scikit-learn | walnet | times as fast | wanted |")
    print("|---|---:|---:|---:|---:|")
    for (what, wanted), (slow, fast) in zip(WANTED.items(), results, strict=True):
        ratio = slow / fast
        print(
            f"| {what} | {shown(slow)} | {shown(fast)} | {ratio:.1f} | ≥ {wanted:.0f} |"
        )
    peaks = [peak_of("scikit-learn"), peak_of("walnet")]
    print(
        f"| memory of fit, 100,000×30 | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB | "
        f"{peaks[0] / max(peaks[1], 0.1):.1f} | ≥ 1 |"
    )


def compare_shapes(turns: int, dtype: str) -> None:
    """Print how many times as fast as scikit-learn's fits are, shape by shape."""
    print(f"| rows×features | hidden | {' | '.join(SOLVERS)} |")
    print("|---|---|" + "---:|" * len(SOLVERS))
    for rows, features in product(ROWS, FEATURES):
        if rows * features > MOST_NUMBERS:
            continue
        X = np.random.default_rng(0).normal(size=(rows, features))
        y = (X[:, 0] + X[:, -1] ** 2 > 0.5).astype(int)
        for hidden in HIDDEN:
            ratios = [ratio_of(solver, hidden, (X.astype(dtype), y), turns)
                      for solver in SOLVERS]  # fmt: skip
            cells = " | ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"| {rows:,}×{features} | {hidden} | {cells} |", flush=True)


def ratio_of(
    solver: str, hidden: tuple[int, ...], data: tuple[np.ndarray, ...], turns: int
) -> float:
    """Return how many times as fast as scikit-learn's a fit of some epochs is."""
    rows, features = data[0].shape
    sides = (features, *hidden, 1)
    weights = sum(a * b for a, b in pairwise(sides))
    epochs = int(np.clip(WORK / (3 * weights * rows), 1, 200))
    how = {"solver": solver, "max_iter": epochs, "random_state": 0, "tol": 0.0}
    kinds = (sklearn.neural_network.MLPClassifier, walnet.MLPClassifier)
    models = [kind(hidden, n_iter_no_change=10**6, **how) for kind in kinds]
    tasks = [partial(model.fit, *data) for model in models]
    tasks[1]()  # loads what is not loaded
    slow, fast = best_of(turns, *tasks)
    return slow / fast


def shown(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main()
