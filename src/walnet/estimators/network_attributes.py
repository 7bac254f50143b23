"""A network and scikit-learn's view of it: `network_`, `coefs_` and `intercepts_`."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError

from walnet.engine.network import Network
from walnet.estimators.parameters import NAME_OF, Parameters, hidden_activations


def attributes_of(network: Network) -> dict[str, Any]:
    """Return the attributes of an estimator that predicts by a network.

    `coefs_` and `intercepts_` are views of its weights and biases.
    """
    coefs, intercepts = [W.T for W in network.weights], network.biases
    return {
        "_network": network,
        "coefs_": coefs,
        "intercepts_": intercepts,
        "_views": [*coefs, *intercepts],
    }


class NetworkAttributes(Parameters):
    """`network_`, which follows where `coefs_` are written to or replaced."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    out_activation_: str
    _network: Network | None = None
    _views: list[np.ndarray]  # what coefs_ and intercepts_ were made of

    @property
    def network_(self) -> Network:
        """What predicts; with batch normalisation, its statistics folded in.

        Raises
        ------
        NotFittedError
            If there is none.
        """
        if "coefs_" not in self.__dict__:
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted; call fit first"
            )
        network = self._network
        if network is not None:
            shown = [*self.coefs_, *self.intercepts_]
            same = map(operator.is_, shown, self._views)
            if len(shown) == len(self._views) and all(same):
                return network
        network = self._network_of_coefs()
        self._show(network)
        return network

    def _show(self, network: Network) -> None:
        """Predict by a network from now on."""
        self.__dict__.update(attributes_of(network))

    def _network_of_coefs(self) -> Network:
        """Return a network with the present coefs_ and intercepts_.

        Its activations are those of the fit, whatever the parameter says by now; only
        where there was no fit, or another number of layers, it is asked.

        Raises
        ------
        ValueError
            If the shapes do not follow on each other.
        """
        coefs = [np.asarray(coef) for coef in self.coefs_]
        sizes = [coefs[0].shape[0], *(coef.shape[1] for coef in coefs)]
        if any(a.shape[1] != b.shape[0] for a, b in pairwise(coefs)):
            raise ValueError("the shapes of coefs_ do not follow on each other")
        before = () if self._network is None else self._network.activations
        if len(before) != len(coefs):
            before = (*hidden_activations(self.activation, len(coefs) - 1), "")
        network = Network(
            sizes,
            activation=before[:-1],
            output=NAME_OF.get(self.out_activation_, self.out_activation_),
            dtype="float32" if coefs[0].dtype == np.float32 else "float64",
            initializer="zeros",
        )
        for W, coef in zip(network.weights, coefs, strict=True):
            W[:] = coef.T
        for b, intercept in zip(network.biases, self.intercepts_, strict=True):
            b[:] = intercept
        return network
