"""The course of a fit in a model file: its curves, and what `partial_fit` goes on from.

Costs may be NaN or infinite, which a model file refuses: curves are held as their bits,
and single numbers as text that keeps every bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.history import COLUMNS, History
from walnet.errors import FileFormatError
from walnet.estimators.early_stopping import begin_counting
from walnet.estimators.fitting import Optimizer

_CURVES = ("loss_curve_", "validation_scores_")
_NUMBERS = ("loss_", "best_loss_", "best_validation_score_")


def to_saved(model: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a model file holds of the course: a header and arrays."""
    known = vars(model)
    curves = {n: known[n] for n in _CURVES if known.get(n) is not None}
    arrays = {n: np.array(curve, np.float64).view("i8") for n, curve in curves.items()}
    numbers = {n: known[n] for n in _NUMBERS if known.get(n) is not None}
    header: dict[str, Any] = {
        "numbers": {n: float(number).hex() for n, number in numbers.items()},
        "none": [n for n in _CURVES + _NUMBERS if n in known and known[n] is None],
        "waited": known.get("_no_improvement_count"),
        "history": None,
        "optimizer": None,
    }
    history, optimizer = known.get("history_"), known.get("_optimizer")
    if history is not None:
        arrays["history"] = history.rows().view("i8")
        header["history"] = {
            "iterations_per_epoch": history.iterations_per_epoch,
            "labelled": history.labelled,
            "diverged": history.diverged,
            "best_epoch": history.best_epoch,
            "iterations": history.iterations,
            "seconds": history.seconds,
        }
    if optimizer is not None and optimizer.is_finite:
        arrays["first"], arrays["second"] = optimizer.first, optimizer.second
        header["optimizer"] = {
            "learning_rate": float(optimizer.learning_rate).hex(),
            "updates": optimizer.updates,
        }
    return header, arrays


def fill(
    model: Any, header: dict[str, Any] | None, arrays: dict[str, np.ndarray]
) -> None:
    """Write the course of a file into an estimator that has its network.

    Files of earlier versions hold none.

    Raises
    ------
    FileFormatError
        If they are not a course, or do not belong together.
    """
    if header is None:
        best = model.best_iter_
        begin_counting(model, fresh=True)
        model.best_iter_ = best
        return
    for name, value in _attributes(header, arrays).items():
        setattr(model, name, value)
    if header["waited"] is not None:
        model._no_improvement_count = _whole(header["waited"])  # noqa: SLF001
    if header["history"] is not None:
        model.history_ = _history(header["history"], arrays)
        model.history_.stopped = model.stopped_
    if header["optimizer"] is not None:
        learner = model._normalized or model.network_  # noqa: SLF001
        model._optimizer = _optimizer(  # noqa: SLF001
            header["optimizer"], arrays, learner.parameters
        )


def _attributes(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return the curves and numbers of a file, by the names of the attributes."""
    numbers, none = header["numbers"], header["none"]
    found: dict[str, Any] = {n: None for n in _CURVES + _NUMBERS if n in none}
    found |= {n: _floats(arrays[n], 1).tolist() for n in _CURVES if n in arrays}
    found |= {n: float.fromhex(numbers[n]) for n in _NUMBERS if n in numbers}
    return found


def _history(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> History:
    """Return the course of the last fit, epoch by epoch."""
    rows = _floats(arrays["history"], 2)
    if rows.shape[1] != len(COLUMNS):
        raise FileFormatError("the history has other columns than walnet's")
    history = History(
        _whole(header["iterations_per_epoch"]), labelled=header["labelled"] is True
    )
    history.room(len(rows))[:] = rows
    history.add(len(rows))
    history.diverged = header["diverged"] is True
    if header["best_epoch"] is not None:
        history.best_epoch = _whole(header["best_epoch"])
    history.iterations = _whole(header["iterations"])
    history.seconds = float(header["seconds"])
    return history


def _optimizer(
    header: dict[str, Any], arrays: dict[str, np.ndarray], parameters: np.ndarray
) -> Optimizer:
    """Return the optimizer's memory, checked against the network's parameters."""
    first, second = arrays["first"], arrays["second"]
    for memory in (first, second):
        fits = memory.shape in {(0,), parameters.shape}
        if not fits or memory.dtype != parameters.dtype:
            raise FileFormatError(
                "the optimizer and the network do not belong together"
            )
    rate = float.fromhex(header["learning_rate"])
    if not 0 <= rate < np.inf or (second < 0).any():
        raise FileFormatError("the optimizer's numbers are out of range")
    return Optimizer(rate, _whole(header["updates"]), first, second)


def _floats(bits: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the numbers of which an array holds the bits."""
    if bits.dtype != np.int64 or bits.ndim != dimensions:
        raise FileFormatError("a curve is not in the form that walnet writes")
    return bits.view(np.float64)


def _whole(number: Any) -> int:
    """Return a count."""
    if type(number) is not int or number < 0:
        raise FileFormatError("a count of the course is not one")
    return number
