"""What changes in the course of training, as functions of training time.

Training time runs from 0 to 1. It is the share of the iterations that are done, unless
a time limit makes the rest of the way shorter: see `Clock`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.curves import log2, power
from walnet.engine.kernels.machine.cosine import cos_turns_f64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walnet.engine.settings import Settings

_LEAST_FADE = 1 / 150  # a smaller factor on dropout is none


@dataclass
class Clock:
    """Training time at each iteration: a straight line to 1 at the last.

    Attributes
    ----------
    total : float
        Iterations of the whole training.
    iteration : int
        From where on the line runs.
    time : float
        The time there.
    """

    total: float
    iteration: int = 0
    time: float = 0.0

    def times(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the training time of iterations, counted from 0; 1 at most."""
        left = max(self.total - self.iteration, 1)
        share = (numbers - self.iteration) / left
        return np.minimum(self.time + share * (1.0 - self.time), 1.0)

    def end_at(self, total: float, now: int) -> None:
        """Let the training end with another iteration; what is over stays."""
        if total != self.total:
            self.time = float(self.times(np.array([now]))[0])
            self.total, self.iteration = total, now


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes.

    Attributes
    ----------
    name : str
        One of `SCHEDULES`; "plateau" is watched over by the training.
    every : int
        Epochs.
    factor : float
        What step and exponential multiply with after so many epochs.
    warm_up : int
        Epochs over which the rate first rises.
    """

    name: str
    every: int = 10
    factor: float = 0.5
    warm_up: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Schedule:
        """Return the schedule that settings ask for."""
        return cls(
            settings.schedule,
            settings.schedule_every,
            settings.schedule_factor,
            settings.warm_up,
        )

    def factors(
        self, numbers: NDArray[np.int64], times: NDArray[np.float64], per_epoch: int
    ) -> NDArray[np.float64]:
        r"""Return what the learning rate is multiplied with at each iteration.

        Parameters
        ----------
        numbers : ndarray of shape (n,), int
            Numbers of the iterations, counted from 0.
        times : ndarray of shape (n,), float64
            Their training times.
        per_epoch : int
            Iterations an epoch.

        Returns
        -------
        ndarray of shape (n,), float64

        Notes
        -----
        With t the time, e the epoch (number / per_epoch), f the factor and k the number
        of epochs: step :math:`f^{\lfloor e/k \rfloor}`, exponential :math:`f^{e/k}`,
        cosine :math:`(1 + \cos \pi t) / 2` (Loshchilov, Hutter, 2017, eq. 5, without
        restarts), coslog4 :math:`(1 - \cos(2\pi \log_2(1 + 15 t))) / 2`, four cycles
        from 0 to 0, each twice as long as the one before (Holzmüller et al., 2024,
        appendix A). The warm-up multiplies by (number + 1) / warm-up.
        """
        epochs = numbers.astype(np.float64) / per_epoch
        factors = np.ones_like(epochs)
        if self.name == "step":
            factors = power(self.factor, epochs // self.every)
        elif self.name == "exponential":
            factors = power(self.factor, epochs / self.every)
        elif self.name == "cosine":
            factors = 0.5 * (1.0 + cos_turns_f64(0.5 * times))
        elif self.name == "coslog4":
            factors = 0.5 * (1.0 - cos_turns_f64(log2(1.0 + 15.0 * times)))
        if self.warm_up:
            factors = factors * np.minimum(
                (numbers + 1) / (self.warm_up * per_epoch), 1.0
            )
        return factors


def fade(name: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what dropout and weight decay are multiplied with at training times.

    "constant" is 1; "flat_cosine" is 1 up to the middle of the training, then half a
    cosine down to 0 at its end: Holzmüller et al. (2024), appendix A.

    Examples
    --------
    >>> fade("flat_cosine", np.array([0.0, 0.5, 0.75, 1.0])).round(6)
    array([1. , 1. , 0.5, 0. ])
    """
    if name == "constant":
        return np.ones_like(times)
    late = 0.5 * (1.0 + cos_turns_f64(times - 0.5))
    return np.where(times <= 0.5, 1.0, late)


def decays_and_dropout(
    name: str, times: NDArray[np.float64], decay: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return faded weight decay and the factor on dropout at training times."""
    fades = fade(name, times)
    return fades * decay, np.where(fades > _LEAST_FADE, fades, 0.0)


def course(
    settings: Settings,
    numbers: NDArray[np.int64],
    clock: Clock,
    per_epoch: int,
    learning_rate: float,
) -> NDArray[np.float64]:
    """Return what iterations are run with, (iterations, 3).

    Parameters
    ----------
    settings : Settings
        Their schedule, weight decay and fade.
    numbers : ndarray of shape (iterations,), int
        Numbers of the iterations, counted from 0.
    clock : Clock
        Their training times.
    per_epoch : int
        Iterations an epoch.
    learning_rate : float
        Before any schedule.

    Returns
    -------
    ndarray of shape (iterations, 3), float64
        Learning rate, weight decay, and the factor on dropout rates.
    """
    decay = float(settings.weight_decay or 0.0)
    if settings.is_steady:
        steady = np.empty((len(numbers), 3))
        steady[:] = learning_rate, decay, 1.0
        return steady
    times = clock.times(numbers)
    rates = Schedule.of(settings).factors(numbers, times, per_epoch)
    faded = decays_and_dropout(settings.fade, times, decay)
    return np.stack([rates * learning_rate, *faded], axis=1)
