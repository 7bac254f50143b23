"""Accuracy on real tables beside peers, by one protocol; prints and writes the result.

    python benchmarks/accuracy.py FOLDER [--models balanced,sk_mlp] [--tables a,b]
        [--rows 4000] [--seeds 5] [--large-seeds 1] [--results accuracy.csv]
        [--baselines FILE] [--page FILE.md]

FOLDER holds tables as ``NAME.parquet``, the target in the column ``__target__``, each
with ``NAME.json`` that has at least ``"task"``: regression, binary or multiclass.

Each table is split 75/25 with a seed (stratified for classes); at most 4,000 rows, or
another number, are trained on and 10,000 tested with; classes of fewer than 8 rows are
dropped. Where more rows are asked for, tables that have less than nine tenths of them
are left out.
Tables of fewer than 1,100 rows are split by five seeds, the others by one, if nothing
else is said. A model gets the raw data frame. Runs use one core. The error is the share
of wrong classes, or RMSE divided by the deviation of the test targets; it is aggregated
over tables as the shifted geometric mean exp(mean log(e + 0.01)), relative to
scikit-learn's MLP.

The peers pytabkit, catboost, lightgbm and xgboost are measured where they are there.

Every finished run is a row of the results file at once: the script goes on where it was
stopped. Measured cells of other models may be given as a file of the same columns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from accuracy_models import MODELS, REFERENCE, walnet_preset
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from walnet.inspection.evaluation import (
    accuracy,
    evaluate_classes,
    root_mean_squared_error,
)

TARGET = "__target__"
SMALL = 1100
ROWS = 4000
SHIFT = 0.01
Split = tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]


class Table(NamedTuple):
    """A table to be measured."""

    name: str
    frame: pd.DataFrame
    task: str


def split(frame: pd.DataFrame, task: str, seed: int, rows: int = ROWS) -> Split:
    """Return the rows to train on, so many at most, and to test with."""
    y = frame[TARGET]
    classes = task != "regression"
    if classes:
        counts = y.value_counts()
        frame = frame[y.isin(counts[counts >= 8].index)]
        y = frame[TARGET].astype(str)
    X = frame.drop(columns=TARGET)
    parts = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y if classes else None
    )
    X_train, y_train = _at_most(rows, parts[0], parts[2], seed, classes=classes)
    X_test, y_test = _at_most(10_000, parts[1], parts[3], seed, classes=classes)
    return X_train, X_test, y_train, y_test


def _at_most(
    n: int, X: pd.DataFrame, y: pd.Series, seed: int, *, classes: bool
) -> tuple[pd.DataFrame, pd.Series]:
    if len(X) <= n:
        return X, y
    stratify = y if classes else None
    X, _, y, _ = train_test_split(
        X, y, train_size=n, random_state=seed, stratify=stratify
    )
    return X, y


def run(table: Table, seed: int, model: str, rows: int) -> dict:
    """Return the row of one fit."""
    name, frame, task = table
    X_train, X_test, y_train, y_test = split(frame, task, seed, rows)
    estimator = MODELS[model](X_train, task, seed)
    row = {"dataset": name, "model": model, "seed": seed, "task": task}
    row |= {"n_train": len(X_train), "n_test": len(X_test), "d": X_train.shape[1]}
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X_train, y_train.to_numpy())
        row["fit_s"] = time.perf_counter() - wall
        row["fit_cpu"] = time.process_time() - cpu
        wall = time.perf_counter()
        predicted = estimator.predict(X_test).reshape(len(X_test))  # CatBoost: a column
        row["pred_s"] = time.perf_counter() - wall
        measure = regression_errors if task == "regression" else class_errors
        return row | measure(estimator, X_test, y_test.to_numpy(), predicted)


def regression_errors(_: Any, __: Any, y: np.ndarray, predicted: np.ndarray) -> dict:
    rmse = root_mean_squared_error(y, predicted)
    return {"rmse": rmse, "nrmse": rmse / y.std()}


def class_errors(
    estimator: Any, X: pd.DataFrame, y: np.ndarray, predicted: np.ndarray
) -> dict:
    proba, labels = estimator.predict_proba(X), list(estimator.classes_)
    scores = proba[:, 1] if len(labels) == 2 else proba
    auroc = roc_auc_score(y, scores, multi_class="ovr", labels=labels)
    indices = np.searchsorted(labels, y)
    found = evaluate_classes(indices, proba, np.full(len(labels), 1 / len(labels)))
    return {
        "err": 1 - accuracy(y, predicted),
        "logloss": found.measures["log_loss"],
        "auroc": auroc,
    }


def warm_up() -> None:
    """Load the kernels and libraries, which happens once, not in each fit."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    frame["c"] = rng.integers(0, 12, 300).astype(str)
    for task in ("regression", "binary"):
        y = frame["a"] if task == "regression" else (frame["a"] > 0).astype(str)
        model = walnet_preset("fast")(frame, task, 0).set_params(max_iter=1)
        model.fit(frame, y.to_numpy()).predict(frame)


def relative(table: pd.DataFrame, of: str, models: list[str]) -> pd.Series:
    """Return each model's shifted geometric mean over the reference's, less 1."""
    means = table.groupby(["dataset", "model"])[of].mean().unstack()
    if REFERENCE not in means:
        return pd.Series(np.nan, models)
    logs = np.log(means[means[REFERENCE].notna()] + SHIFT)
    ratios = logs.sub(logs[REFERENCE], axis=0)
    return np.expm1(ratios.mean()).reindex(models)


def interval(table: pd.DataFrame, models: list[str]) -> dict[str, str]:
    """Return a 95 % bootstrap interval over tables of each model's figure."""
    means = table.groupby(["dataset", "model"])["e"].mean().unstack()
    if REFERENCE not in means:
        return {}
    logs = np.log(means + SHIFT)
    ratios = logs.sub(logs[REFERENCE], axis=0)
    rng = np.random.default_rng(0)
    result = {}
    for model in models:
        values = ratios[model].dropna().to_numpy()
        draws = rng.choice(values, (2000, len(values))).mean(axis=1)
        low, high = np.expm1(np.quantile(draws, (0.025, 0.975)))
        result[model] = f"{low:+.1%} to {high:+.1%}"
    return result


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a model: errors relative to the reference, ranks and times."""
    results = results.assign(e=results["err"].fillna(results["nrmse"]))
    counts = results.groupby("model")["dataset"].nunique()
    models = list(counts.index)
    means = results.groupby(["dataset", "model"])["e"].mean().unstack()
    small = results["n_train"] < SMALL
    classes = results[results["task"] != "regression"]
    out = pd.DataFrame({"tables": counts})
    out["error"] = relative(results, "e", models)
    out["95 % interval"] = pd.Series(interval(results, models))
    out["under 1,100 rows"] = relative(results[small], "e", models)
    out["1,100 rows and more"] = relative(results[~small], "e", models)
    out["log-loss"] = relative(classes, "logloss", models)
    out["mean rank"] = means.rank(axis=1).mean()
    out["median fit, CPU s"] = (
        results.groupby(["dataset", "model"])["fit_cpu"].mean().unstack().median()
    )
    return out.sort_values("error")


def markdown(table: pd.DataFrame, percent: tuple[str, ...], index: str) -> str:
    """Return a table in Markdown."""
    head = [index, *table.columns]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in table.iterrows():
        cells = [
            cell(value, percent=column in percent) for column, value in row.items()
        ]
        lines.append("| " + " | ".join([str(name), *cells]) + " |")
    return "\n".join(lines)


def cell(value: Any, *, percent: bool) -> str:
    if isinstance(value, str) or pd.isna(value):
        return value if isinstance(value, str) else ""
    if percent:
        return f"{value:+.1%}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def page(results: pd.DataFrame) -> str:
    """Return the whole result as a page."""
    percent = ("error", "under 1,100 rows", "1,100 rows and more", "log-loss")
    results = results.assign(e=results["err"].fillna(results["nrmse"]))
    cells = results.groupby(["dataset", "model"])["e"].mean().unstack()
    losses = results.groupby(["dataset", "model"])["logloss"].mean().unstack()
    rows = results.groupby("dataset")["n_train"].first()
    cells.insert(0, "rows", rows)
    about = (
        f"Machine: {machine()}. Made by `benchmarks/accuracy.py`, whose first lines "
        "are the protocol. Negative is better than scikit-learn's MLP; models other "
        "than walnet's and `sk_mlp` come from a file of cells measured before."
    )
    return "\n\n".join([
        "# Accuracy on real tables",
        about,
        "## All tables",
        markdown(summary(results), percent, "model"),
        "## Error, each table",
        markdown(cells.sort_values("rows"), (), "table"),
        "## Log-loss, each table of classes",
        markdown(losses.dropna(how="all"), (), "table"),
    ]) + "\n"  # fmt: skip


def machine() -> str:
    """Return what the figures were measured on."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        found = [line for line in lines if line.startswith("model name")]
        name = found[0].split(":")[1].strip() if found else name
    cores, python = os.cpu_count(), platform.python_version()
    return f"{name}, {cores} cores, one used; Python {python}"


def seeds_of(frame: pd.DataFrame, small: int, large: int) -> range:
    """Return the seeds that a table is split by."""
    return range(small if len(frame) < SMALL else large)


def tables_of(options: argparse.Namespace) -> list[Table]:
    """Return the tables to be measured, small ones first."""
    folder = Path(options.folder)
    known = sorted(path.stem for path in folder.glob("*.parquet"))
    names = options.tables.split(",") if options.tables else known
    tables = [
        Table(
            name,
            pd.read_parquet(folder / f"{name}.parquet"),
            json.loads((folder / f"{name}.json").read_text())["task"],
        )
        for name in names
    ]
    enough = 0 if options.rows <= ROWS else 0.9 * options.rows
    kept = [each for each in tables if 0.75 * len(each.frame) >= enough]
    return sorted(kept, key=lambda each: len(each.frame))


def measure_all(options: argparse.Namespace) -> None:
    """Run what the results file lacks, small tables first."""
    known = finished(options.results)
    warm_up()
    for table in tables_of(options):
        seeds = seeds_of(table.frame, options.seeds, options.large_seeds)
        for seed, model in product(seeds, options.models):
            if (table.name, model, seed) not in known:
                row = run(table, seed, model, options.rows)
                append(row, options.results)
                said = f"{row.get('err', row.get('nrmse')):.4f} {row['fit_cpu']:6.2f} s"
                print(f"{table.name:16} {seed} {model:16} {said}", flush=True)


def finished(path: str) -> set[tuple[str, str, int]]:
    """Return the runs that the results file has."""
    if not Path(path).exists():
        return set()
    done = pd.read_csv(path)
    return set(zip(done.dataset, done.model, done.seed, strict=True))


COLUMNS = [
    "dataset", "model", "seed", "task", "n_train", "n_test", "d", "err", "logloss",
    "auroc", "rmse", "nrmse", "fit_s", "fit_cpu", "pred_s",
]  # fmt: skip


def append(row: dict, path: str) -> None:
    """Write a row to the results file."""
    header = not Path(path).exists()
    frame = pd.DataFrame([row]).reindex(columns=COLUMNS)
    frame.to_csv(path, mode="a", header=header, index=False, float_format="%.6g")


def with_baselines(results: pd.DataFrame, path: str | None) -> pd.DataFrame:
    """Return the results with the cells of other models for the same splits."""
    if path is None:
        return results
    others = pd.read_csv(path)
    others = others[~others["model"].isin(results["model"])]
    keys = results[["dataset", "seed"]].drop_duplicates()
    others = others.merge(keys).reindex(columns=COLUMNS)
    return pd.concat([results, others.dropna(subset=["fit_cpu"])], ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--models", default=f"{REFERENCE},walnet_fast,walnet_balanced")
    parser.add_argument("--tables", help="names, separated by commas; by default all")
    parser.add_argument("--rows", type=int, default=ROWS, help="to train on, at most")
    parser.add_argument("--seeds", type=int, default=5, help="of the small tables")
    parser.add_argument("--large-seeds", type=int, default=1, help="of the others")
    parser.add_argument("--results", default="accuracy.csv")
    parser.add_argument("--baselines", help="measured cells of other models, a CSV")
    parser.add_argument("--page", help="write the result as Markdown")
    parser.add_argument("--only-report", action="store_true", help="run nothing")
    options = parser.parse_args()
    options.models = options.models.split(",")
    if not options.only_report:
        measure_all(options)
    results = with_baselines(pd.read_csv(options.results), options.baselines)
    print(summary(results).round(3).to_string())
    if options.page:
        Path(options.page).write_text(page(results))


if __name__ == "__main__":
    main()
