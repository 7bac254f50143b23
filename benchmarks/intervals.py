"""Whether intervals hold what they say, in every third of the rows; prints a table.

    python benchmarks/intervals.py FOLDER [--seeds 11,12,13] [--tables a,b]
        [--page FILE.md]

FOLDER holds tables as ``NAME.parquet``, the target in the column ``__target__``. A
made-up table has noise in proportion to 0.05 + x. Each is split 75/25 by each seed; at
most 4,000 rows (1,500 of the made-up one) are trained on, by the preset fast, and
10,000 tested with. Thirds are of the test rows in order of the interval's width, of the
prediction, and, where it is known, of the noise; a third's coverage is the mean over
the seeds. The width is the mean width over that of intervals of one width for all rows,
by the same errors. The last column is the share of the fit's processor time that the
intervals take. Runs use one core.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from walnet.tabular import TabularRegressor
from walnet.tabular.ensemble.calibration import half_width
from walnet.tabular.ensemble.intervals import fit_slopes

TARGET = "__target__"
TABLES = ("abalone", "concrete", "diabetes", "hitters", "servo", "diamonds")
NOISE = "noise ∝ 0.05 + x"
HEAD = ["table", "rows", "50 %", "90 %", "thirds by width", "thirds by prediction"]
HEAD += ["thirds by noise", "one width: thirds by prediction", "width", "time"]


class Timed(TabularRegressor):
    """A regressor that notes what its intervals cost, and what they are made of."""

    def _fit_spread(self, data: Any, rows: Any, middle: Any, off: Any) -> Any:
        started = time.process_time()
        found = super()._fit_spread(data, rows, middle, off)
        fit_slopes(data, self.preprocessor_.n_numbers)
        self.off, self.seconds = np.sort(off), time.process_time() - started
        return found


def table(folder: Path, name: str, seed: int) -> tuple[pd.DataFrame, Any, Any]:
    """Return the columns, the target, and the noise where it is known."""
    if name != NOISE:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        return frame.drop(columns=TARGET), frame[TARGET].to_numpy(float), None
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(size=(8000, 3)), columns=["x", "a", "b"])
    noise = 0.05 + X["x"].to_numpy()
    mean = np.sin(6 * X["a"]) + X["b"]
    return X, (mean + noise * rng.normal(size=len(X))).to_numpy(), noise


def thirds(inside: Any, key: Any) -> list[float]:
    """Return the coverage of each third of rows, from the least of a key on."""
    order = np.argsort(key, kind="stable")
    return [float(inside[rows].mean()) for rows in np.array_split(order, 3)]


def run(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Return what is measured with one seed."""
    X, y, noise = table(folder, name, seed)
    order = np.random.default_rng(seed).permutation(len(y))
    cut = int(0.75 * len(y))
    most = 1500 if name == NOISE else 4000
    train, test = order[: min(cut, most)], order[cut:][:10_000]
    started = time.process_time()
    model = Timed(preset="fast", random_state=seed, n_jobs=1)
    model.fit(X.iloc[train], y[train])
    seconds = time.process_time() - started
    predicted, true = model.predict(X.iloc[test]), y[test]
    found: dict[str, Any] = {"rows": len(train)}
    found["time"] = model.seconds / (seconds - model.seconds)
    for coverage in (0.5, 0.9):
        low, high = model.predict_interval(X.iloc[test], coverage)
        inside = (low <= true) & (true <= high)
        found[f"{coverage:.0%}"] = float(inside.mean())
    found["by width"] = thirds(inside, high - low)
    found["by prediction"] = thirds(inside, predicted)
    found["by noise"] = None if noise is None else thirds(inside, noise[test])
    half = half_width(model.off, 0.9)
    found["one"] = thirds(np.abs(predicted - true) <= half, predicted)
    found["width"] = float((high - low).mean() / (2 * half))
    return found


def line(name: str, found: list[dict[str, Any]]) -> list[str]:
    """Return the cells of a table's line: means over the seeds."""
    shares = [np.mean([each[what] for each in found]) for what in ("50%", "90%")]
    cells = [name, f"{found[0]['rows']:,}", *(f"{share:.3f}" for share in shares)]
    for what in ("by width", "by prediction", "by noise", "one"):
        known = [each[what] for each in found if each[what] is not None]
        means = np.mean(known, axis=0) if known else []
        cells.append(" · ".join(f"{mean:.3f}" for mean in means))
    cells.append(f"{np.mean([each['width'] for each in found]):.2f}×")
    cells.append(f"{np.mean([each['time'] for each in found]):.1%}")
    return cells


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="11,12,13")
    parser.add_argument("--tables", default=",".join((*TABLES, NOISE)))
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    warm = rng.normal(size=(300, 2))  # what is loaded once is not measured
    TabularRegressor(preset="fast", max_iter=1).fit(warm, warm[:, 0])
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    print("\n".join(lines))
    for name in asked.tables.split(","):
        found = [run(asked.folder, name, int(s)) for s in asked.seeds.split(",")]
        lines.append("| " + " | ".join(line(name, found)) + " |")
        print(lines[-1], flush=True)
    if asked.page is not None:
        asked.page.write_text(page(lines), encoding="utf-8")


def page(lines: list[str]) -> str:
    """Return the table as a page."""
    where = f"{platform.machine()}, Python {platform.python_version()}"
    day = datetime.now(UTC).date()
    return (
        "# Whether intervals hold what they say\n\nMade by `benchmarks/intervals.py`, "
        f"whose first lines are the protocol,\non {day}; {where}.\n\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
