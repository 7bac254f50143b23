"""scikit-learn's callbacks: the one place that knows their protocol.

They came with scikit-learn 1.9, and without them an estimator has no `set_callbacks`;
walnet's own callbacks, given as the parameter `callbacks`, do not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """An estimator of a scikit-learn that knows no callbacks."""


__all__ = ["CallbackSupportMixin", "FitCallbacks"]


class FitCallbacks:
    """Calls the callbacks set on an estimator: at the start, each epoch, at the end.

    Parameters
    ----------
    estimator : estimator
        The one that is being fitted.
    epochs : int or None
        The most epochs there can be; None where that is not known.
    X, y : array_like
        The training data as they were given.
    sample_weight : array_like or None
        Weights as they were given.
    """

    def __init__(
        self, estimator: Any, epochs: int | None, X: Any, y: Any, sample_weight: Any
    ) -> None:
        self.estimator = estimator
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.facts = {"X": X, "y": y, "metadata": weights}
        self.context: Any = None
        if hasattr(estimator, "_init_callback_context"):  # their protocol
            self.context = estimator._init_callback_context(max_subtasks=epochs)  # noqa: SLF001
            self.context.call_on_fit_task_begin(estimator=estimator, **self.facts)
        self.wanted = bool(getattr(estimator, "_skl_callbacks", None))
        self.epoch: Any = None
        self.epoch_done = False

    def begin_epoch(self, name: str = "epoch") -> None:
        """Tell that an epoch, or another part of the fit, begins."""
        if self.wanted:
            self.epoch = self.context.subcontext(task_name=name)
            self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.facts)

    def end_epoch(self, fitted: Callable[[], dict[str, Any] | None]) -> bool:
        """Tell that an epoch ended; return whether a callback wants to stop.

        `fitted` gives the attributes of an estimator fitted up to here, if there are.
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
        if self.context is None:
            return
        self.context.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=dict, **self.facts
        )
