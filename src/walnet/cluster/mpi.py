"""Processes that mpiexec has started; mpi4py speaks with the others."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np

from walnet.cluster.launch import Launch, Processes, explained, patience
from walnet.engine.communicator import Communicator, sum_by_doubling
from walnet.engine.signals import signals_wait
from walnet.errors import DataError, ProcessLostError

_SPIN, _PAUSE = 2e-4, 2e-5  # seconds of looking without a pause, and of each pause
_AFTER_SIGNAL = (
    2.0  # seconds: who is asked to end while others are silent has lost them
)
_SURVIVORS = 1.0  # seconds in which those with a lower rank make themselves known
_SUM, _ALIVE = 1, 2  # tags of messages


def join_mpi(launch: Launch) -> Processes:
    """Return this process among all that mpiexec has started.

    Parameters
    ----------
    launch : Launch
        What the environment says of them.

    Raises
    ------
    DataError
        If mpi4py or its library is missing, or the processes do not find each other.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise DataError(
            "processes of mpiexec need mpi4py and the MPI library that mpiexec belongs "
            "to; install it with: pip install 'walnet[mpi]' "
            f"({(str(error).splitlines() or ['?'])[0][:100]})"
        ) from error
    world = MPI.COMM_WORLD
    if world.size != launch.world:
        raise DataError(
            f"mpiexec started {launch.world} processes, and each finds {world.size}: "
            "mpi4py uses another MPI than mpiexec does; install both from one place"
        )
    return _Mpi(MPI, world).processes()


class _Mpi:
    """What a communicator does, by messages of MPI."""

    def __init__(self, mpi: Any, world: Any) -> None:
        self._mpi, self._world = mpi, world
        self._patience = patience()

    def processes(self) -> Processes:
        """Return the process among all."""
        rank, size = self._world.rank, self._world.size
        communicator = Communicator(
            rank,
            size,
            lambda array: sum_by_doubling(array, rank, size, self._exchange),
            self._broadcast,
            lambda: self._wait(self._world.Ibarrier()),
        )
        return Processes(communicator, self._is_first_survivor, lambda: None)

    def _exchange(self, array: np.ndarray, peer: int) -> np.ndarray:
        """Give an array to a process, and return its array."""
        theirs = np.empty_like(array)
        with explained():
            received = self._world.Irecv(theirs, peer, _SUM)
            sent = self._world.Isend(array, peer, _SUM)
        self._wait(received)
        self._wait(sent)
        return theirs

    def _broadcast(self, value: Any, root: int) -> Any:
        """Return the value of a process."""
        is_root = root == self._world.rank
        content = pickle.dumps(value) if is_root else b""
        size = np.array([len(content)])
        with explained():
            told = self._world.Ibcast(size, root)
        self._wait(told)
        room = np.frombuffer(content, np.uint8) if is_root else None
        if room is None:
            room = np.empty(int(size[0]), np.uint8)
        with explained():
            told = self._world.Ibcast([room, self._mpi.BYTE], root)
        self._wait(told)
        # What comes is from a process of the same run.
        return value if is_root else pickle.loads(room.data)  # noqa: S301

    def _wait(self, request: Any) -> None:
        """Wait for a message as long as the other process may still be there."""
        began = time.monotonic()
        while not request.Test():
            if time.monotonic() - began > _SPIN:
                with explained():
                    self._wait_long(request, began)
                return

    def _wait_long(self, request: Any, began: float) -> None:
        """Wait with pauses; mpiexec asks all to end when it has lost one."""
        asked = None
        with signals_wait() as signals:
            while not request.Test():
                time.sleep(_PAUSE)
                now = time.monotonic()
                if signals and asked is None:
                    asked = now
                if now - began > self._patience:
                    raise ProcessLostError
                if asked is not None and now - asked > _AFTER_SIGNAL:
                    raise ProcessLostError

    def _is_first_survivor(self) -> bool:
        """Return whether no process of a lower rank has come to the same end."""
        mark, rank, size = np.zeros(1), self._world.rank, self._world.size
        try:
            sent = [self._world.Isend(mark, r, _ALIVE) for r in range(rank + 1, size)]
            end = time.monotonic() + _SURVIVORS
            while time.monotonic() < end:
                for request in sent:
                    request.Test()  # lets MPI go on
                if any(self._world.Iprobe(r, _ALIVE) for r in range(rank)):
                    return False
                time.sleep(0.01)
        except self._mpi.Exception:
            return bool(rank == 0)
        return True
