"""What learning the logarithm of a heavy-tailed target gains; prints a table.

    python benchmarks/heavy_tails.py FOLDER [--seeds 11,12] [--tables a,b]
        [--page FILE.md]

FOLDER holds tables as ``NAME.parquet``, the target in the column ``__target__``; they
are split 75/25 by each seed. Made-up tables have six normal columns and 2,000 rows to
learn from, 20,000 to test with. At most 4,000 rows are learned from, by the preset
fast, twice: as it is, and with no logarithm. Errors are the mean absolute one over that
of the training's median, and the root mean squared one over the deviation; then follow
the coverage of 90 % intervals, and the processor time of the fit. Runs use one core.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from walnet.tabular import TabularRegressor, regressor

TARGET = "__target__"
Rng = np.random.Generator


def zero_inflated(f: Any, rng: Rng) -> Any:
    """Return zeros, more of them where f is small, and lognormal numbers."""
    amounts = np.exp(f + 0.5 * rng.normal(size=len(f)))
    return np.where(rng.random(len(f)) < 1 / (1 + np.exp(f)), 0.0, amounts)


MADE_UP: dict[str, Callable[[Any, Rng], Any]] = {
    "exp(2f)": lambda f, rng: np.exp(2 * f + 0.1 * rng.normal(size=len(f))),
    "sinh(2f)": lambda f, rng: np.sinh(2 * f + 0.1 * rng.normal(size=len(f))),
    "f + Student t(1.5)": lambda f, rng: f + rng.standard_t(1.5, len(f)),
    "zero-inflated": zero_inflated,
    "Poisson counts": lambda f, rng: rng.poisson(np.exp(0.8 * f)).astype(float),
}
TABLES = (*MADE_UP, "ames", "hitters", "diamonds", "abalone")
HEAD = "| table | logarithm | MAE before | after | RMSE before | after "
HEAD += "| coverage before | after | s before | after |"


def split(folder: Path, name: str, seed: int) -> list[Any]:
    """Return columns and targets to learn from, and to test with."""
    rng = np.random.default_rng(seed)
    if name in MADE_UP:
        X, n = rng.normal(size=(22_000, 6)), 2000
        f = 0.8 * X[:, 0] + 0.7 * np.sin(2 * X[:, 1]) + 0.3 * X[:, 2] * X[:, 3]
        y = MADE_UP[name](f, rng)
        return [X[:n], y[:n], X[n:], y[n:]]
    frame = pd.read_parquet(folder / f"{name}.parquet").sample(
        frac=1, random_state=seed
    )
    X, y = frame.drop(columns=TARGET), frame[TARGET].to_numpy(float)
    n = 3 * len(y) // 4
    least = min(n, 4000)
    return [X[:least], y[:least], X[n : n + 10_000], y[n : n + 10_000]]


def measured(parts: list[Any]) -> tuple[bool, list[float]]:
    """Return whether a logarithm was learned, both errors, coverage and time."""
    X, y, X_new, y_new = parts
    started = time.process_time()
    model = TabularRegressor(preset="fast", n_jobs=1).fit(X, y)
    seconds = time.process_time() - started
    off = model.predict(X_new) - y_new
    low, high = model.predict_interval(X_new)
    return model.logarithm_ is not None, [
        float(np.abs(off).mean() / np.abs(np.median(y) - y_new).mean()),
        float(np.sqrt((off**2).mean()) / y_new.std()),
        float(np.mean((low <= y_new) & (y_new <= high))),
        seconds,
    ]


def row(folder: Path, name: str, seeds: list[int]) -> str:
    """Return the line of a table: means over the seeds."""
    chosen, before, after = 0, [], []
    for seed in seeds:
        parts = split(folder, name, seed)
        with patch.object(regressor, "logarithm_of", lambda _: None):
            before.append(measured(parts)[1])
        is_chosen, errors = measured(parts)
        chosen += is_chosen
        after.append(errors)
    pairs = zip(np.mean(before, axis=0), np.mean(after, axis=0), strict=True)
    cells = [f"{value:.3f}" for pair in pairs for value in pair]
    return f"| {name} | {chosen} of {len(seeds)} | {' | '.join(cells)} |"


def main() -> None:
    """Measure, print, and write the page where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="11,12")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--page", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = [HEAD, "|---|---:" + "|---:" * 8 + "|"]
    print("\n".join(lines))
    for name in args.tables.split(","):
        lines.append(row(args.folder, name, [int(s) for s in args.seeds.split(",")]))
        print(lines[-1], flush=True)
    if args.page:
        day = datetime.now(UTC).date()
        title = "# Targets with heavy tails\n\nMade by `benchmarks/heavy_tails.py`, "
        title += "whose first lines are the protocol,\n"
        title += f"on {day}; {platform.machine()}, Python {platform.python_version()}."
        title += "\n\n"
        args.page.write_text(title + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
