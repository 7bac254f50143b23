"""Pictures, drawn with matplotlib: each is a display with a method ``plot``.

=========================  ======================================================
`CostDisplay`              cost and accuracy over the epochs
`NetworkDisplay`           layers, weights and biases
`PredictionDisplay`        original labels vs. predicted labels
`DecisionBoundaryDisplay`  what is predicted over two features
`ConfusionDisplay`         which class was predicted as which
`ResidualDisplay`          how far numbers are off
`RocDisplay`               how well a class is told, by the rows taken for it
`PrecisionRecallDisplay`   the same, by how many of them are right
`ReliabilityDisplay`       whether probabilities can be trusted
`ImportanceDisplay`        how much the columns matter
`EffectDisplay`            what a column does to the predictions
`IntervalDisplay`          intervals, and the numbers they were to hold
`DataDisplay`              the data as points, histogram or counts
=========================  ======================================================

``Display(…).plot(ax=None)`` draws on the given axes or in a new figure and remembers
them as ``ax_`` and ``figure_``. Signs differ by colour and dash, classes by colour and
shape; the colours are told apart with every kind of colour blindness.
"""

from __future__ import annotations

from walnet.plots.boundary import DecisionBoundaryDisplay
from walnet.plots.columns import DataDisplay, ImportanceDisplay
from walnet.plots.cost import CostDisplay
from walnet.plots.effects import EffectDisplay
from walnet.plots.intervals import IntervalDisplay
from walnet.plots.mistakes import (
    ConfusionDisplay,
    ReliabilityDisplay,
    ResidualDisplay,
)
from walnet.plots.network import NetworkDisplay
from walnet.plots.predictions import PredictionDisplay
from walnet.plots.ranking import PrecisionRecallDisplay, RocDisplay

__all__ = [
    "ConfusionDisplay",
    "CostDisplay",
    "DataDisplay",
    "DecisionBoundaryDisplay",
    "EffectDisplay",
    "ImportanceDisplay",
    "IntervalDisplay",
    "NetworkDisplay",
    "PrecisionRecallDisplay",
    "PredictionDisplay",
    "ReliabilityDisplay",
    "ResidualDisplay",
    "RocDisplay",
]
