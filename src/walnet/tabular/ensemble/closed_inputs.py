"""Members that read some of the inputs only: the others are closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels import inference
from walnet.engine.kernels.embeddings import PER_NUMBER
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Examples, Forward
from walnet.engine.layers import READS_INPUTS, LevelEmbedding, NumberEmbedding
from walnet.engine.layout import make_forward_workspace, neurons_view, weights_view
from walnet.engine.network import Network
from walnet.tabular.rows import new_rows, target_of


def without_closed(
    data: Examples, reads: NDArray[np.bool_], starts: NDArray[np.int64]
) -> Examples:
    """Return rows as a member sees them that does not read all of their inputs.

    Parameters
    ----------
    data : Examples
        The rows.
    reads : ndarray of shape (inputs + categories,), bool
        Which it reads; a closed number is 0, a closed level the one of the unknown.
    starts : ndarray of int64
        The first row of each category in the table of levels.
    """
    n = data.X.shape[1]
    X = data.X * reads[:n]
    codes = np.where(reads[n:], data.codes, starts[:-1]).astype(np.int32)
    return new_rows(X, codes, target_of(data), data.w)


def close_inputs(network: Network, row: Examples, reads: NDArray[np.bool_]) -> None:
    """Let a network answer, whatever its closed inputs are, as it did for one row.

    What a closed input becomes was the same in all rows that the network learned from:
    the biases of the first dense layer take it in, and the scale layer lets nothing
    else through. So the network needs no list of what it reads.

    Parameters
    ----------
    network : Network
        With a scale layer; its parameters are overwritten.
    row : Examples
        A row from `without_closed`.
    reads : ndarray of shape (inputs + categories,), bool
        Which inputs stay open.
    """
    layout, parameters = network.layout, network.parameters
    work = make_forward_workspace(layout, 1, network.dtype)
    work.A[: row.X.shape[1]] = row.X[0]
    work.codes[:] = row.codes[0]
    front = Forward(layout.records[: -network.n_layers], parameters, network.statistics)
    inference.forward(front, 1, work)
    first = layout.dense[0]
    A = matrix(work.A, int(first["source"]), int(first["n_in"]), 1)[:, 0]
    is_closed = ~np.repeat(reads, _widths(network))
    W, b = weights_view(first, parameters), neurons_view(first, "biases", parameters)
    b += W[:, is_closed] @ A[is_closed]
    for kind, start, size, _ in layout.stretches:
        if kind == "scale":
            parameters[start : start + size][is_closed] = 0.0


def _widths(network: Network) -> list[int]:
    """Return how many numbers each input becomes."""
    widths = []
    for layer in network.layers:
        if isinstance(layer, LevelEmbedding):
            widths += [layer.width] * len(layer.levels)
        elif isinstance(layer, READS_INPUTS):
            is_embedded = isinstance(layer, NumberEmbedding)
            widths += [PER_NUMBER if is_embedded else 1] * layer.n
    return widths
