"""Estimators in model files: parameters, labels, network and fit state, never code."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np

from walnet.engine.network import Network
from walnet.engine.normalization import normalized
from walnet.errors import DataError, FileFormatError
from walnet.estimators.base import BaseMLP
from walnet.estimators.scaling import Scaling
from walnet.estimators.state_files import state_from_saved, state_to_saved
from walnet.estimators.version_1 import from_version_1

_KEYS = {"params", "network", "out", "names", "normalized", "fit_state"}


class SavableMLP(BaseMLP):
    """An estimator that model files can hold."""

    _KIND: ClassVar[str]

    def _labels_to_saved(self) -> dict[str, Any]:
        """Return what a file's header holds of the labels; nothing of numbers."""
        return {}

    def _take_labels(self, header: dict[str, Any], network: Network) -> None:
        """Take over the labels of a file's header."""

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        """Return what a model file holds: the kind of model, a header and arrays.

        Raises
        ------
        DataError
            If a parameter is code, which a file cannot hold.
        NotFittedError
            If it is not fitted.
        """
        network = self.network_
        names = getattr(self, "feature_names_in_", None)
        params = self.get_params(deep=False)
        state, arrays = state_to_saved(self._fit_state)
        header = {
            "params": {name: _plain(name, value) for name, value in params.items()},
            "network": network.config(),
            "out": self.out_activation_,
            "names": None if names is None else [str(name) for name in names],
            "normalized": self._learner is not None,
            "fit_state": state,
        }
        arrays["parameters"] = network.parameters
        if self._learner is not None:
            arrays["learner.parameters"] = self._learner.parameters
            arrays["learner.statistics"] = self._learner.statistics
        if self.scaling_ is not None:
            found = self.scaling_.arrays
            arrays |= {f"scaling.{name}": each for name, each in found.items()}
        return self._KIND, header | self._labels_to_saved(), arrays

    @classmethod
    def from_saved(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the estimator of a model file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError
            If they are not an estimator's, or do not belong together.
        """
        header, arrays = from_version_1(header, arrays)
        labelled = {"labels", "label_kind"} if cls._KIND == "classifier" else set()
        if header.keys() != _KEYS | labelled:
            raise FileFormatError("the description of the estimator is not complete")
        model = cls()
        model._take_params(header["params"])
        network = Network.from_saved(
            header["network"], {"parameters": arrays.get("parameters", np.empty(0))}
        )
        model._take_network(network, str(header["out"]))
        model._take_names(header["names"], network.n_inputs)
        model._take_labels(header, network)
        if header["normalized"] is True:
            model._learner = _learner(network, arrays)
        model._take_scaling(arrays, network)
        learner = model._learner or network
        state = state_from_saved(header["fit_state"], arrays, learner.parameters)
        model.__dict__.update(state.attributes())
        return model

    def _take_params(self, params: Any) -> None:
        """Set the parameters of a file, each within its constraints."""
        if type(params) is not dict or params.keys() != self.get_params().keys():
            raise FileFormatError("the parameters are not those of the estimator")
        self.set_params(**{name: _value(plain) for name, plain in params.items()})
        try:
            self._validate_params()
        except ValueError as error:
            raise FileFormatError(str(error)) from error

    def _take_network(self, network: Network, out: str) -> None:
        """Predict by the network of a file."""
        self.out_activation_ = out
        self._show(network)
        self.n_features_in_ = network.n_inputs
        self.n_layers_, self.n_outputs_ = network.n_layers + 1, network.n_outputs
        if self._network_of_coefs() != network:
            raise FileFormatError(
                "the parameters and the network do not belong together"
            )

    def _take_names(self, names: Any, n_features: int) -> None:
        """Take over the names of the columns, if there are any."""
        if names is None:
            return
        if len(names) != n_features or any(type(name) is not str for name in names):
            raise FileFormatError("the feature names do not fit the network")
        self.feature_names_in_ = np.array(names, object)

    def _take_scaling(self, arrays: dict[str, np.ndarray], network: Network) -> None:
        """Take over the scaling of an estimator that was fitted standardising.

        What was fitted decides, not the parameters, which may have been set since: of
        labels and counts, which an exponential gives, only the inputs are scaled.
        """
        found = {
            name.removeprefix("scaling."): array
            for name, array in arrays.items()
            if name.startswith("scaling.")
        }
        if not found:
            return
        sizes = {"input": network.n_inputs, "target": network.n_outputs}
        if self._KIND == "classifier" or self.out_activation_ == "exp":
            sizes.pop("target")
        if found.keys() != {f"{n}_{part}" for n in sizes for part in ("mean", "scale")}:
            raise FileFormatError("the scaling is not complete")
        for name, array in found.items():
            which, part = name.split("_")
            good = array.shape == (sizes[which],) and array.dtype == np.float64
            if not good or (part == "scale" and (array <= 0).any()):
                raise FileFormatError(
                    "the scaling and the network do not belong together"
                )
        self.scaling_ = Scaling(**found)


def _learner(network: Network, arrays: dict[str, np.ndarray]) -> Network:
    """Return the normalised network of a file."""
    learner = normalized(network)
    parameters = arrays.get("learner.parameters", np.empty(0))
    same = parameters.shape == learner.parameters.shape
    if not same or parameters.dtype != learner.dtype:
        raise FileFormatError("the batch normalisation does not fit the network")
    learner.parameters[:] = parameters
    learner.set_statistics(arrays.get("learner.statistics", np.empty((2, 0))))
    return learner


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
