"""An iteration as a chain: the inputs, layer after layer, the cost."""

from __future__ import annotations

from walnet.tracing.dense import Dense
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Inputs, Source
from walnet.tracing.loss import Loss


class Chain:
    """The layers of an iteration, each knowing what is before and after it.

    Parameters
    ----------
    iteration : Iteration
        Where the numbers come from.

    Attributes
    ----------
    layers : list of Dense
        One a layer.
    loss : Loss
        The cost.
    """

    def __init__(self, iteration: Iteration) -> None:
        self.layers: list[Dense] = []
        before: Source = Inputs(iteration.shown.X)
        for at in range(len(iteration.layers)):
            layer = Dense(iteration, at, before)
            self.layers.append(layer)
            before = layer
        self.loss = Loss(iteration, self.layers[-1])
        for layer, after in zip(
            self.layers, [*self.layers[1:], self.loss], strict=True
        ):
            layer.after = after
