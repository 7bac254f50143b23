"""Random weights to begin with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from walnet.engine.kernels.embeddings import FREQUENCIES, LEARNED

if TYPE_CHECKING:
    from walnet.engine.layout import Layout

INITIALIZERS = ("auto", "glorot", "he", "lecun", "normal", "uniform", "zeros")


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


def initialize_embeddings(
    layout: Layout, parameters: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw the parameters of embeddings in place; slopes, gammas and scales become 1.

    Frequencies are normal with deviation 0.1, phases uniform in ±π, mixtures and shifts
    uniform in ±1/4, levels standard normal: Holzmüller et al. (2024), appendix A.
    """
    for kind, start, size, _ in layout.stretches:
        part = parameters[start : start + size]
        if kind == "numbers":
            n = size // (2 * FREQUENCIES + LEARNED * (FREQUENCIES + 1))
            cut = n * FREQUENCIES
            part[:cut] = rng.normal(0.0, 0.1, cut)
            part[cut : 2 * cut] = rng.uniform(-np.pi, np.pi, cut)
            part[2 * cut :] = rng.uniform(-0.25, 0.25, size - 2 * cut)
        elif kind == "levels":
            part[:] = rng.standard_normal(size)
        elif kind in ("slopes", "gammas", "scale"):
            part[:] = 1.0
