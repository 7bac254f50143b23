"""Estimators in model files of version 1, turned into those of today."""

from __future__ import annotations

from typing import Any

import numpy as np

from walnet.engine.layers import Dense, Inputs
from walnet.engine.layout import Layout, lay_out
from walnet.errors import FileFormatError

_KEYS = {"params", "network", "out", "counts", "names", "stopped", "normalized"}
_COUNTS = {"n_iter_", "t_", "n_features_in_", "best_iter_"}
_ARRAYS = {
    "loss_curve_": "loss_curve",
    "validation_scores_": "validation_scores",
    "scale.0": "scaling.input_mean",
    "scale.1": "scaling.input_scale",
    "scale.2": "scaling.target_mean",
    "scale.3": "scaling.target_scale",
}
# Which optimizers kept a first and a second array of numbers.
_OPTIMIZERS = {(1, 1): "adam", (1, 0): "nesterov", (0, 1): "rmsprop"}


def from_version_1(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return header and arrays of today's form; those of today as they are.

    Version 1 had the scales of all normalised layers after all other parameters, their
    running means and variances as two arrays, and the optimizer's memory as two.

    Raises
    ------
    FileFormatError
        If they are not complete.
    """
    if "counts" not in header:
        return header, arrays
    labels = {name: header[name] for name in ("labels", "label_kind") if name in header}
    # Files had no course of the fit at first.
    complete = header.keys() | {"course"} == _KEYS | {"course"} | labels.keys()
    if not complete or header["counts"].keys() != _COUNTS:
        raise FileFormatError("the description of the estimator is not complete")
    if header["counts"]["n_features_in_"] != header["network"]["layer_sizes"][0]:
        raise FileFormatError("the features and the network do not belong together")
    kept = {name: header[name] for name in ("params", "network", "out", "names")}
    state = _fit_state(header, arrays)
    new = {_ARRAYS.get(name, name): array for name, array in arrays.items()}
    if header.get("course") is None:
        new["loss_curve"] = np.empty(0, np.int64)
    layout = _layout(header) if header["normalized"] is True else None
    if layout is not None:
        new["learner.parameters"] = _reordered(arrays["normalized"], layout)
        both = [arrays["mean"], arrays["variance"]]
        new["learner.statistics"] = np.stack(both)
    if state["optimizer"] is not None:
        new["memory"] = np.concatenate(
            [
                _reordered(arrays[name], layout)
                for name in ("first", "second")
                if arrays[name].size
            ]
        )
    same = {"normalized": header["normalized"], "fit_state": state}
    return kept | same | labels, new


def _fit_state(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the header of the fit state."""
    course, counts = header.get("course"), header["counts"]
    numbers = {} if course is None else course["numbers"]
    score, loss = numbers.get("best_validation_score_"), numbers.get("best_loss_")
    lowest = float.fromhex(loss or "inf") if score is None else -float.fromhex(score)
    if course is None:
        course = {"waited": 0, "history": None, "optimizer": None}
    by_score = score is not None
    if not numbers:
        by_score = header["params"].get("early_stopping") is True
    return {
        "n_iter": counts["n_iter_"],
        "t": counts["t_"],
        "best_iter": counts["best_iter_"],
        "stopped": header["stopped"],
        "loss": numbers.get("loss_"),
        "lowest": lowest.hex(),
        "waited": course["waited"] or 0,
        "by_score": by_score,
        "history": course["history"],
        "optimizer": _optimizer(course["optimizer"], arrays),
    }


def _optimizer(
    header: dict[str, Any] | None, arrays: dict[str, np.ndarray]
) -> dict[str, Any] | None:
    """Return the header of the optimizer's memory, which names what it is."""
    if header is None:
        return None
    kept = (int(arrays["first"].size > 0), int(arrays["second"].size > 0))
    if kept not in _OPTIMIZERS:
        raise FileFormatError("the optimizer has no memory")
    return header | {"optimizer": _OPTIMIZERS[kept]}


def _layout(header: dict[str, Any]) -> Layout:
    """Return where the parameters of the normalised network stand today."""
    n_inputs, *hidden, n_outputs = header["network"]["layer_sizes"]
    names = header["network"]["activation"]
    layers = [Dense(n, name, norm=True) for n, name in zip(hidden, names, strict=True)]
    return lay_out((Inputs(n_inputs), *layers, Dense(n_outputs)))


def _reordered(vector: np.ndarray, layout: Layout | None) -> np.ndarray:
    """Return numbers of all parameters in today's order."""
    if layout is None:
        return vector
    if vector.shape != (layout.n_parameters,):
        raise FileFormatError("the batch normalisation does not fit the network")
    order = sorted(layout.stretches, key=lambda each: each.kind == "gammas")
    found, at = np.empty_like(vector), 0
    for stretch in order:
        part = vector[at : at + stretch.size]
        found[stretch.start : stretch.start + stretch.size] = part
        at += stretch.size
    return found
