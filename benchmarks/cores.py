"""How many times as fast two cores are as one: shards of batches, ensembles' members.

Turns are short and taken alternately, and of each kind the fastest counts: the one that
met the least of other work on the machine. Prints a table.

    python benchmarks/cores.py [--rounds 40] [--threads 2]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification

import walnet

BATCHES = (256, 1_024, 4_096)
SIZES = (30, 256, 256, 256, 2)
ITERATIONS = 2


def of_shards(batch: int, threads: int) -> Callable[[], float]:
    """Return what times some iterations on batches of a size."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4 * batch, SIZES[0])).astype(np.float32)
    y = np.eye(2, dtype=np.float32)[rng.integers(0, 2, 4 * batch)]
    settings = walnet.Settings(
        cost="categorical_cross_entropy",
        optimizer="adam",
        batch_size=batch,
        iterations=10**6,
        threads=threads,
    )
    training = walnet.Training(
        walnet.Network(SIZES, activation="relu", output="softmax", seed=0),
        X,
        y,
        settings,
    )
    return partial(seconds, partial(training.advance, ITERATIONS))


def of_members(threads: int) -> Callable[[], float]:
    """Return what times the fit of an ensemble."""
    X, y = make_classification(2_000, 20, n_informative=10, random_state=0)
    model = walnet.TabularClassifier(max_iter=4, n_jobs=threads, random_state=0)
    return partial(seconds, partial(model.fit, X, y))


def seconds(task: Callable[[], object]) -> float:
    """Return how long a task takes by the clock."""
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def compare(what: str, turns: list[Callable[[], float]], rounds: int) -> None:
    """Print a row: the fastest turn on one thread, on several, and their ratio."""
    for turn in turns:
        turn()
    times = np.array([[turn() for turn in turns] for _ in range(rounds)])
    one, several = times.min(axis=0) * 1e3
    ratio = one / several
    middle = np.median(times[:, 0] / times[:, 1])
    print(
        f"| {what} | {one:.1f} ms | {several:.1f} ms | {ratio:.2f} | {middle:.2f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    counts = (1, options.threads)
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print(
        f"| work | one thread | {options.threads} | times as fast | median of turns |"
    )
    print("|---|---:|---:|---:|---:|")
    for batch in BATCHES:
        what = f"{ITERATIONS} iterations of 30-256×3-2, batches of {batch:,}"
        compare(what, [of_shards(batch, each) for each in counts], options.rounds)
    what = "TabularClassifier, 2,000×20"
    compare(what, [of_members(each) for each in counts], max(options.rounds // 4, 3))
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
