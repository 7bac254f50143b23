"""Who looks on while an ensemble learns: callbacks, scikit-learn's too, and a bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from walnet.estimators.callbacks import FitCallbacks
from walnet.estimators.progress import Progress
from walnet.tabular.ensemble.training import EnsembleTraining

Callback = Callable[[EnsembleTraining], object]
_LINES = 10  # of a whole training


class EnsembleWatch:
    """What the training of an ensemble calls after each epoch of a member.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
        The one that is fitted.
    callbacks : sequence of callable
        Functions that take the `EnsembleTraining`.
    progress : Progress
        Shows something where `verbose` asks for it.
    data : tuple of X, y and weights
        As they were given to `fit`.
    """

    def __init__(
        self,
        estimator: Any,
        callbacks: Sequence[Callback],
        progress: Progress,
        data: tuple[Any, Any, Any],
    ) -> None:
        self._estimator, self._callbacks, self._data = estimator, callbacks, data
        self._progress, self._lines, self._members = progress, 0, 0
        self._scikit_learn: FitCallbacks | None = None

    def begin(self, members: int) -> None:
        """Tell scikit-learn's callbacks how many members there will be."""
        self._scikit_learn = FitCallbacks(self._estimator, members, *self._data)

    def __call__(self, training: EnsembleTraining) -> None:
        """Call all who look on."""
        for callback in self._callbacks:
            callback(training)
        self._show(training)
        while self._members < training.done:
            self._members += 1
            self._end_member(training)

    def _end_member(self, training: EnsembleTraining) -> None:
        """Tell scikit-learn's callbacks that a member has come through."""
        told = self._scikit_learn
        if told is None:
            return
        told.begin_epoch("member")
        if told.end_epoch(lambda: None):
            training.stop("stopped by a callback")

    def _show(self, training: EnsembleTraining) -> None:
        """Show how far the training is."""
        bar, share = self._progress.bar, training.share
        text = (
            f"{training.done}/{training.members} networks, {share:.0%} of the epochs, "
            f"cost {training.cost:.4g}"
        )
        if bar is not None:
            bar.update(self._progress.task, completed=share, description=text)
        elif share * _LINES >= self._lines + 1:
            self._lines = int(share * _LINES)
            self._progress.say(text)

    def end(self) -> None:
        """Tell scikit-learn's callbacks that the fit ended."""
        if self._scikit_learn is not None:
            self._scikit_learn.end()
