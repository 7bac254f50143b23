"""The weights to begin with: scikit-learn's draws, or walnet's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.initializers import initialize

if TYPE_CHECKING:
    from walnet.engine.network import Network


def draw_weights(
    network: Network, initializer: str, random: np.random.RandomState
) -> None:
    r"""Overwrite a network's weights and biases with random ones.

    Parameters
    ----------
    network : Network
        Whose weights and biases are written.
    initializer : str
        "auto" draws the same numbers as scikit-learn; otherwise a rule of
        `walnet.engine.initializers`.
    random : numpy.random.RandomState
        Where the numbers are drawn from.

    Notes
    -----
    "auto": weights and biases uniform in :math:`\pm\sqrt{6 / (n_{in} + n_{out})}`, or
    with 2 instead of 6 where the hidden layers are sigmoid: Glorot, Bengio (2010).
    """
    if initializer != "auto":
        seed = int(random.randint(np.iinfo(np.int64).max, dtype=np.int64))
        initialize(network.layout, network.parameters, initializer, seed)
        return
    gain = 2.0 if network.activations[:-1][:1] == ("sigmoid",) else 6.0
    for W, b in zip(network.weights, network.biases, strict=True):
        n_out, n_in = W.shape
        bound = np.sqrt(gain / (n_in + n_out))
        W[:] = random.uniform(-bound, bound, (n_in, n_out)).T
        b[:] = random.uniform(-bound, bound, n_out)
