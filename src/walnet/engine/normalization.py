"""Batch normalisation that is learned, folded into weights and biases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.normalization import EPSILON
from walnet.engine.layers import Dense
from walnet.engine.layout import neurons_view
from walnet.engine.network import Network

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Record


def folded(network: Network) -> Network:
    r"""Return a network without normalised layers that predicts the same.

    Parameters
    ----------
    network : Network
        Of any layers.

    Returns
    -------
    Network
        A new one; of a network without normalised layers a copy.

    Notes
    -----
    .. math:: W' = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} W, \quad
              b' = b - \frac{\gamma \mu}{\sqrt{\sigma^2 + \epsilon}}

    with the running mean and variance: Ioffe, Szegedy (2015), algorithm 2.

    Examples
    --------
    >>> network = Network([2, Dense(4, "tanh", norm=True), 1])
    >>> network.n_parameters, folded(network).n_parameters
    (21, 17)
    """
    layers = [
        replace(each, norm=False) if isinstance(each, Dense) else each
        for each in network.layers
    ]
    plain = Network(
        layers,
        initializer=network.initializer,
        dtype=network.dtype,
        seed=network.seed,
    )
    fold_into(network, plain)
    return plain


def normalized(network: Network) -> Network:
    """Return a network that predicts the same and normalises its hidden layers.

    Parameters
    ----------
    network : Network
        None of its layers is normalised.

    Returns
    -------
    Network
        A new one, with scales of 1, and the running statistics that leave weighted
        inputs as they are.

    Examples
    --------
    >>> network = Network([2, 4, 1])
    >>> folded(normalized(network)) == network
    True
    """
    layers = [
        replace(each, norm=True) if isinstance(each, Dense) else each
        for each in network.layers[:-1]
    ]
    twin = Network(
        [*layers, network.layers[-1]],
        initializer=network.initializer,
        dtype=network.dtype,
        seed=network.seed,
    )
    kept = (each for each in twin.layout.stretches if each.kind != "gammas")
    for stretch, source in zip(kept, network.layout.stretches, strict=True):
        part = network.parameters[source.start : source.start + source.size]
        twin.parameters[stretch.start : stretch.start + stretch.size] = part
    for each in twin.layout.stretches:
        if each.kind == "gammas":
            twin.parameters[each.start : each.start + each.size] = 1.0
    twin.statistics[1] = 1.0 - EPSILON
    return twin


def fold_into(network: Network, plain: Network) -> None:
    """Overwrite the parameters of a plain network with those that predict the same."""
    kept = [each for each in network.layout.stretches if each.kind != "gammas"]
    for stretch, target in zip(kept, plain.layout.stretches, strict=True):
        lo, n = stretch.start, stretch.size
        plain.parameters[target.start : target.start + n] = network.parameters[
            lo : lo + n
        ]
    layers = zip(network.layout.dense, plain.weights, plain.biases, strict=True)
    for layer, W, b in layers:
        if layer["gammas"] >= 0:
            _fold(network, layer, W, b)


def _fold(network: Network, layer: Record, W: np.ndarray, b: np.ndarray) -> None:
    """Fold one layer's normalisation into weights and biases, in place."""
    lo = int(layer["target"])
    mean, variance = network.statistics[:, lo : lo + int(layer["n_out"])]
    gamma = neurons_view(layer, "gammas", network.parameters)
    factor = gamma / np.sqrt(variance + EPSILON)
    np.multiply(W, factor[:, None].astype(W.dtype), out=W)
    np.subtract(b, (factor * mean).astype(b.dtype), out=b)
