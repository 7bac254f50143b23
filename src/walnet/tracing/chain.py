"""An iteration as a chain: the inputs, layer after layer, the cost."""

from __future__ import annotations

from walnet.tracing.dense import Dense
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Inputs, Layer, Source
from walnet.tracing.loss import Loss


class Chain:
    """The layers of an iteration, each knowing what is before and after it.

    Parameters
    ----------
    iteration : Iteration
        Where the numbers come from.

    Attributes
    ----------
    layers : list of Layer
        One a layer, the output last.
    loss : Loss
        The cost.
    """

    def __init__(self, iteration: Iteration) -> None:
        self.layers: list[Layer] = []
        before: Source = Inputs(iteration.shown.X)
        last = len(iteration.layers) - 1
        for at in range(last):
            before = Dense(iteration, at, before)
            self.layers.append(before)
        output = Dense(iteration, last, before)
        self.layers.append(output)
        self.loss = Loss(iteration, output)
        for layer, after in zip(self.layers, self.layers[1:], strict=False):
            layer.after = after
        output.after = self.loss
