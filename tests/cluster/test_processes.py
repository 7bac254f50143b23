"""Real processes, started by mpiexec and by torchrun, that train one model together."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

QUICK = ("--preset", "fast", "--set", "members=1", "--hidden-layers", "16")
QUICK += ("--batch-size", "128", "--no-report", "--distributed", "-q")
MPI = ("mpiexec", "--allow-run-as-root", "--oversubscribe", "-n")
TORCH = (sys.executable, "-m", "torch.distributed.run", "--standalone")
TORCH += ("--nproc-per-node",)
RANKS = {MPI: "OMPI_COMM_WORLD_RANK", TORCH: "RANK"}
SENTENCE = "another process of this training has ended or does not answer"

needs_mpi = pytest.mark.skipif(
    shutil.which("mpiexec") is None or find_spec("mpi4py") is None,
    reason="neither mpiexec nor mpi4py is installed",
)
needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="torch is not installed"
)
launchers = pytest.mark.parametrize(
    "launcher",
    [
        pytest.param(MPI, marks=needs_mpi, id="mpiexec"),
        pytest.param(TORCH, marks=needs_torch, id="torchrun"),
    ],
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of Parquet files of small row groups."""
    folder = tmp_path_factory.mktemp("parts")
    for part in range(2):
        x, z = np.random.default_rng(part).normal(size=(2, 2000))
        kind = np.where(x * z > 0, "same", "other")
        table = pa.table({"x": x, "z": z, "kind": kind.tolist()})
        pq.write_table(table, folder / f"{part}.parquet", row_group_size=250)
    return folder


def command(launcher, n, folder, *options):
    """Return the words that start n processes; by no launcher one alone."""
    words = [*launcher, str(n)] if launcher else [sys.executable]
    words += [sys.executable] if launcher is MPI else []
    return [*words, "-m", "walnet", "train", str(folder), "-t", "kind", *options]


def run(words, where):
    """Run a command to its end."""
    return subprocess.run(
        words, cwd=where, capture_output=True, text=True, timeout=250, check=False
    )


@launchers
def test_two_and_four_processes_write_the_model_of_one(launcher, folder, tmp_path):
    common = (*QUICK, "--epochs", "2", "-o")
    alone = run(command((), 1, folder, *common, "one.walnet"), tmp_path)
    assert alone.returncode == 0, alone.stderr
    for n in (2, 4):
        found = run(command(launcher, n, folder, *common, f"{n}.walnet"), tmp_path)
        assert found.returncode == 0, found.stderr
        whole = (tmp_path / "one.walnet").read_bytes()
        assert (tmp_path / f"{n}.walnet").read_bytes() == whole


def process_of(parent, name, rank):
    """Return the process of a rank among those that a launcher has started."""
    todo = [parent]
    while todo:
        number = todo.pop()
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        todo += map(int, children)
        environment = Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
        if number != parent and f"{name}={rank}".encode() in environment:
            return number
    raise LookupError(rank)


@launchers
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_all_and_another_number_goes_on(
    launcher, rank, folder, tmp_path
):
    common = (*QUICK, "--epochs", "60", "-o")
    words = command(
        *(launcher, 2, folder, *common, "k.walnet", "--checkpoint", "checkpoint")
    )
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"WALNET_TIMEOUT": "30"},
    ) as process:
        end = time.monotonic() + 120
        while not (tmp_path / "checkpoint" / "member-1").exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        os.kill(process_of(process.pid, RANKS[launcher], rank), signal.SIGKILL)
        killed = time.monotonic()
        said = process.communicate(timeout=60)[1]
        assert time.monotonic() - killed < 45
    assert process.returncode not in (0, None)
    assert said.count(SENTENCE) == 1
    assert not (tmp_path / "k.walnet").exists()
    more = (*common, "on.walnet", "--checkpoint", "checkpoint")
    went_on = run(command((), 1, folder, *more), tmp_path)
    assert went_on.returncode == 0, went_on.stderr
    whole = run(command((), 1, folder, *common, "whole.walnet"), tmp_path)
    assert whole.returncode == 0, whole.stderr
    files = [tmp_path / f"{name}.walnet" for name in ("on", "whole")]
    assert files[0].read_bytes() == files[1].read_bytes()


@launchers
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--time-limit", "9s"), "no clock in common"),
        (("--target", "kinds"), "did you mean 'kind'?"),
        (("--test-share", "2"), "must be a number"),
    ],
)
def test_what_cannot_be_used_is_said_by_one_process(
    launcher, options, words, folder, tmp_path
):
    found = run(command(launcher, 2, folder, *QUICK, *options), tmp_path)
    assert found.returncode != 0
    said = [each for each in found.stderr.splitlines() if each.startswith("Error: ")]
    assert len(said) == 1
    assert words in said[0]
