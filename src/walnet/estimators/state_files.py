"""The fit state in a model file.

Costs may be NaN or infinite, which a model file refuses: curves are held as their bits,
and single numbers as text that keeps every bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.early_stopping import EarlyStopping
from walnet.engine.history import COLUMNS, History
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.names import check_name
from walnet.errors import FileFormatError
from walnet.estimators.fit_state import STOP_REASONS, FitState, OptimizerMemory


def state_to_saved(state: FitState) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a model file holds of a fit state: a header and arrays."""
    curves = {
        "loss_curve": state.loss_curve,
        "validation_scores": state.validation_scores,
        "validation_curve": state.validation_curve,
    }
    arrays = {
        name: np.array(curve, np.float64).view("i8")
        for name, curve in curves.items()
        if curve is not None
    }
    header: dict[str, Any] = {
        "n_iter": state.n_iter,
        "t": state.t,
        "best_iter": state.best_iter,
        "stopped": state.stopped,
        "stop_reason": state.stop_reason,
        "loss": _hex(state.loss),
        "validation_loss": _hex(state.validation_loss),
        "lowest": float(state.stopping.cost).hex(),
        "waited": state.stopping.waited,
        "by_score": state.by_score,
        "history": None,
        "optimizer": None,
    }
    history, optimizer = state.history, state.optimizer
    if history is not None:
        arrays["history"] = history.rows().view("i8")
        header["history"] = {
            "iterations_per_epoch": history.iterations_per_epoch,
            "labelled": history.labelled,
            "validated": history.validated,
            "diverged": history.diverged,
            "best_epoch": history.best_epoch,
            "iterations": history.iterations,
            "seconds": history.seconds,
        }
    if optimizer is not None and np.isfinite(optimizer.memory).all():
        arrays["memory"] = optimizer.memory
        header["optimizer"] = {
            "optimizer": optimizer.optimizer,
            "learning_rate": float(optimizer.learning_rate).hex(),
            "updates": optimizer.updates,
        }
    return header, arrays


def state_from_saved(
    header: dict[str, Any], arrays: dict[str, np.ndarray], parameters: np.ndarray
) -> FitState:
    """Return the fit state of a file, whose network learns these parameters.

    Raises
    ------
    FileFormatError
        If it is none, or does not belong to the network.
    """
    state = FitState(
        _whole(header["n_iter"]),
        _whole(header["t"]),
        _unhex(header["loss"]),
        _curve("loss_curve", arrays),
        _curve("validation_scores", arrays),
        EarlyStopping(
            cost=float.fromhex(header["lowest"]),
            waited=_whole(header["waited"]),
            gradual=True,
        ),
        header["by_score"] is True,
        _whole(header["best_iter"]),
        str(header["stopped"]),
        # What files of version 1 do not have is not known.
        validation_curve=_curve("validation_curve", arrays),
        validation_loss=_unhex(header.get("validation_loss")),
        stop_reason=_reason(header.get("stop_reason", "")),
    )
    if header["history"] is not None:
        state.history = _history(header["history"], arrays)
        state.history.stopped = state.stopped
    if header["optimizer"] is not None:
        state.optimizer = _optimizer(header["optimizer"], arrays, parameters)
    return state


def _history(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> History:
    """Return the course of the last fit, epoch by epoch."""
    rows = _floats(arrays["history"], 2)
    if rows.shape[1] != len(COLUMNS):
        raise FileFormatError("the history has other columns than walnet's")
    history = History(
        _whole(header["iterations_per_epoch"]),
        labelled=header["labelled"] is True,
        validated=header.get("validated") is True,
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
) -> OptimizerMemory:
    """Return the optimizer's memory, checked against the network's parameters."""
    name, memory = header["optimizer"], arrays["memory"]
    check_name(OPTIMIZERS, name, "optimizer")
    row, n = OPTIMIZERS[name], parameters.size
    if memory.shape != (row.memory * n,) or memory.dtype != parameters.dtype:
        raise FileFormatError("the optimizer and the network do not belong together")
    rate = float.fromhex(header["learning_rate"])
    negative = row.squares and (memory[-n:] < 0).any()
    if not 0 <= rate < np.inf or negative:
        raise FileFormatError("the optimizer's numbers are out of range")
    return OptimizerMemory(name, rate, _whole(header["updates"]), memory)


def _curve(name: str, arrays: dict[str, np.ndarray]) -> list[float] | None:
    """Return a curve, if there is one."""
    return _floats(arrays[name], 1).tolist() if name in arrays else None


def _floats(bits: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the numbers of which an array holds the bits."""
    if bits.dtype != np.int64 or bits.ndim != dimensions:
        raise FileFormatError("a curve is not in the form that walnet writes")
    return bits.view(np.float64)


def _reason(reason: Any) -> str:
    """Return a word for why a fit ended."""
    if reason not in {"", *STOP_REASONS}:
        raise FileFormatError("there is no such reason for a fit to end")
    return str(reason)


def _hex(number: float | None) -> str | None:
    """Return a number as text that keeps every bit."""
    return None if number is None else float(number).hex()


def _unhex(text: str | None) -> float | None:
    """Return the number of such a text."""
    return None if text is None else float.fromhex(text)


def _whole(number: Any) -> int:
    """Return a count."""
    if type(number) is not int or number < 0:
        raise FileFormatError("a count of the fit is not one")
    return number
