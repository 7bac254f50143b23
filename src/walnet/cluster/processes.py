"""The processes that train one network together, whoever has started them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from walnet.cluster.launch import Launch, Processes
from walnet.engine.communicator import ALONE
from walnet.errors import ProcessLostError


@contextmanager
def joined(lost: Callable[[bool], None] = lambda _: None) -> Iterator[Processes]:
    """Join the processes that mpiexec or torchrun has started, for the block.

    Parameters
    ----------
    lost : callable, optional
        Called from another thread where mpiexec has lost a process and is about to kill
        all, with whether it is this one that says so.

    Yields
    ------
    Processes
        This one among them, with a communicator for
        `EnsembleModel.fit_stream`. Without a launcher it is alone.

    Raises
    ------
    DataError
        If a library is missing, or they do not find each other.
    ProcessLostError
        If they do not come.

    Examples
    --------
    >>> with joined() as processes:
    ...     processes.communicator.world
    1
    """
    launch = Launch.of(os.environ)
    if launch.is_torchrun:
        from walnet.cluster.torchrun import join_torchrun

        processes = join_torchrun(launch)
    elif launch.world > 1:
        from walnet.cluster.mpi import join_mpi

        processes = join_mpi(launch, lost)
    else:
        processes = Processes(ALONE, lambda: True, lambda: None)
    try:
        yield processes
    except ProcessLostError:
        raise  # nobody is there to part from
    except BaseException:
        processes.leave()
        raise
    else:
        processes.leave()
