"""What a fit costs as rows grow; prints a table and writes a page.

    python benchmarks/growth.py [--rows 1000,10000,100000,1000000]
        [--models fast,balanced,lightgbm] [--page FILE.md]

A table is made of ten columns: six normal numbers, two with heavy tails, two categories
of 5 and 40 levels. There are two classes; the best model that there can be gets about
nine of ten rows right. Each fit is a process of its own, on one core: its processor
time and its memory at the peak, less that of the same process before it fits, and the
error on 20,000 other rows beside that of the true probabilities.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROWS, TEST = (1_000, 10_000, 100_000, 1_000_000), 20_000
MODELS = ("fast", "balanced", "lightgbm")


def made(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return a table, its classes, and the probability of class 1 of each row."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, 6))
    tails = np.exp(1.5 * rng.normal(size=(n, 2)))
    few, many = rng.integers(0, 5, n), rng.integers(0, 40, n)
    effects = np.random.default_rng(0).normal(size=40)
    z = 2 * np.sin(2 * numbers[:, 0]) + numbers[:, 1] * numbers[:, 2]
    z += np.where(tails[:, 0] > 2, 2.0, -0.5) + 0.5 * np.log(tails[:, 1])
    z += np.where(few == 3, numbers[:, 3], -numbers[:, 4]) + 1.5 * effects[many]
    p = 1 / (1 + np.exp(-2 * z))
    frame = pd.DataFrame({f"x{k}": column for k, column in enumerate(numbers.T)})
    frame = frame.assign(t0=tails[:, 0], t1=tails[:, 1])
    frame["few"] = pd.Categorical([f"f{k}" for k in few])
    frame["many"] = pd.Categorical([f"m{k}" for k in many])
    return frame, (rng.random(n) < p).astype(int), p


def estimator(model: str) -> Any:
    """Return the model."""
    if model == "lightgbm":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(n_jobs=1, verbose=-1)
    from walnet.tabular import TabularClassifier

    return TabularClassifier(preset=model, n_jobs=1, verbose=False)


def fit(model: str, rows: int) -> dict[str, float]:
    """Return what one fit costs, and how good it is; run in a process of its own."""
    X, y, _ = made(rows, 1)
    X_test, y_test, p_test = made(TEST, 2)
    small = made(500, 3)
    estimator(model).fit(small[0], small[1]).predict(small[0])  # loads everything
    before, started = _peak(), time.process_time()
    fitted = estimator(model).fit(X, y)
    seconds = time.process_time() - started
    return {
        "seconds": seconds,
        "megabytes": _peak() - before,
        "table": X.memory_usage(deep=True).sum() / 1e6,
        "error": float((fitted.predict(X_test) != y_test).mean()),
        "least": float(((p_test > 0.5) != y_test).mean()),
    }


def _peak() -> float:
    """Return the largest memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(model: str, rows: int) -> dict[str, float]:
    """Return the figures of a fit in a process of its own."""
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--one", f"{model}:{rows}"]
    done = subprocess.run(
        command, env=os.environ | alone, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(results: dict[tuple[int, str], dict[str, float]]) -> str:
    """Return the results in Markdown."""
    lines = [
        "| rows | model | processor time, s | µs a row | memory, MB | error | least |",
        "|---|---|---|---|---|---|---|",
    ]
    for (rows, model), found in results.items():
        row = f"{1e6 * found['seconds'] / rows:,.0f}"
        lines.append(
            f"| {rows:,} | {model} | {found['seconds']:.1f} | {row} | "
            f"{found['megabytes']:,.0f} | {found['error']:.4f} | {found['least']:.4f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--page", help="write the result as Markdown")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        model, rows = options.one.split(":")
        print(json.dumps(fit(model, int(rows))))
        return
    results = {}
    for rows in map(int, options.rows.split(",")):
        for model in options.models.split(","):
            results[rows, model] = measured(model, rows)
            print(table(results).splitlines()[-1], flush=True)
    if options.page:
        about = (
            f"Made by `benchmarks/growth.py`, whose first lines are the protocol, on "
            f"{datetime.now(UTC):%Y-%m-%d}; {platform.machine()}, Python "
            f"{platform.python_version()}."
        )
        page = f"# What a fit costs as rows grow\n\n{about}\n\n{table(results)}\n"
        Path(options.page).write_text(page)


if __name__ == "__main__":
    main()
