"""Members that learn in other processes, to the same bits."""

from __future__ import annotations

import socket
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.engine.signals import first_ctrl_c
from walnet.errors import DataError
from walnet.tabular.ensemble.course import Curve
from walnet.tabular.ensemble.job import MemberJob
from walnet.tabular.ensemble.member import Supervision
from walnet.tabular.ensemble.result import MemberResult


def learn_apart(
    job: MemberJob,
    seconds: float | None,
    apart: NDArray[np.bool_],
    *data: NDArray[Any],
) -> tuple[MemberResult, Curve]:
    """Train a member: what a worker runs.

    Parameters
    ----------
    job : MemberJob
        The member.
    seconds : float or None
        How long it may take.
    apart : ndarray of shape (rows,), bool
        The rows that it does not see.
    *data : ndarray
        The arrays of `Examples`: each alone is sent to a worker once.

    Raises
    ------
    DataError
        If the worker cannot reach the folder of checkpoints.
    """
    if job.checkpoint is not None and not job.checkpoint.parent.is_dir():
        raise DataError(
            f"the worker on {socket.gethostname()} has no folder "
            f"{str(job.checkpoint.parent)!r}; the checkpoints of members that learn on "
            "other machines need a disk that all of them share"
        )
    curve = Curve(job.spec.epochs)
    deadline = None if seconds is None else time.monotonic() + seconds
    supervision = Supervision(deadline)
    # A Ctrl-C of the terminal reaches workers on the same machine, too.
    with first_ctrl_c(supervision.cool.set):
        result = job.learn(Examples(*data), apart, supervision, curve)
    return result, curve
