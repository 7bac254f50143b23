"""Count what a reader meets who follows one of walnet's doors with a finger.

``python tools/walk.py [DOOR …]`` prepares a small training, runs it once to warm up and
once more while the interpreter reports every call. It prints how many functions and
files of the package are entered, how often the reader turns to another file who reads
each function when it is first called, and how deep the calls go. Calls inside compiled
kernels are not seen. To look at another checkout: ``PYTHONPATH=OTHER/src python …``.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import walnet

PACKAGE = str(Path(walnet.__file__).parent)
X, y = walnet.datasets.moons(60)


def network(_: Path) -> Callable[[], object]:
    """``walnet.train``: a plain network, three iterations."""
    network = walnet.Network([2, 4, 1], output="sigmoid")
    return lambda: walnet.train(network, X, y, iterations=3)


def mlp(_: Path) -> Callable[[], object]:
    """``MLPClassifier.fit``: three epochs."""
    model = walnet.MLPClassifier((4,), max_iter=3, random_state=0)
    return lambda: model.fit(X, y)


def tabular(_: Path) -> Callable[[], object]:
    """``TabularClassifier.fit``: one member, one epoch."""
    model = walnet.TabularClassifier(members=1, max_iter=1, random_state=0)
    return lambda: model.fit(X, y)


def command(folder: Path) -> Callable[[], object]:
    """``walnet train --model mlp``: from file to model file, two epochs, no report."""
    from walnet.cli.app import run

    table = folder / "moons.csv"
    with table.open("w", newline="") as file:
        rows = [(*x, label) for x, label in zip(X, y, strict=True)]
        csv.writer(file).writerows([("x1", "x2", "label"), *rows])
    words = "--target label --model mlp --epochs 2 --quiet --no-report --model-out {}"
    model = folder / "moons.walnet"
    return lambda: run(["train", str(table), *words.format(model).split()])


DOORS: dict[str, Callable[[Path], Callable[[], object]]] = {
    each.__name__: each for each in (network, mlp, tabular, command)
}


class Walk:
    """The calls of one run, of all its threads, in their order."""

    def __init__(self) -> None:
        self.functions: dict[CodeType, None] = {}  # in the order of their first call
        self.depth = 0

    def enter(self, frame: FrameType, event: str, _: Any) -> None:
        """Note a call; `sys.setprofile` reports every one."""
        if event == "call" and is_ours(frame):
            self.functions[frame.f_code] = None
            self.depth = max(self.depth, sum(map(is_ours, chain(frame))))

    def __str__(self) -> str:
        files = [code.co_filename for code in self.functions]
        moves = sum(before != after for before, after in pairwise(files))
        return (
            f"{len(files)} functions, {len(set(files))} files, "
            f"{moves} moves between files, {self.depth} deep"
        )


def chain(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those it was called from."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs a function of the package that has a name."""
    code = frame.f_code
    return code.co_filename.startswith(PACKAGE) and not code.co_name.startswith("<")


def walk(door: Callable[[Path], Callable[[], object]], folder: Path) -> Walk:
    """Run what a door leads to twice; return the calls of the second run."""
    found = Walk()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        door(folder)()
        again = door(folder)
        threading.setprofile(found.enter)
        sys.setprofile(found.enter)
        try:
            again()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    return found


def main() -> None:
    """Walk through the doors that are named, or through all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("doors", nargs="*", metavar="DOOR", help=", ".join(DOORS))
    doors = parser.parse_args().doors or list(DOORS)
    if unknown := set(doors) - set(DOORS):
        parser.error(f"unknown door {unknown.pop()!r}: choose {', '.join(DOORS)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in doors:
            print(f"{name:8} {walk(DOORS[name], Path(folder))}", flush=True)


if __name__ == "__main__":
    main()
