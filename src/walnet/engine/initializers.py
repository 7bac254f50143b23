"""Random weights to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.draws import key_of
from walnet.engine.kernels.initializers import CODES, draw_layer

if TYPE_CHECKING:
    import numpy as np

    from walnet.engine.layout import Layout

INITIALIZERS = ("auto", *CODES)
_SUITED = {facts.code: facts.initializer for facts in ACTIVATIONS.values()}


def initialize(
    layout: Layout, parameters: np.ndarray, initializer: str, seed: int
) -> None:
    r"""Draw the first parameters of all layers, in place.

    Parameters
    ----------
    layout : Layout
        Where the layers stand.
    parameters : ndarray of shape (n_parameters,)
        What is written; float32 is rounded from the same numbers as float64.
    initializer : {"auto", "glorot", "he", "lecun", "normal", "uniform", "zeros"}
        The rule of dense layers, see Notes; "auto" takes what suits the activation.
    seed : int
        Where the numbers come from, 0 to 2^63 - 1.

    Notes
    -----
    * glorot: uniform in :math:`\pm\sqrt{6/(n_{in}+n_{out})}` [1]_.
    * he: normal with variance :math:`2/n_{in}` [2]_.
    * lecun: normal with variance :math:`1/n_{in}` [3]_.
    * normal: standard normal; uniform: in (-1, 1); for weights and biases alike.
    * zeros: all zero (neurons of a layer then stay equal: for demonstration).

    Biases are zero but for normal and uniform. Embeddings have rules of their own;
    slopes, gammas and scales begin at 1.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, AISTATS 2010, eq. (16).
    .. [2] K. He et al., ICCV 2015, eq. (10).
    .. [3] Y. LeCun et al., *Efficient BackProp*, 1998, eq. (16).
    """
    key = key_of(seed)
    for number, layer in enumerate(layout.records):
        suited = _SUITED[int(layer["activation"])]
        rule = CODES[suited if initializer == "auto" else initializer]
        draw_layer(layout.records, number, rule, key, parameters)
