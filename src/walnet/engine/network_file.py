"""A network as plain values and arrays: its copies, and what a model file holds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from walnet.engine.building import as_layers, checked_dtype
from walnet.engine.draws import checked_seed
from walnet.engine.initializers import INITIALIZERS
from walnet.engine.layers import (
    Dense,
    Inputs,
    Layer,
    checked_layers,
    layer_from_dict,
    layer_to_dict,
)
from walnet.engine.layout import count_parameters, lay_out
from walnet.engine.names import check_name
from walnet.errors import FileFormatError, HyperparameterError, ShapeError

MAX_PARAMETERS = 500_000_000
_CONFIG = {"layer_sizes", "activation", "output", "initializer", "dtype", "seed"}
_CONFIG_OF_KINDS = {"layers", "initializer", "dtype", "seed"}


class NetworkFile:
    """What makes a network the same network again; see `Network`."""

    def _prepare(
        self,
        layers: tuple[Layer, ...],
        initializer: str,
        dtype: str | np.dtype[Any],
        seed: int,
    ) -> None:
        """Make room for the parameters of layers; nothing is drawn yet."""
        self.layers = layers
        check_name(INITIALIZERS, initializer, "initializer")
        self.initializer = initializer
        self.dtype = checked_dtype(dtype)
        self.seed = checked_seed(seed)
        if count_parameters(self.layers) > MAX_PARAMETERS:
            raise HyperparameterError(
                f"the layers make too many parameters; at most {MAX_PARAMETERS:,} are "
                "allowed"
            )
        self.layout = lay_out(self.layers)
        self.parameters = np.empty(self.layout.n_parameters, self.dtype)
        neurons = self.layout.room.neurons if self.layout.room.normalizes else 0
        self.statistics: np.ndarray = np.stack([np.zeros(neurons), np.ones(neurons)])

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Columns of X, and neurons of each dense layer."""
        dense = (each.n for each in self.layers if isinstance(each, Dense))
        return (self.n_inputs, *dense)

    @property
    def activations(self) -> tuple[str, ...]:
        """Activation of each dense layer."""
        return tuple(e.activation for e in self.layers if isinstance(e, Dense))

    @property
    def n_inputs(self) -> int:
        """Number of inputs: columns of X, numbers and levels."""
        return len(self.layout.dense_columns) + len(self.layout.code_columns)

    @property
    def is_plain(self) -> bool:
        """Whether it is inputs and dense layers, and those are nothing more."""
        dense = self.layers[1:]
        return isinstance(self.layers[0], Inputs) and all(
            isinstance(each, Dense) and each == Dense(each.n, each.activation)
            for each in dense
        )

    def copy(self) -> Self:
        """Return an independent network with the same parameters.

        Returns
        -------
        Network
            Its arrays are its own.
        """
        return self._with(self.config())

    def astype(self, dtype: str | np.dtype[Any]) -> Self:
        """Return a copy in another precision.

        Parameters
        ----------
        dtype : {"float32", "float64"}
            Of all parameters.

        Returns
        -------
        Network
            Its arrays are its own.
        """
        return self._with(self.config() | {"dtype": checked_dtype(dtype).name})

    def _with(self, config: dict[str, Any]) -> Self:
        """Return a network of another configuration with the same parameters."""
        twin = self.from_config(config, self.parameters)
        twin.statistics[:] = self.statistics
        return twin

    def config(self) -> dict[str, Any]:
        """Return what the constructor needs to make this network, as plain values.

        Returns
        -------
        dict
            The arguments by their names, ready for JSON.
        """
        common = {
            "initializer": self.initializer,
            "dtype": self.dtype.name,
            "seed": self.seed,
        }
        if not self.is_plain:
            return {"layers": [layer_to_dict(each) for each in self.layers]} | common
        return {
            "layer_sizes": list(self.layer_sizes),
            "activation": list(self.activations[:-1]),
            "output": self.activations[-1],
        } | common

    @classmethod
    def from_config(
        cls, config: dict[str, Any], parameters: np.ndarray | None = None
    ) -> Self:
        """Return the network of a `config`, with given parameters if any.

        Parameters
        ----------
        config : dict
            What :meth:`config` gave.
        parameters : ndarray of shape (n_parameters,), optional
            All parameters; without them they are drawn from the seed.

        Returns
        -------
        Network
            With the same layers.

        Raises
        ------
        ShapeError
            If there are more or fewer parameters than the network has.
        """
        options = dict(config)
        if "layers" in options:
            options["layers"] = [layer_from_dict(each) for each in options["layers"]]
        else:
            options["layers"] = options.pop("layer_sizes")
        if parameters is None:
            return cls(**options)
        layers = as_layers(
            options.pop("layers"),
            options.pop("activation", "identity"),  # layers of kinds have their own
            options.pop("output", "identity"),
        )
        network = cls.__new__(cls)  # without drawing what is overwritten
        network._prepare(layers, **options)  # noqa: SLF001
        if parameters.shape != network.parameters.shape:
            raise ShapeError(
                f"parameters must have shape {network.parameters.shape}, "
                f"got {parameters.shape}"
            )
        network.parameters[:] = parameters
        return network

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        arrays = {"parameters": self.parameters}
        if self.statistics.size:
            arrays["statistics"] = self.statistics
        return "network", self.config(), arrays

    @classmethod
    def from_saved(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the network of a model file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError, HyperparameterError
            If they are not a network's, or do not belong together.
        """
        parameters = arrays.get("parameters", np.empty(0))
        known = header.keys() in (_CONFIG, _CONFIG_OF_KINDS)
        if not known or not arrays.keys() <= {"parameters", "statistics"}:
            raise FileFormatError("a network or its description is not complete")
        # Sizes and precision are compared before anything as large is made.
        if (_parameters_need(header),) != parameters.shape:
            raise FileFormatError(
                f"the layers and the shape {parameters.shape} of the parameters "
                "do not belong together"
            )
        if header["dtype"] != parameters.dtype.name:
            raise FileFormatError(
                f"the parameters are {parameters.dtype.name}, not what is announced"
            )
        network = cls.from_config(header, parameters)
        if network.config() != header:
            raise FileFormatError("the description is not as a network writes it")
        network.set_statistics(arrays.get("statistics", np.empty((2, 0))))
        return network

    def set_statistics(self, statistics: np.ndarray) -> None:
        """Take over running means and variances of a file.

        Raises
        ------
        FileFormatError
            If they do not belong to the network.
        """
        same = statistics.shape == self.statistics.shape
        if not same or statistics.dtype != np.float64 or (statistics[1:] < 0).any():
            raise FileFormatError(
                "the running means and variances do not belong to the network"
            )
        self.statistics[:] = statistics

    def __eq__(self, other: object) -> bool:
        """Whether both compute the same: sizes, activations, precision, parameters."""
        if not isinstance(other, NetworkFile):
            return NotImplemented
        return (
            self.layers == other.layers
            and self.dtype == other.dtype
            and np.array_equal(self.parameters, other.parameters)
            and np.array_equal(self.statistics, other.statistics)
        )

    __hash__ = None  # type: ignore[assignment]  # parameters change: not a dict's key


def _parameters_need(header: dict[str, Any]) -> int:
    """Return how many parameters layers from a file need; -1 if they are no layers."""
    if "layers" in header:
        layers = header["layers"]
        if type(layers) is not list or not all(type(each) is dict for each in layers):
            return -1
        made = checked_layers(tuple(layer_from_dict(each) for each in layers))
        return count_parameters(made)
    sizes = header["layer_sizes"]
    if type(sizes) is not list or len(sizes) < 2:
        return -1
    if not all(type(size) is int and size > 0 for size in sizes):
        return -1
    return sum((a + 1) * b for a, b in pairwise(sizes))
