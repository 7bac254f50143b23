"""What the engine knows of other processes that train the same network with it.

MPI, torchrun and threads each fill a `Communicator`. Sums have one order on any number
of processes: each holds a power of two of neighbouring shards and sums them in a binary
tree, and doubling (with the process 1 away, 2, 4, …) is the upper part of that tree.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from walnet.errors import HyperparameterError, ProcessLostError, WalnetError

T = TypeVar("T")
Exchange = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Communicator:
    """One of several processes that train the same network.

    Parameters
    ----------
    rank : int
        Its number, from 0.
    world : int
        How many processes there are, a power of two.
    allreduce : callable
        ``allreduce(array)`` puts the sum over all processes into the array of each, in
        the order of the tree.
    broadcast : callable
        ``broadcast(value, root)`` returns the value of the process `root` in each.
    barrier : callable
        ``barrier()`` returns when all processes have come to it.

    Notes
    -----
    All three raise `ProcessLostError` where another process does not answer.

    Examples
    --------
    >>> ALONE.broadcast("anything", 0)
    'anything'
    """

    rank: int
    world: int
    allreduce: Callable[[np.ndarray], None]
    broadcast: Callable[[Any, int], Any]
    barrier: Callable[[], None]

    def __post_init__(self) -> None:
        """Refuse a number of processes that no binary tree has."""
        if self.world & (self.world - 1):
            raise HyperparameterError(
                f"a network is trained by 1, 2, 4, 8, … processes, got {self.world}: "
                "its sums are those of a binary tree"
            )

    def of_all(self, value: T) -> list[T]:
        """Return the values of all processes, by their rank."""
        return [self.broadcast(value, rank) for rank in range(self.world)]

    def together(self, work: Callable[[], T]) -> list[T]:
        """Do a part of a work in each process; return what came of all parts.

        Raises
        ------
        WalnetError
            That of the first process whose part failed, in every process.
        """
        value: T | None = None
        failed: Exception | None = None
        try:
            value = work()
        except (WalnetError, MemoryError) as error:
            failed = error
        found = self.of_all((value, failed))
        first = next((each for _, each in found if each is not None), None)
        if first is not None:
            raise first
        return [each for each, _ in found]  # type: ignore[misc]

    def any(self, flag: bool) -> bool:  # noqa: FBT001 - that is all there is
        """Return whether a process says so."""
        flags = np.array([float(flag)])
        self.allreduce(flags)
        return bool(flags[0] > 0)


def sum_by_doubling(
    array: np.ndarray, rank: int, world: int, exchange: Exchange
) -> None:
    """Put the sum over all processes into the array of each, in the tree's order.

    Parameters
    ----------
    array : ndarray
        Overwritten.
    rank, world : int
        The process, and how many there are.
    exchange : callable
        ``exchange(array, peer)`` gives the array to a process and returns its array.
    """
    apart = 1
    while apart < world:
        array += exchange(array, rank ^ apart)
        apart *= 2


ALONE = Communicator(
    0, 1, lambda _: None, lambda value, _: value, lambda: None
)  # a process that has no other


def thread_communicators(world: int, patience: float = 60.0) -> list[Communicator]:
    """Return communicators for threads of this process, one each.

    Parameters
    ----------
    world : int
        How many threads there are.
    patience : float
        Seconds that one waits for the others.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def work(communicator):
    ...     array = np.array([communicator.rank])
    ...     communicator.allreduce(array)
    ...     return array.tolist()
    >>> with ThreadPoolExecutor(4) as pool:
    ...     list(pool.map(work, thread_communicators(4)))
    [[6], [6], [6], [6]]
    """
    meeting = _Meeting(world, patience)
    return [meeting.communicator(rank) for rank in range(world)]


class _Meeting:
    """Where threads leave their values for each other."""

    def __init__(self, world: int, patience: float) -> None:
        self.world, self.patience = world, patience
        self._values: list[Any] = [None] * world
        self._barrier = threading.Barrier(world)

    def communicator(self, rank: int) -> Communicator:
        """Return the communicator of a thread."""

        def exchange(array: np.ndarray, peer: int) -> np.ndarray:
            theirs: np.ndarray = self.pass_around(rank, array.copy())[peer]
            return theirs

        return Communicator(
            rank,
            self.world,
            lambda array: sum_by_doubling(array, rank, self.world, exchange),
            lambda value, root: self.pass_around(rank, value)[root],
            self.wait,
        )

    def pass_around(self, rank: int, value: Any) -> list[Any]:
        """Return the values of all threads."""
        self._values[rank] = value
        self.wait()
        values = list(self._values)
        self.wait()  # nobody leaves another value before all have seen these
        return values

    def wait(self) -> None:
        """Wait for all threads."""
        try:
            self._barrier.wait(self.patience)
        except threading.BrokenBarrierError as error:
            raise ProcessLostError from error
