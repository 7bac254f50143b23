"""Learning-rate schedules: a factor for each iteration, from its number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from walnet.engine.settings import Settings


def rate_factors(
    settings: Settings, iterations: np.ndarray, per_epoch: int, total: int
) -> np.ndarray:
    r"""Return what the learning rate is multiplied with at each iteration.

    Parameters
    ----------
    settings : Settings
        Its schedule and warm-up.
    iterations : ndarray of shape (n,), int
        Numbers of the iterations, counted from 0.
    per_epoch : int
        Iterations an epoch.
    total : int
        Iterations of the whole training.

    Returns
    -------
    ndarray of shape (n,), float64

    Notes
    -----
    With t the iteration, e = t / per_epoch the epoch, f the factor and k the number of
    epochs of the settings: step :math:`f^{\lfloor e/k \rfloor}`, exponential
    :math:`f^{e/k}`, cosine :math:`(1 + \cos(\pi t / total)) / 2` (Loshchilov, Hutter,
    2017, eq. 5, without restarts). The warm-up multiplies by (t + 1) / warm-up.
    """
    t = iterations.astype(np.float64)
    epochs = t / per_epoch
    factors = np.ones_like(t)
    if settings.schedule == "step":
        factors = settings.schedule_factor ** (epochs // settings.schedule_every)
    elif settings.schedule == "exponential":
        factors = settings.schedule_factor ** (epochs / settings.schedule_every)
    elif settings.schedule == "cosine":
        factors = 0.5 * (1.0 + np.cos(np.pi * np.minimum(t / max(total, 1), 1.0)))
    if settings.warm_up:
        factors = factors * np.minimum((t + 1) / (settings.warm_up * per_epoch), 1.0)
    return factors
