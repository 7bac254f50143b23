"""What mpiexec and torchrun tell the processes that they start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from walnet.engine.communicator import Communicator
from walnet.errors import HyperparameterError, ProcessLostError, WalnetError

TIMEOUT = "WALNET_TIMEOUT"
"""The variable that says how many seconds a process waits for another."""
_PATIENCE = 300.0
# Rank and number of processes, as torchrun, Open MPI, MPICH and srun call them.
_NAMES = (
    ("RANK", "WORLD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("PMIX_RANK", "SLURM_NTASKS"),
)


@dataclass(frozen=True)
class Launch:
    """What the environment says of the processes.

    Attributes
    ----------
    rank, world : int
        The number of this process, and how many there are.
    is_torchrun : bool
        Whether torchrun has started them.
    """

    rank: int
    world: int
    is_torchrun: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Launch:
        """Return what an environment says; of one that says nothing, one process.

        Examples
        --------
        >>> Launch.of({"PMI_RANK": "1", "PMI_SIZE": "4"})
        Launch(rank=1, world=4, is_torchrun=False)
        """
        is_torchrun = "RANK" in environment and "MASTER_ADDR" in environment
        for rank, world in _NAMES[0 if is_torchrun else 1 :]:
            if rank in environment and world in environment:
                return cls(int(environment[rank]), int(environment[world]), is_torchrun)
        return cls(0, 1, is_torchrun=False)


@dataclass(frozen=True)
class Processes:
    """One of the processes that train one network, and what it can do about them.

    Attributes
    ----------
    communicator : Communicator
        The others.
    speaks : callable
        Whether it is this one that says that another is lost.
    leave : callable
        Parts from the others, when all is done.
    """

    communicator: Communicator
    speaks: Callable[[], bool]
    leave: Callable[[], None]


def patience() -> float:
    """Return how many seconds a process waits for another.

    Raises
    ------
    HyperparameterError
        If the variable holds no number above 0.
    """
    text = os.environ.get(TIMEOUT, "")
    try:
        seconds = float(text) if text else _PATIENCE
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise HyperparameterError(
            f"{TIMEOUT} must be a number of seconds above 0, got {text!r}"
        )
    return seconds


def cores() -> int:
    """Return how many cores a process has where several share a machine."""
    names = ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
    here = next((int(os.environ[name]) for name in names if name in os.environ), 1)
    return max((os.cpu_count() or 1) // here, 1)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a library says of a message that does not come into our own error."""
    try:
        yield
    except WalnetError:
        raise
    except Exception as error:
        raise ProcessLostError from error
