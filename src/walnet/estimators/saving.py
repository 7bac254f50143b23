"""Estimators in model files: parameters, labels, network and course, never code."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import LabelBinarizer

from walnet.engine.network import Network
from walnet.engine.normalization import NormalizedNetwork
from walnet.errors import DataError, FileFormatError
from walnet.estimators import fit_state as course
from walnet.saving.labels import labels_from_json, labels_to_json

_COUNTS = ("n_iter_", "t_", "n_features_in_", "best_iter_")
_KEYS = {"params", "network", "out", "counts", "names", "stopped", "normalized"}
_KEYS.add("course")


def to_saved(
    model: Any, kind: str
) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Return what a model file holds of a fitted estimator.

    Raises
    ------
    DataError
        If it is not fitted, or a parameter is code, which a file cannot hold.
    """
    if not hasattr(model, "coefs_"):
        raise NotFittedError(
            f"this {type(model).__name__} is not fitted; call fit first"
        )
    network = model._usable_network()  # noqa: SLF001  (the estimator's own module)
    _, config, arrays = network.to_saved()
    names = getattr(model, "feature_names_in_", None)
    header = {
        "params": {n: _plain(n, v) for n, v in model.get_params(deep=False).items()},
        "network": config,
        "out": model.out_activation_,
        "counts": {name: int(getattr(model, name, 0)) for name in _COUNTS},
        "names": None if names is None else [str(name) for name in names],
        "stopped": getattr(model, "stopped_", ""),
        "normalized": model._normalized is not None,  # noqa: SLF001
    }
    if hasattr(model, "classes_"):
        header["labels"] = labels_to_json(model.classes_)
        header["label_kind"] = model._label_binarizer.y_type_  # noqa: SLF001
    header["course"], curves = course.to_saved(model)
    arrays = arrays | curves
    if model._normalized is not None:  # noqa: SLF001
        arrays = arrays | model._normalized.arrays()  # noqa: SLF001
    for place, scale in enumerate(model._scales or ()):  # noqa: SLF001
        arrays[f"scale.{place}"] = scale
    return kind, header, arrays


def from_saved(
    model: Any, header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Any:
    """Return the estimator of a model file, trusting neither header nor arrays.

    Parameters
    ----------
    model : estimator
        A new one, to be filled.
    header, arrays
        The file's.

    Raises
    ------
    FileFormatError
        If they are not an estimator's, or do not belong together.
    """
    labelled = {"labels", "label_kind"} if hasattr(model, "predict_proba") else set()
    # Files had no course at first.
    if header.keys() | {"course"} != _KEYS | labelled:
        raise FileFormatError("the description of the estimator is not complete")
    _set_params(model, header["params"])
    network = Network.from_saved(
        header["network"], {"parameters": arrays.get("parameters", np.empty(0))}
    )
    model.out_activation_ = str(header["out"])
    _fill_counts(model, header, network)
    if labelled:
        _fill_labels(model, header, network)
    if header["normalized"] is True:
        model._normalized = NormalizedNetwork.of_arrays(  # noqa: SLF001
            header["network"], arrays
        )
    _fill_scales(model, arrays, network)
    model._show(network)  # noqa: SLF001  (the estimator's own module)
    course.fill(model, header.get("course"), arrays)
    if model._network_of_coefs() != network:  # noqa: SLF001
        raise FileFormatError("the parameters and the network do not belong together")
    return model


def _plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON holds it.

    Raises
    ------
    DataError
        If it is code or another object.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if np.isfinite(float(value)) else {"float": str(value)}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(name, each) for each in value]
    if isinstance(value, dict):
        pairs = [[_plain(name, k), _plain(name, v)] for k, v in value.items()]
        return {"dict": pairs}
    if hasattr(value, "__fspath__"):
        return str(value)
    raise DataError(
        f"the parameter {name} holds {type(value).__name__}, which a model file "
        f"cannot: nothing in it is ever code; call set_params({name}=...) with a plain "
        "value before saving, predictions do not depend on it"
    )


def _value(plain: Any) -> Any:
    """Return a parameter from JSON."""
    if isinstance(plain, dict) and plain.keys() == {"float"}:
        return float(plain["float"])
    if isinstance(plain, dict) and plain.keys() == {"dict"}:
        return {_value(k): _value(v) for k, v in plain["dict"]}
    return tuple(map(_value, plain)) if isinstance(plain, list) else plain


def _set_params(model: Any, params: Any) -> None:
    """Set the parameters of a file, each within its constraints."""
    if type(params) is not dict or params.keys() != model.get_params(deep=False).keys():
        raise FileFormatError("the parameters are not those of the estimator")
    model.set_params(**{name: _value(plain) for name, plain in params.items()})
    try:
        model._validate_params()  # noqa: SLF001  (scikit-learn's own check)
    except ValueError as error:
        raise FileFormatError(str(error)) from error


def _fill_counts(model: Any, header: dict[str, Any], network: Network) -> None:
    """Write the fitted attributes that are numbers and names."""
    counts, names = header["counts"], header["names"]
    if counts.keys() != set(_COUNTS) or any(
        type(n) is not int for n in counts.values()
    ):
        raise FileFormatError("the counts are not complete")
    for name, count in counts.items():
        setattr(model, name, count)
    if counts["n_features_in_"] != network.n_inputs:
        raise FileFormatError("the features and the network do not belong together")
    if names is not None:
        if len(names) != network.n_inputs or any(type(n) is not str for n in names):
            raise FileFormatError("the feature names do not fit the network")
        model.feature_names_in_ = np.array(names, object)
    model.n_layers_ = network.n_layers + 1
    model.n_outputs_ = network.n_outputs
    model.stopped_ = str(header["stopped"])


def _fill_labels(model: Any, header: dict[str, Any], network: Network) -> None:
    """Write the classes."""
    classes, kind = labels_from_json(header["labels"]), header["label_kind"]
    binarizer = LabelBinarizer()
    binarizer.y_type_, binarizer.sparse_input_ = kind, False
    binarizer.classes_ = model.classes_ = classes
    model._label_binarizer = binarizer  # noqa: SLF001
    outputs = {"binary": 1, "multiclass": len(classes)}.get(kind, len(classes))
    known = kind in {"binary", "multiclass", "multilabel-indicator"}
    if not known or outputs != network.n_outputs or not len(classes):
        raise FileFormatError("the labels and the network do not belong together")
    if kind == "binary" and len(classes) > 2:
        raise FileFormatError("two classes must be two")


def _fill_scales(model: Any, arrays: dict[str, np.ndarray], network: Network) -> None:
    """Write the means and scales of an estimator that was fitted standardising.

    What was fitted decides, not the parameters, which may have been set since: of
    labels and counts, which an exponential gives, only the inputs have scales.
    """
    if not any(name.startswith("scale.") for name in arrays):
        return
    scales = []
    plain_targets = hasattr(model, "classes_") or model.out_activation_ == "exp"
    for place in range(2 if plain_targets else 4):
        scale = arrays.get(f"scale.{place}", np.empty(0))
        size = network.n_inputs if place < 2 else network.n_outputs
        if scale.shape != (size,) or (place % 2 and (scale <= 0).any()):
            raise FileFormatError("the scales and the network do not belong together")
        scales.append(scale)
    model._scales = tuple(scales)  # noqa: SLF001
