"""What processes cost that train one network together, and what many rows would cost.

    mpiexec -n 2 python benchmarks/distributed.py measure
    python benchmarks/distributed.py model

The first measures on this machine, one process and two in turn; the second works out,
from such figures, how long a training takes on many machines.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

import walnet
from walnet.cluster.processes import joined
from walnet.engine.communicator import ALONE, Communicator
from walnet.engine.distributed import SHARDS, DistributedTraining, ShardRows

LAYERS, BATCH, ROWS = [30, 256, 256, 256, 2], 4096, 16_384
ROUNDS, STEPS = 15, 4


def training(communicator: Communicator) -> DistributedTraining:
    """Return a training of which this process has its share of the rows."""
    sizes = np.full(SHARDS, ROWS // SHARDS)
    own = ROWS // communicator.world
    rng = np.random.default_rng(communicator.rank)
    X = rng.normal(size=(own, LAYERS[0])).astype(np.float32)
    network = walnet.Network(LAYERS, activation="relu", output="softmax", seed=0)
    settings = walnet.Settings(
        batch_size=BATCH,
        epochs=10**6,
        cost="categorical_cross_entropy",
        optimizer="adam",
        learning_rate=1e-3,
    )
    y = (X[:, 0] > 0).astype(int)
    examples = network.examples(X, y, None, settings.cost)
    rows = ShardRows(examples, rng.permutation(own), sizes)
    return DistributedTraining(network, rows, settings, communicator)


class Waits:
    """Counts the processor time that passes in sums: looking whether others are there.

    Parameters
    ----------
    communicator : Communicator
        Whose sums are looked at.
    """

    def __init__(self, communicator: Communicator) -> None:
        self._sum, self.seconds = communicator.allreduce, 0.0
        self.communicator = replace(communicator, allreduce=self)

    def __call__(self, array: np.ndarray) -> None:
        began = time.process_time()
        self._sum(array)
        self.seconds += time.process_time() - began


def seconds_of_steps(trained: DistributedTraining) -> tuple[float, float]:
    """Return how long a step takes, by the clock and in processor time."""
    began, used = time.perf_counter(), time.process_time()
    trained.advance(STEPS)
    taken = time.perf_counter() - began, time.process_time() - used
    return taken[0] / STEPS, taken[1] / STEPS


def seconds_of_sums(communicator: Communicator, n: int, times: int = 200) -> float:
    """Return the median time of a sum of so many floats over all processes."""
    array, taken = np.zeros(n, np.float32), []
    for _ in range(times):
        began = time.perf_counter()
        communicator.allreduce(array)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def rows_read_a_second() -> float:
    """Return how many rows of 30 columns a process reads as a table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from walnet.tables.row_groups import RowGroups

    with tempfile.TemporaryDirectory() as folder:
        n = 200_000
        X = np.random.default_rng(0).normal(size=(n, LAYERS[0]))
        table = pa.table({f"x{k}": X[:, k] for k in range(LAYERS[0])})
        pq.write_table(table, Path(folder) / "a.parquet", row_group_size=50_000)
        began = time.perf_counter()
        read = sum(len(b.rows) for b in RowGroups(folder, SHARDS).blocks(range(SHARDS)))
        return read / (time.perf_counter() - began)


def measure() -> None:
    """Print what one process and several need for the same steps, in turn."""
    with joined() as processes:
        communicator = processes.communicator
        waits = Waits(communicator)
        shared = training(waits.communicator)
        alone = training(ALONE) if communicator.rank == 0 else None
        alone_taken, shared_taken = [], []
        for _ in range(ROUNDS):
            communicator.barrier()
            if alone is not None:
                alone_taken.append(seconds_of_steps(alone))
            communicator.barrier()
            waits.seconds = 0.0
            clock, used = seconds_of_steps(shared)
            shared_taken.append((clock, used - waits.seconds / STEPS))
        sums = {
            n: min(seconds_of_sums(communicator, n) for _ in range(5))
            for n in (2, 10_000, 1_000_000)
        }
        if communicator.rank:
            return
        world = communicator.world
        print(f"a step of {LAYERS}, {BATCH:,} rows, {ROUNDS} rounds in turn: medians")
        ours, theirs = np.array(shared_taken), np.array(alone_taken)
        for kind, name in enumerate(("by the clock", "own work alone")):
            alone_ms, shared_ms = np.median(theirs, 0)[kind], np.median(ours, 0)[kind]
            print(f"  {name:17} 1 process {alone_ms * 1e3:8.2f} ms", end="")
            print(f"  {world} processes {shared_ms * 1e3:8.2f} ms each", end="")
            ratio = np.median(theirs[:, kind] / ours[:, kind])
            print(f"  {ratio:.2f} times as fast")
        for n, seconds in sums.items():
            print(f"sum of {n:>9,} floats over {world}: {seconds * 1e3:.4f} ms")
        print(f"read a second, 30 columns: {rows_read_a_second():,.0f} rows")


@dataclass(frozen=True)
class Machine:
    """Figures of a process, and of what is between two of them.

    Attributes
    ----------
    row : float
        Seconds to learn from a row once, there and back.
    read : float
        Rows that are read, encoded and stored a second, of both passes before learning.
    latency, bandwidth : float
        Seconds of a message, and bytes a second, between two processes.
    """

    row: float
    read: float
    latency: float
    bandwidth: float


def seconds_of(
    machine: Machine, rows: float, processes: int, epochs: int, batch: int
) -> tuple[float, float, float]:
    """Return the seconds of reading, of learning, and of sums between processes.

    Each step has a sum of the gradients and one of two numbers, each in log2(processes)
    exchanges.
    """
    parameters = sum((a + 1) * b for a, b in pairwise(LAYERS))
    steps = epochs * rows / batch
    exchanges = np.log2(processes)
    message = 2 * machine.latency + 4 * parameters / machine.bandwidth
    return (
        rows / processes / machine.read,
        epochs * rows * machine.row / processes,
        steps * exchanges * message,
    )


# Measured: a row, the reader, messages within a machine. Assumed: 25 Gbit/s Ethernet.
HERE = Machine(row=11e-6, read=25_000, latency=3.5e-6, bandwidth=0.33e9)
NETWORK = Machine(row=11e-6, read=25_000, latency=50e-6, bandwidth=2.5e9)


def model() -> None:
    """Print how long a pass over many rows takes on many processes."""
    print(
        "one epoch of one network, batches of 4,096; minutes: reading, learning, sums"
    )
    for name, machine in (("one machine", HERE), ("25 Gbit/s", NETWORK)):
        for rows in (1e6, 1e7, 1e8, 1e9):
            for processes in (1, 2, 4, 8, 16):
                parts = seconds_of(machine, rows, processes, 1, BATCH)
                minutes = " ".join(f"{each / 60:9.2f}" for each in parts)
                alone = sum(seconds_of(machine, rows, 1, 1, BATCH))
                print(
                    f"{name:12} {rows:9.0e} rows {processes:3} processes {minutes} "
                    f"= {sum(parts) / 60:9.2f}  ({alone / sum(parts):.1f} times)"
                )


if __name__ == "__main__":
    {"measure": measure, "model": model}[sys.argv[1]]()
