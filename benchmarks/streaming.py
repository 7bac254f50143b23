"""Tables larger than memory: speed and memory of a streamed fit, beside one in memory.

    python benchmarks/streaming.py [GIGABYTES] [--folder FOLDER]

Writes so many gigabytes of Parquet (2 by default), 28 numbers and a class, learns from
them with `walnet.EnsembleModel.fit_stream`, and from a part of the same rows in memory.
Each fit is a process of its own: its peak memory is the kernel's high-water mark.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS, GROUP, FILE_ROWS = 28, 100_000, 500_000
OPTIONS = {"preset": "fast", "members": 2, "epochs": 1, "threads": 2}

CHILD = """
import json, sys, time
import walnet
how, path, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
marks = []
options["callback"] = lambda training: marks.append((time.monotonic(), training.share))
started = time.monotonic()
if how == "stream":
    model = walnet.EnsembleModel.fit_stream(path, "kind", **options)
else:
    table = walnet.read_table(path)
    started = time.monotonic()
    model = walnet.EnsembleModel.fit(table, "kind", **options)
seconds = time.monotonic() - started
status = open("/proc/self/status").read().splitlines()
peak = [int(line.split()[1]) for line in status if line.startswith("VmHWM")][0]
# Of the learning alone: from the first callback on.
(begun, before), (ended, after) = marks[0], marks[-1]
print(json.dumps({
    "rows": model.rows, "seconds": seconds, "mebibytes": peak / 1024,
    "learning": (ended - begun) / max(after - before, 1e-9) if len(marks) > 1 else None,
}))
"""


def write_table(folder: Path, gigabytes: float) -> int:
    """Write files of random rows until there are so many bytes; return the bytes."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(COLUMNS, 4))
    total = part = 0
    while total < gigabytes * 1e9:
        X = rng.normal(size=(FILE_ROWS, COLUMNS))
        score = np.tanh(X @ weights).sum(axis=1) + 0.3 * rng.normal(size=FILE_ROWS)
        columns = {f"x{i}": X[:, i] for i in range(COLUMNS)}
        columns["kind"] = pa.array(np.where(score > 0, "yes", "no"))
        path = folder / f"{part:04}.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=GROUP)
        total, part = total + path.stat().st_size, part + 1
    return total


def fit(how: str, path: Path) -> dict[str, float]:
    """Fit in a process of its own and return what it measured."""
    command = [sys.executable, "-c", CHILD, how, str(path), json.dumps(OPTIONS)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def main() -> None:
    """Write, fit twice, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gigabytes", type=float, nargs="?", default=2.0)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        size = write_table(folder, given.gigabytes)
        streamed = fit("stream", folder)
        held = fit("memory", folder / "0000.parquet")
    print(f"{size / 1e9:.2f} GB of Parquet, {streamed['rows']:,} rows; {OPTIONS}")
    for name, facts in (("streamed", streamed), ("in memory", held)):
        rate = facts["rows"] * OPTIONS["epochs"] / facts["seconds"]
        print(
            f"{name:10} {facts['rows']:>11,} rows {facts['seconds']:7.1f} s "
            f"{rate:10,.0f} rows/s, of learning alone "
            f"{facts['rows'] * OPTIONS['epochs'] / facts['learning']:10,.0f} rows/s, "
            f"{facts['mebibytes']:7.0f} MiB at most"
        )


if __name__ == "__main__":
    main()
