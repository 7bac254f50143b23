"""First parameters that suit the rows which a member will learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.initializers import initialize_embeddings
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network

_ROWS_TO_START = 2048  # that the first parameters are scaled by
_POINTS = 5  # weighted inputs that a bias is made of
Floats = NDArray[np.floating]


def initialize_by_rows(
    network: Network, data: Examples, rng: np.random.Generator
) -> None:
    """Draw a member's parameters, each neuron scaled by what it does to some rows.

    Weights are normal, then divided by the standard deviation of the neuron's weighted
    inputs; a bias is minus a random convex combination of five of them: Holzmüller et
    al. (2024), appendix A.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    data : Examples
        The rows; those in ``data.rows`` are looked at.
    rng : numpy.random.Generator
        Where the numbers are drawn from.
    """
    initialize_embeddings(network.layout, network.parameters, rng)
    few = rng.permutation(data.rows)[:_ROWS_TO_START]
    X, codes = data.X[few], data.codes[few]
    A = network.first_inputs(X, codes)
    for number, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        _draw_layer(rng, W, b, A)
        if number < network.n_layers - 1:
            A = network.layers_of_rows(X, codes)[number][1].T


def _draw_layer(rng: np.random.Generator, W: Floats, b: Floats, A: Floats) -> None:
    """Draw weights and biases of a layer that reads A, (n_in, rows), in place."""
    n_out, n_in = W.shape
    W[:] = rng.standard_normal((n_out, n_in))
    spread = (W @ A).std(axis=1, keepdims=True)
    # What is the same in all rows says nothing of how large it should be.
    W /= np.where(spread > 1e-3 * np.sqrt(n_in), spread, np.sqrt(n_in))
    Z = W @ A
    picks = rng.integers(0, Z.shape[1], (n_out, _POINTS))
    shares = rng.exponential(size=(n_out, _POINTS))
    shares /= shares.sum(axis=1, keepdims=True)
    b[:] = -(np.take_along_axis(Z, picks, axis=1) * shares).sum(axis=1)
