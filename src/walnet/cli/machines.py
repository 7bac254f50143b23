"""The options that say which machines do the work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

from typer import Option

Dask = Annotated[
    str | None,
    Option(
        "--dask",
        metavar="ADDRESS",
        help="Of a Dask scheduler, such as tcp://HOST:8786: its workers do the work, "
        "to the same bits (needs pip install 'walnet\\[dask]').",
        rich_help_panel="Machines",
        show_default=False,
    ),
]

Distributed = Annotated[
    bool,
    Option(
        "--distributed",
        help="Train together with the other processes that mpiexec or torchrun has "
        "started; FILE holds Parquet, its row groups are shared out (needs pip install "
        "'walnet\\[mpi]' or 'walnet\\[torchrun]').",
        rich_help_panel="Machines",
    ),
]


def workers(dask: str | None) -> AbstractContextManager[None]:
    """Return a block in which what can be done apart is done by a cluster, if any.

    Raises
    ------
    DataError
        In the block, if the cluster cannot be used.
    """
    if dask is None:
        return nullcontext()
    from walnet.cluster.dask import dask_cluster

    return dask_cluster(dask)
