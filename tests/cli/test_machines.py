"""The options that say which machines do the work."""

from __future__ import annotations

import pytest
from command_line import PENGUINS
from dask_workers import two_workers

from walnet.cluster import dask as our_dask

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address():
    """Return the address of a cluster of two worker processes."""
    with two_workers() as address:
        yield address


def test_train_writes_the_same_model(address, run, tmp_path):
    common = ["train", PENGUINS, "-t", "species", "--preset", "fast"]
    common += ["--epochs", 3, "--no-report"]
    assert run(*common, "-o", "here.walnet").returncode == 0
    there = run(*common, "-o", "there.walnet", "--dask", address)
    assert there.returncode == 0, there.stderr
    files = [tmp_path / f"{name}.walnet" for name in ("here", "there")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_where_nobody_answers_is_one_sentence(run, monkeypatch):
    monkeypatch.setattr(our_dask, "PATIENCE", 0.5)
    address = "tcp://127.0.0.1:9"
    finished = run("train", PENGUINS, "-t", "species", "--dask", address, "-q")
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in finished.stderr


def test_a_plain_network_is_not_shared_out(run):
    finished = run(
        *("train", PENGUINS, "-t", "species", "--model", "mlp", "--dask", "a:1")
    )
    assert finished.returncode == 2
    assert "--dask shares out" in finished.stderr
