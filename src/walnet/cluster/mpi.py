"""Processes that mpiexec has started; mpi4py speaks with the others."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from walnet.cluster.launch import Launch, Processes, explained, patience
from walnet.engine.communicator import Communicator, sum_by_doubling
from walnet.engine.signals import is_process
from walnet.errors import DataError, ProcessLostError

_SPIN, _PAUSE = 2e-4, 2e-5  # seconds of looking without a pause, and of each pause
# mpiexec asks all to end when it has lost one, and kills them a second later: whoever
# has waited for another process that long after the signal has lost it.
_AFTER_SIGNAL = 0.5
_SUM = 1  # the tag of messages


def join_mpi(launch: Launch, lost: Callable[[bool], None]) -> Processes:
    """Return this process among all that mpiexec has started.

    Parameters
    ----------
    launch : Launch
        What the environment says of them.
    lost : callable
        Called where mpiexec has lost one, with whether it is this one that says so.

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
    joined = _Mpi(MPI, world)
    joined.watch(lost)
    return joined.processes()


class _Mpi:
    """What a communicator does, by messages of MPI."""

    def __init__(self, mpi: Any, world: Any) -> None:
        self._mpi, self._world = mpi, world
        self._patience = patience()
        self._waits: float | None = None  # since when
        self._places: list[tuple[str, int]] = []

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
        return Processes(communicator, self.speaks, lambda: None)

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
        self._waits = began
        while not request.Test():
            waited = time.monotonic() - began
            if waited > self._patience:
                raise ProcessLostError
            if waited > _SPIN:
                time.sleep(_PAUSE)
        self._waits = None

    def watch(self, lost: Callable[[bool], None]) -> None:
        """Call a function where mpiexec has lost a process, from another thread.

        The library that finds out does not come back from what it was called for.
        """
        if threading.current_thread() is not threading.main_thread():
            return  # it gets no signals
        self._places = [
            self._broadcast((socket.gethostname(), os.getpid()), rank)
            for rank in range(self._world.size)
        ]
        received, sent = os.pipe()
        os.set_blocking(sent, False)
        signal.set_wakeup_fd(sent, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(received, lost), daemon=True).start()

    def _watch(self, received: int, lost: Callable[[bool], None]) -> None:
        """Look at each signal that comes, whether this process waits in vain."""
        while number := os.read(received, 1):
            if number[0] != signal.SIGTERM:
                continue
            speaks, waits = self.speaks(), self._waits
            time.sleep(_AFTER_SIGNAL)
            if waits is not None and waits == self._waits:
                lost(speaks)

    def speaks(self) -> bool:
        """Return whether all processes of a lower rank are seen to be gone."""
        rank, here = self._world.rank, socket.gethostname()
        return all(
            host == here and not is_process(number)
            for host, number in self._places[:rank]
        )
