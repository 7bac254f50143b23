"""Random weights to begin with."""

from __future__ import annotations

import math

import numpy as np

INITIALIZERS = ("auto", "glorot", "he", "lecun", "normal", "uniform", "zeros")
_RELU_FAMILY = ("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus")


def initial_layer(
    rng: np.random.Generator, n_in: int, n_out: int, initializer: str
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return W (n_out, n_in) and b (n_out,) of one layer, float64.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the numbers are drawn from.
    n_in, n_out : int
        Sizes of the layer.
    initializer : {"glorot", "he", "lecun", "normal", "uniform", "zeros"}
        The rule, see Notes.

    Notes
    -----
    * glorot: uniform in :math:`\pm\sqrt{6/(n_{in}+n_{out})}` [1]_.
    * he: normal with variance :math:`2/n_{in}` [2]_.
    * lecun: normal with variance :math:`1/n_{in}` [3]_.
    * normal: standard normal; uniform: in (-1, 1); for weights and biases alike.
    * zeros: all zero (neurons of a layer then stay equal: for demonstration).

    Biases are zero but for normal and uniform.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, AISTATS 2010, eq. (16).
    .. [2] K. He et al., ICCV 2015, eq. (10).
    .. [3] Y. LeCun et al., *Efficient BackProp*, 1998, eq. (16).
    """
    shape = (n_out, n_in)
    b = np.zeros(n_out)
    if initializer == "glorot":
        limit = math.sqrt(6.0 / (n_in + n_out))
        W = rng.uniform(-limit, limit, shape)
    elif initializer in ("he", "lecun"):
        variance = (2.0 if initializer == "he" else 1.0) / n_in
        W = rng.normal(0.0, math.sqrt(variance), shape)
    elif initializer == "normal":
        W, b = rng.normal(size=shape), rng.normal(size=n_out)
    elif initializer == "uniform":
        W, b = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, n_out)
    else:
        W = np.zeros(shape)
    return W, b


def suited_initializer(activation: str) -> str:
    """Return the rule whose variance suits an activation: what "auto" stands for."""
    if activation == "selu":
        return "lecun"
    return "he" if activation in _RELU_FAMILY else "glorot"
