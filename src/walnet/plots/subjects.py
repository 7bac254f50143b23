"""What pictures are drawn of: whatever has these attributes, wherever it comes from.

So this room needs no other one, and an object of any room may draw itself by it.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Curves(Protocol):
    """The course of a training, one value an epoch: a `History`."""

    best_epoch: int | None
    iterations_per_epoch: int

    def __len__(self) -> int:
        """Return the number of epochs."""

    @property
    def cost(self) -> Numbers:
        """The cost of each epoch."""

    @property
    def accuracy(self) -> Numbers | None:
        """The accuracy of each epoch, if there is one."""

    @property
    def validation_cost(self) -> Numbers | None:
        """The cost of the validation data, if there are any."""

    @property
    def validation_accuracy(self) -> Numbers | None:
        """The accuracy on the validation data, if there are any."""


class Predictor(Protocol):
    """What predicts: a `Network`."""

    def feed_forward(self, X: Any) -> Any:
        """Return the outputs of examples: (examples, outputs)."""


class Layers(Protocol):
    """Layers of neurons: a `Network`."""

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""

    def embedded_names(self, names: Any) -> Any:
        """Return a name for each number that the first layer of neurons reads."""

    @property
    def activations(self) -> Any:
        """The activation of each layer."""

    @property
    def weights(self) -> Any:
        """W of each layer: (n_out, n_in)."""

    @property
    def biases(self) -> Any:
        """The biases b of each layer: (n_out,)."""


class Importances(Protocol):
    """How much each column matters: an `Importance`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""

    @property
    def measure(self) -> str:
        """What is lost when a column is shuffled."""

    @property
    def mean(self) -> Numbers:
        """The mean loss of each column."""

    @property
    def spread(self) -> Numbers:
        """The standard deviation of each column's losses."""

    @property
    def order(self) -> NDArray[np.int64]:
        """The columns from the one that matters most, as indices."""


class Effects(Protocol):
    """What is predicted over the values of one column: an `Effect`."""

    @property
    def name(self) -> str:
        """The column."""

    @property
    def kind(self) -> str:
        """The kind of its values."""

    @property
    def values(self) -> list[Any]:
        """The values."""

    @property
    def mean(self) -> Numbers:
        """The mean prediction: (values, outputs)."""

    @property
    def low(self) -> Numbers:
        """Where the middle 80 % of the rows' predictions begin."""

    @property
    def high(self) -> Numbers:
        """Where they end."""

    @property
    def spread(self) -> list[Any]:
        """Quantiles of numbers or dates; of each level its share of the rows."""
