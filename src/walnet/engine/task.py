"""Which output layer and which cost suit what a network is to predict.

Every way to a network (a model of a table, an estimator, the playground) asks
`output_and_cost`, so that the same data get the same output layer everywhere.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Predicts = Literal["classes", "labels", "numbers", "counts"]


class OutputLayer(NamedTuple):
    """The output layer of a network and the cost that goes with it.

    Attributes
    ----------
    n_outputs : int
        Neurons of the output layer.
    activation : str
        Their activation.
    cost : str
        The cost, of the names of `Settings`.
    """

    n_outputs: int
    activation: str
    cost: str


def output_and_cost(predicts: Predicts, n: int = 1) -> OutputLayer:
    r"""Return the output layer and the cost that suit what is predicted.

    Parameters
    ----------
    predicts : {"classes", "labels", "numbers", "counts"}
        One of several classes; labels of which each holds or not; numbers; or counts,
        which are never negative.
    n : int, default 1
        How many classes, labels, numbers or counts, at least 1.

    Returns
    -------
    OutputLayer
        One sigmoid output, the probability of the second class, for two classes; a
        softmax over more; a sigmoid for each label; the identity for numbers; the
        exponential for counts.

    Notes
    -----
    Each pair is the canonical link of its distribution: the derivative of the cost with
    respect to the weighted input of the output layer is
    :math:`\frac{1}{m}(y_\text{pred} - y_\text{orig})`, up to a constant. McCullagh and
    Nelder, "Generalized Linear Models", 1989, section 2.2.

    Examples
    --------
    >>> output_and_cost("classes", 2)
    OutputLayer(n_outputs=1, activation='sigmoid', cost='binary_cross_entropy')
    >>> output_and_cost("classes", 3)
    OutputLayer(n_outputs=3, activation='softmax', cost='categorical_cross_entropy')
    """
    if predicts == "numbers":
        return OutputLayer(n, "identity", "mse")
    if predicts == "counts":
        return OutputLayer(n, "exponential", "poisson")
    if predicts == "labels":
        return OutputLayer(n, "sigmoid", "binary_cross_entropy")
    if n <= 2:
        return OutputLayer(1, "sigmoid", "binary_cross_entropy")
    return OutputLayer(n, "softmax", "categorical_cross_entropy")
