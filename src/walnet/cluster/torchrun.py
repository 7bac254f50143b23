"""Processes that torchrun has started; gloo speaks with the others."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import numpy as np

from walnet.cluster.launch import Launch, Processes, explained, patience
from walnet.engine.communicator import Communicator, sum_by_doubling
from walnet.errors import DataError


def join_torchrun(launch: Launch) -> Processes:
    """Return this process among all that torchrun has started.

    Parameters
    ----------
    launch : Launch
        What the environment says of them.

    Raises
    ------
    DataError
        If torch is missing.
    ProcessLostError
        If the others do not come.
    """
    try:
        import torch
        from torch import distributed
    except ImportError as error:
        raise DataError(
            "processes of torchrun need torch; install it with: pip install "
            "'walnet[torchrun]'"
        ) from error
    wait = timedelta(seconds=patience())
    torch.set_num_threads(1)
    with explained():
        store = _store(distributed, launch, wait)
        distributed.init_process_group(
            "gloo", store=store, rank=launch.rank, world_size=launch.world, timeout=wait
        )
    return _Gloo(torch, distributed, store).processes(launch)


def _store(distributed: Any, launch: Launch, wait: timedelta) -> Any:
    """Return where processes find each other: torchrun's own, or one of process 0."""
    of_agent = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    store = distributed.TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        launch.world,
        is_master=launch.rank == 0 and not of_agent,
        timeout=wait,
    )
    # A start after a crash meets what the one before has left.
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    return distributed.PrefixStore(f"walnet/{attempt}", store)


class _Gloo:
    """What a communicator does, by messages of gloo."""

    def __init__(self, torch: Any, distributed: Any, store: Any) -> None:
        self._torch, self._distributed, self._store = torch, distributed, store

    def processes(self, launch: Launch) -> Processes:
        """Return the process among all."""
        rank, world = launch.rank, launch.world
        communicator = Communicator(
            rank,
            world,
            lambda array: sum_by_doubling(array, rank, world, self._exchange),
            self._broadcast,
            self._barrier,
        )
        return Processes(communicator, self._is_first_to_say, self._leave)

    def _exchange(self, array: np.ndarray, peer: int) -> np.ndarray:
        """Give an array to a process, and return its array."""
        theirs = np.empty_like(array)
        with explained():
            sent = self._distributed.isend(self._torch.from_numpy(array), peer)
            self._distributed.recv(self._torch.from_numpy(theirs), peer)
            sent.wait()
        return theirs

    def _broadcast(self, value: Any, root: int) -> Any:
        """Return the value of a process."""
        values = [value]
        with explained():
            self._distributed.broadcast_object_list(values, src=root)
        return values[0]

    def _barrier(self) -> None:
        """Wait for all processes."""
        with explained():
            self._distributed.barrier()

    def _is_first_to_say(self) -> bool:
        """Return whether no other process has said that one is lost."""
        try:
            return int(self._store.add("said", 1)) == 1
        except Exception:  # noqa: BLE001 - the store has gone with process 0
            return False

    def _leave(self) -> None:
        """Part from the others."""
        self._distributed.destroy_process_group()
