"""Iterations a second by the kernels' machine code, here and as WebAssembly in Node.

The same trainings, in float32, on one thread: by this machine's library, and by both
WebAssembly modules, whose multiply-adds are relaxed or made of additions and
multiplications. All of them give the same bits, which is checked. They take turns;
printed are medians of processor time, and how much slower WebAssembly is.

    python benchmarks/wasm.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "support")]

import numpy as np
from build_kernels import CONTENTS, WASM, folder_of
from build_page import node_command
from images import Image

import walnet
from walnet.engine.kernels import epochs
from walnet.engine.kernels.machine.library import Library, symbol
from walnet.engine.settings import Settings
from walnet.engine.training import Training

RUN = symbol("run", "float32")
REPEATS = 4  # in a process of Node; the first, while V8 optimises, is not counted


class Work(NamedTuple):
    """A training: its layers, how it is updated, and how long it is."""

    name: str
    sizes: tuple[int, ...]
    output: str
    cost: str
    optimizer: str
    rows: int
    batch: int
    iterations: int


ENTROPY = "categorical_cross_entropy"
WORKS = [
    Work("2-4-1 tanh/sigmoid, full batch of 200, gradient descent",
         (2, 4, 1), "sigmoid", "mse", "gradient_descent", 200, 200, 10_000),
    Work("2-4-2-1 tanh, batches of 10, gradient descent (the playground's first)",
         (2, 4, 2, 1), "tanh", "mse", "gradient_descent", 250, 10, 40_000),
    Work("2-32×6-1 tanh, batches of 10, gradient descent",
         (2, *[32] * 6, 1), "tanh", "mse", "gradient_descent", 250, 10, 1_000),
    Work("30-100-2 relu/softmax, batches of 200, Adam",
         (30, 100, 2), "softmax", ENTROPY, "adam", 10_000, 200, 500),
]  # fmt: skip


def image_of(work: Work) -> Image:
    """Return the call that runs the whole training."""
    hidden = "relu" if work.output == "softmax" else "tanh"
    network = walnet.Network(
        list(work.sizes), activation=hidden, output=work.output, seed=0
    )
    rng = np.random.default_rng(0)
    X = rng.normal(size=(work.rows, work.sizes[0]))
    y = rng.integers(0, 2, work.rows).astype(float)
    settings = Settings(
        cost=work.cost,
        optimizer=work.optimizer,
        batch_size=work.batch,
        learning_rate=0.001,
        iterations=work.iterations,
    )
    training = Training(network, X, y, settings)
    state, workspace, order = training.arrays
    course = training.course(work.iterations)
    rows = np.zeros((work.iterations + 1, 6))
    arguments = (training.plan, state, training.examples, course, rows, order)
    return Image(epochs.run, *arguments, workspace)


def here(image: Image) -> tuple[float, bytes]:
    """Return the seconds of this machine's library, and all bytes afterwards."""
    function, seconds = Library.load().function("run", "float32"), []

    def timed(record: ctypes.c_void_p) -> int:
        started = time.process_time()
        code = function(record)
        seconds.append(time.process_time() - started)
        return code

    after = image.run(timed)
    return seconds[0], after


def in_node(image: Image, module: Path) -> tuple[float, bytes]:
    """Return the median of the seconds in Node, and all bytes afterwards."""
    with tempfile.TemporaryDirectory() as name:
        runner = ROOT / "tests" / "support" / "run_image.mjs"
        command = [*node_command("node")[0], runner, module, RUN, REPEATS]
        done = subprocess.run(
            [str(each) for each in [*command, *image.write(Path(name))]],
            cwd=name,
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = json.loads(done.stdout)
        return statistics.median(seconds[1:]), (Path(name) / "after.bin").read_bytes()


def modules() -> dict[str, Path]:
    """Return the WebAssembly modules by what their multiply-adds are."""
    folder = folder_of(WASM)
    libraries = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))["libraries"]
    return {
        "relaxed": folder / libraries["wasm32-relaxed"]["file"],
        "exact": folder / libraries["wasm32"]["file"],
    }


def row_of(work: Work, rounds: int) -> str:
    """Return a line of the table."""
    image = image_of(work)
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        ways = {"native": here(image)}
        ways |= {name: in_node(image, path) for name, path in modules().items()}
        if len({after for _, after in ways.values()}) > 1:
            raise SystemExit(f"{work.name}: the bits differ")
        for name, (spent, _) in ways.items():
            seconds.setdefault(name, []).append(spent)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    rates = " | ".join(f"{work.iterations / each:,.0f}" for each in medians.values())
    slower = [medians[name] / medians["native"] for name in ("relaxed", "exact")]
    return f"| {work.name} | {rates} | {slower[0]:.2f}× | {slower[1]:.2f}× |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| work | native, 1/s | Node, relaxed, 1/s | Node, exact, 1/s | "
          "relaxed: slower by | exact: slower by |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|")
    for work in WORKS:
        print(row_of(work, rounds), flush=True)


if __name__ == "__main__":
    main()
