"""First parameters that suit the rows which a member will learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.initializers import initialize
from walnet.engine.kernels import inference
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Examples, Forward, Record
from walnet.engine.knots import set_knots
from walnet.engine.layout import make_forward_workspace, neurons_view, weights_view
from walnet.engine.network import Network

ROWS_TO_START = 2048  # that the first parameters are scaled by
_ROWS_OF_KNOTS = 20_000  # between whose quantiles ramps stand
_POINTS = 5  # weighted inputs that a bias is made of
Floats = NDArray[np.floating]


def initialize_by_rows(
    network: Network, data: Examples, rng: np.random.Generator
) -> None:
    """Draw a member's parameters, each neuron scaled by its inputs from some rows.

    Weights are normal, then divided by the standard deviation of the neuron's weighted
    inputs; a bias is minus a random convex combination of five of them: Holzmüller et
    al. (2024), appendix A. Ramps of numbers stand between quantiles of the rows.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    data : Examples
        The rows; those in ``data.rows`` are looked at.
    rng : numpy.random.Generator
        Where the numbers are drawn from.
    """
    seed = int(rng.integers(2**62))
    initialize(network.layout, network.parameters, "zeros", seed)  # and embeddings
    mixed = rng.permutation(data.rows)
    few, layout, parameters = mixed[:ROWS_TO_START], network.layout, network.parameters
    set_knots(layout, parameters, data.X[mixed[:_ROWS_OF_KNOTS]])
    m = len(few)
    work = make_forward_workspace(layout, m, network.dtype)
    work.A[: data.X.shape[1] * m] = data.X[few].T.ravel()
    work.codes[:] = data.codes[few].T.ravel()

    def feed_forward(layers: Record) -> None:
        """Fill the workspace's arrays of some layers; those before them are filled."""
        inference.forward(Forward(layers, parameters, network.statistics), m, work)

    feed_forward(layout.records[: -network.n_layers])  # embeddings and scale layer
    for number, layer in enumerate(layout.dense):
        A = matrix(work.A, int(layer["source"]) * m, int(layer["n_in"]), m)
        W, b = (
            weights_view(layer, parameters),
            neurons_view(layer, "biases", parameters),
        )
        _draw_layer(rng, W, b, A)
        feed_forward(layout.dense[number : number + 1])


def _draw_layer(rng: np.random.Generator, W: Floats, b: Floats, A: Floats) -> None:
    """Draw weights and biases of a layer that reads A, (n_in, rows), in place."""
    n_out, n_in = W.shape
    W[:] = rng.standard_normal((n_out, n_in))
    spread = (W @ A).std(axis=1, keepdims=True)
    # An input that is the same in all rows has no spread to scale by.
    W /= np.where(spread > 1e-3 * np.sqrt(n_in), spread, np.sqrt(n_in))
    Z = W @ A
    picks = rng.integers(0, Z.shape[1], (n_out, _POINTS))
    shares = rng.exponential(size=(n_out, _POINTS))
    shares /= shares.sum(axis=1, keepdims=True)
    b[:] = -(np.take_along_axis(Z, picks, axis=1) * shares).sum(axis=1)
