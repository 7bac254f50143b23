"""scikit-learn's callbacks: the one place that knows their protocol.

Their names are new in scikit-learn 1.9 and may move; walnet's own callbacks, given as
the parameter `callbacks`, do not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.callback import CallbackSupportMixin

__all__ = ["CallbackSupportMixin", "FitCallbacks"]


class FitCallbacks:
    """Calls the callbacks set on an estimator: at the start, each epoch, at the end.

    Parameters
    ----------
    estimator : estimator
        The one that is being fitted.
    epochs : int
        The most epochs there can be.
    X, y : array_like
        The training data as they were given.
    sample_weight : array_like or None
        Weights as they were given.
    """

    def __init__(
        self, estimator: Any, epochs: int, X: Any, y: Any, sample_weight: Any
    ) -> None:
        self.estimator = estimator
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.facts = {"X": X, "y": y, "metadata": weights}
        begin = estimator._init_callback_context  # noqa: SLF001  (their protocol)
        self.context = begin(max_subtasks=epochs)
        self.context.call_on_fit_task_begin(estimator=estimator, **self.facts)
        self.wanted = bool(getattr(estimator, "_skl_callbacks", None))
        self.epoch: Any = None
        self.epoch_done = False

    def begin_epoch(self) -> None:
        """Tell that an epoch begins."""
        if self.wanted:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.facts)

    def end_epoch(self, fitted: Callable[[], dict[str, Any]]) -> bool:
        """Tell that an epoch ended; return whether a callback wants to stop.

        `fitted` gives the attributes of an estimator fitted up to here.
        """
        self.epoch_done = True
        if not self.wanted:
            return False
        return bool(
            self.epoch.call_on_fit_task_end(
                estimator=self.estimator, reconstruction_attributes=fitted, **self.facts
            )
        )

    def end(self) -> None:
        """Tell that the fit ended."""
        self.context.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=dict, **self.facts
        )
