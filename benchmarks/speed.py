"""Training speed beside scikit-learn, PyTorch and JAX: the same mathematics, one core.

Five works, each from the same weights, on the same batches in the same order, by the
same update rule, and checked to end at the same cost. Prints a table of microseconds an
iteration (the median of several rounds, the contenders taking turns) and of ratios.

    python benchmarks/speed.py [--rounds 5] [--works a,b,...] [--out table.md] [--cpu]

A contender that is not installed is left out, and the table says so. With `--cpu` time
is the processor's, not the clock's, which on a shared machine counts others' work too.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

if hasattr(os, "sched_setaffinity"):  # one core, also for threads of other libraries
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

if "--cpu" in sys.argv:  # before anybody takes hold of the clock
    time.perf_counter = time.process_time

import numpy as np
from speed_contenders import CONTENDERS, Work


def works() -> dict[str, Work]:
    gd, adam = "gradient_descent", "adam"
    ce = "categorical_cross_entropy"
    return {
        "a": Work("2-4-1 tanh/sigmoid, MSE, full batch of 200, gradient descent",
                  (2, 4, 1), "tanh", "sigmoid", "mse", gd, 0.5, 200, 200, 4000),
        "a'": Work("the same with an identity output (scikit-learn's mathematics)",
                   (2, 4, 1), "tanh", "identity", "mse", gd, 0.05, 200, 200, 2000),
        "b": Work("2-4-2-1 tanh, batches of 10, gradient descent",
                  (2, 4, 2, 1), "tanh", "tanh", "mse", gd, 0.03, 250, 10, 120),
        "b'": Work("the same with an identity output (scikit-learn's mathematics)",
                   (2, 4, 2, 1), "tanh", "identity", "mse", gd, 0.03, 250, 10, 80),
        "c": Work("30-100-2 relu/softmax, batches of 200, Adam",
                  (30, 100, 2), "relu", "softmax", ce, adam, 1e-3, 10_000, 200, 10),
        "d": Work("30-256-256-256-2 relu/softmax, batches of 256, Adam",
                  (30, 256, 256, 256, 2), "relu", "softmax", ce, adam, 1e-4,
                  5_120, 256, 3),
        "e": Work("784-256-128-10 relu/softmax, batches of 128, Adam",
                  (784, 256, 128, 10), "relu", "softmax", ce, adam, 1e-4,
                  5_120, 128, 2),
    }  # fmt: skip


def sgemm_rate() -> float:
    """Return this core's sgemm rate in GFLOP/s, through the BLAS that kernels call."""
    from scipy.linalg import blas

    a = np.asfortranarray(np.random.default_rng(0).normal(size=(512, 512)), np.float32)
    best = 1e9
    for _ in range(20):
        started = time.perf_counter()
        blas.sgemm(1.0, a, a)
        best = min(best, time.perf_counter() - started)
    return 2 * 512**3 / best / 1e9


def flops(work: Work) -> float:
    """Return multiply-adds times 2 of one iteration's matrix products."""
    pairs = list(zip(work.sizes, work.sizes[1:], strict=False))
    macs = sum(a * b for a, b in pairs) * 3 - pairs[0][0] * pairs[0][1]
    return 2.0 * macs * work.batch


def measure(work: Work, rounds: int) -> dict[str, tuple[float, float] | str]:
    """Return each contender's (µs an iteration, final cost), or why there is none."""
    ready: dict = {}
    results: dict = {}
    for name, kind in CONTENDERS.items():
        try:
            ready[name] = kind(work)
            ready[name].run(epochs=1)
        except ImportError as error:
            results[name] = str(error)
    times: dict[str, list[float]] = {name: [] for name in ready}
    costs = {}
    for _ in range(rounds):
        for name, contender in ready.items():
            costs[name] = contender.run()
            times[name].append(contender.seconds / work.iterations * 1e6)
    for name in ready:
        results[name] = (statistics.median(times[name]), costs[name])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--works", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cpu", action="store_true", help="time of the processor")
    options = parser.parse_args()
    chosen = {
        name: work
        for name, work in works().items()
        if not options.works or name in options.works.split(",")
    }
    lines = [
        f"{_processor()}, {os.cpu_count()} cores (shared), one used; "
        f"sgemm {sgemm_rate():.0f} GFLOP/s; Python {platform.python_version()}",
        "",
        "| work | " + " | ".join(f"{n}, µs" for n in CONTENDERS)
        + " | vs. scikit-learn | vs. PyTorch | vs. JAX | final cost | of sgemm |",
        "|---" * (len(CONTENDERS) + 6) + "|",
    ]  # fmt: skip
    for name, work in chosen.items():
        results = measure(work, options.rounds)
        lines.append(_row(work, results))
        print(name, results, file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def _row(work: Work, results: dict) -> str:
    ours, cost = results["walnet"]
    cells, ratios = [], []
    for name in CONTENDERS:
        found = results[name]
        told = isinstance(found, str)
        cells.append("–" if told else f"{found[0]:,.2f}")
        if name != "walnet":
            ratios.append("–" if told else f"{found[0] / ours:.2f}×")
    costs = [found[1] for found in results.values() if not isinstance(found, str)]
    spread = max(abs(c - cost) for c in costs) / max(abs(cost), 1e-12)
    share = flops(work) / ours / 1e3 / sgemm_rate()
    return (
        f"| {work.title} | "
        + " | ".join(cells)
        + " | "
        + " | ".join(ratios)
        + f" | {cost:.6f} (all within {spread:.0e}) | {share:.0%} |"
    )


def _processor() -> str:
    """Return the processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    lines = [line for line in text.splitlines() if line.startswith("model name")]
    return lines[0].split(":")[1].strip() if lines else platform.processor()


if __name__ == "__main__":
    main()
