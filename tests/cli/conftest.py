"""Runs the command line as people do: real processes, real files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import PENGUINS

import walnet
from walnet.cli import app

WALNET = [sys.executable, "-m", "walnet"]

Runner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def process(tmp_path: Path) -> Runner:
    """Return what runs ``walnet`` as a process of its own, in a folder of its own."""

    def run_process(
        *arguments: Any, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WALNET, *map(str, arguments)],
            env=os.environ | options.pop("env", {}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            **options,
        )

    return run_process


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runner:
    """Return what does the same in this process, where nothing is loaded twice."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: Any) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        words = [str(argument) for argument in arguments]
        code = app.run(words)
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    return run_here


@pytest.fixture(scope="session")
def penguin_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a model of the penguins' species."""
    path = tmp_path_factory.mktemp("model") / "penguins.walnet"
    table = walnet.read_table(PENGUINS)
    train, _ = walnet.split_table(table, "species", seed=0)
    walnet.save(walnet.NetworkModel.fit(train, "species", epochs=30, seed=0), path)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a file with given content."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    return write
