"""Batch normalisation: a network that normalises its hidden layers while it learns.

Only training needs the batches' means and variances. For predictions the running ones
are folded into weights and biases, which leaves a plain :class:`Network`.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from walnet.engine.kernels.stages import Norms
from walnet.engine.network import Network
from walnet.errors import FileFormatError

MOMENTUM, EPSILON = 0.1, 1e-5


class NormalizedNetwork(Network):
    r"""A network whose hidden layers' weighted inputs are normalised over the batch.

    Parameters are those of :class:`Network`, followed by each hidden layer's scales γ.

    Attributes
    ----------
    statistics : ndarray of shape (2, neurons), float64
        Running mean and variance of the weighted inputs; the network's inputs have
        places too.
    mean, variance : ndarray of shape (neurons,), float64
        Its rows.

    Notes
    -----
    .. math:: Z = \gamma \hat Z + b, \quad
              \hat Z = \frac{W A - \mu}{\sqrt{\sigma^2 + \epsilon}}

    with mean and variance of the batch in training and the running ones afterwards
    [1]_; ε is 1e-5 and a batch counts 0.1 in the running ones.

    References
    ----------
    .. [1] S. Ioffe, C. Szegedy, *Batch Normalization*, ICML 2015, algorithms 1 and 2.

    Examples
    --------
    >>> network = NormalizedNetwork([2, 4, 1], seed=0)
    >>> network.n_parameters, network.folded().n_parameters
    (21, 17)
    """

    def __init__(self, layer_sizes: Any, **options: Any) -> None:
        super().__init__(layer_sizes, **options)
        scales = np.ones(int(self.plan["n_out"][:-1].sum()), self.dtype)
        self._n_plain = self.parameters.size
        self.parameters = np.concatenate([self.parameters, scales])
        neurons = sum(self.layer_sizes)
        self.statistics: np.ndarray = np.stack([np.zeros(neurons), np.ones(neurons)])

    @property
    def mean(self) -> np.ndarray:
        """Running mean of each neuron's weighted input: a view."""
        row: np.ndarray = self.statistics[0]
        return row

    @property
    def variance(self) -> np.ndarray:
        """Running variance of each neuron's weighted input: a view."""
        row: np.ndarray = self.statistics[1]
        return row

    @property
    def gammas(self) -> list[np.ndarray]:
        """Scales of each hidden layer, (n_out,): views of the parameters."""
        starts = self._gamma_places()[:-1]
        sizes = self.plan["n_out"][:-1]
        return [
            self.parameters[at : at + n] for at, n in zip(starts, sizes, strict=True)
        ]

    def _gamma_places(self) -> np.ndarray:
        """Return where each layer's scales begin; -1 for the output layer."""
        sizes = self.plan["n_out"][:-1]
        places = self._n_plain + np.cumsum(sizes) - sizes
        return np.append(places, -1).astype(np.int64)

    def norms(self, capacity: int) -> Norms:
        """Return what the kernels need for batches of at most `capacity` examples."""
        neurons = sum(self.layer_sizes)
        return Norms(
            self._gamma_places(),
            MOMENTUM,
            EPSILON,
            np.zeros(neurons * capacity, self.dtype),
            np.ones(neurons),
            self.mean,
            self.variance,
            np.zeros(max(self.layer_sizes), self.dtype),
        )

    def fold_into(self, network: Network) -> None:
        """Overwrite a plain network's parameters with those that predict the same."""
        network.parameters[:] = self.parameters[: network.n_parameters]
        layers = zip(
            self.plan, self.gammas, network.weights, network.biases, strict=False
        )
        for layer, gamma, W, b in layers:
            neurons = slice(
                layer["neurons_before"], layer["neurons_before"] + layer["n_out"]
            )
            factor = gamma / np.sqrt(self.variance[neurons] + EPSILON)
            np.multiply(W, factor[:, None].astype(self.dtype), out=W)
            np.subtract(b, (factor * self.mean[neurons]).astype(self.dtype), out=b)

    def folded(self) -> Network:
        """Return the plain network that predicts the same."""
        network = Network.from_config(self.config())
        self.fold_into(network)
        return network

    def copy(self) -> Self:
        """Return an independent network with the same parameters and statistics."""
        twin = super().copy()
        twin.statistics = self.statistics.copy()
        return twin

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all that makes this network, for a model file."""
        return {
            "normalized": self.parameters,
            "mean": self.mean,
            "variance": self.variance,
        }

    @classmethod
    def around(cls, network: Network) -> Self:
        """Return a normalised network that predicts what a plain one does."""
        twin = cls(**network.config())
        twin.parameters[: network.n_parameters] = network.parameters
        twin.variance[:] = 1 - EPSILON
        return twin

    @classmethod
    def of_arrays(cls, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the network of a model file's arrays, trusting nothing.

        Raises
        ------
        FileFormatError
            If the arrays do not belong to the configuration.
        """
        network = cls(**config)
        for name, array in network.arrays().items():
            given = arrays.get(name, np.empty(0))
            if given.shape != array.shape or given.dtype != array.dtype:
                raise FileFormatError(
                    f"the array {name!r} of the batch normalisation does not fit"
                )
            array[...] = given
        if (network.variance < 0).any():
            raise FileFormatError("a running variance is negative")
        return network
