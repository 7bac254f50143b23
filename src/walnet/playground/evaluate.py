"""Cost and accuracy of the network as it is now, on training and on test examples."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from math import nan

from walnet.engine.network import Network
from walnet.playground.data import PlaygroundData
from walnet.playground.projection import Floats


@dataclass(frozen=True)
class Scores:
    """NaN where there is nothing: no test examples, or no classes."""

    train_cost: float
    test_cost: float
    train_accuracy: float
    test_accuracy: float

    def header(self) -> dict[str, float]:
        """Return the values by their names in a frame's header."""
        return asdict(self)

    def values(self) -> tuple[float, ...]:
        """Return the values in a curve's order."""
        return astuple(self)


def evaluate(
    network: Network, data: PlaygroundData, cost: str, *, test: bool = True
) -> Scores:
    """Return the cost, without penalties, and the accuracy.

    They are means over the evaluated examples: all of them where they are few.
    """
    train, tested = data.evaluated_train, data.evaluated_test
    classifies = data.task == "classification"
    return Scores(
        _cost(network, *train, cost),
        _cost(network, *tested, cost) if test else nan,
        _accuracy(network, *train) if classifies else nan,
        _accuracy(network, *tested) if classifies and test else nan,
    )


def _cost(network: Network, X: Floats, y: Floats, cost: str) -> float:
    return network.cost(X, y, cost) if len(X) else nan


def _accuracy(network: Network, X: Floats, y: Floats) -> float:
    if not len(X):
        return nan
    answers = network.feed_forward(X)
    if y.shape[1] > 1:
        return float((answers.argmax(axis=1) == y.argmax(axis=1)).mean())
    return float(((answers >= 0.5) == (y >= 0.5)).mean())
