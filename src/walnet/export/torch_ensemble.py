"""Ensembles for tables as modules of PyTorch.

Imported where torch is installed and asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from walnet.export.torch_modules import modules_of
from walnet.tabular import TabularClassifier
from walnet.tabular.columns.preprocessing import FARTHEST

if TYPE_CHECKING:
    from walnet.tabular import TabularRegressor
    from walnet.tabular.ensemble.bag import Bag
    from walnet.tabular.ensemble.linear import LinearModel


class Members(nn.Module):
    """The members of a bag: the mean of what they say, in float64.

    Parameters
    ----------
    bag : Bag
        Its parameters are copied.
    classifies : bool
        Whether outputs, times the bag's sharpness, go through a softmax.
    """

    def __init__(self, bag: Bag, *, classifies: bool) -> None:
        super().__init__()
        networks = map(bag.network, range(len(bag.parameters)))
        members = [nn.Sequential(*modules_of(n, weighted=True)) for n in networks]
        self.members = nn.ModuleList(members)
        self.sharpness = bag.sharpness
        self.classifies = classifies

    def forward(self, X: Any) -> Any:
        """Return (rows, outputs) of rows whose levels are among the numbers."""
        outputs = torch.stack([member(X) for member in self.members])
        if self.classifies:
            outputs = torch.softmax(self.sharpness * outputs, dim=2)
        return outputs.mean(dim=0)


class LinearPartner(nn.Module):
    """The model without a hidden layer that is mixed with the networks.

    Parameters
    ----------
    model : LinearModel
        Its weights are those of the values, of each level, and the bias; levels may
        have none.
    n_values : int
        How many values there are.
    starts : ndarray of shape (categories,), int
        The first level of each category among all levels.
    classifies : bool
        Whether outputs go through a softmax.
    """

    def __init__(
        self,
        model: LinearModel,
        n_values: int,
        starts: np.ndarray,
        *,
        classifies: bool,
    ) -> None:
        super().__init__()
        weights = np.asarray(model.weights, np.float64)
        pieces = np.split(weights, [n_values, len(weights) - 1])
        self.values, self.levels, self.bias = (
            nn.Parameter(torch.from_numpy(each.copy())) for each in pieces
        )
        self.register_buffer("starts", torch.from_numpy(starts.copy()))
        self.n_values, self.classifies = n_values, classifies
        self.unclips = model.unclips

    def forward(self, X: Any) -> Any:
        """Return (rows, outputs) of rows whose levels are among the numbers."""
        values = X[:, : self.n_values]
        if self.unclips:
            values = torch.clamp(values, -FARTHEST, FARTHEST)
            values = values / torch.sqrt(1.0 - (values / 3.0) ** 2)
        out = values @ self.values + self.bias
        if len(self.levels) and len(self.starts):
            rows = X[:, self.n_values :].long() + self.starts
            out = out + self.levels[rows].sum(dim=1)
        return torch.softmax(out, dim=1) if self.classifies else out


class Ensemble(nn.Module):
    """All members and the linear partner of an estimator, mixed as its predictions are.

    Parameters
    ----------
    model : TabularClassifier or TabularRegressor
        Fitted; its parameters are copied.
    """

    def __init__(self, model: TabularClassifier | TabularRegressor) -> None:
        super().__init__()
        classifies = isinstance(model, TabularClassifier)
        counts = np.array(model.preprocessor_.level_counts, np.int64)
        starts = np.cumsum(counts) - counts
        parts: list[Any] = [Members(bag, classifies=classifies) for bag in model.bags_]
        if model.linear_ is not None:
            n_values = len(model.preprocessor_.scales)
            parts.append(
                LinearPartner(model.linear_, n_values, starts, classifies=classifies)
            )
        self.parts = nn.ModuleList(parts)
        self.shares = tuple(model.shares_)
        self.register_buffer("starts", torch.from_numpy(starts))
        self.unit: tuple[float, ...] = ()
        self.logarithm: tuple[float, ...] = ()
        if not isinstance(model, TabularClassifier):
            self.unit = (model.mean_, model.deviation_, *model.range_)
            if model.logarithm_ is not None:
                self.logarithm = (model.logarithm_.centre, model.logarithm_.scale)

    def forward(self, X: Any, codes: Any) -> Any:
        """Return the probabilities of classes, or numbers in the target's unit.

        Parameters
        ----------
        X : Tensor of shape (rows, values)
            Scaled numbers and plain inputs.
        codes : Tensor of shape (rows, categories)
            Levels, counted through all categories.
        """
        rows = torch.cat([X.double(), (codes - self.starts).double()], dim=1)
        pairs = zip(self.shares, self.parts, strict=False)
        mixed = sum(share * part(rows) for share, part in pairs)
        if not self.unit:
            return mixed
        mean, deviation, least, most = self.unit
        number = mean + deviation * mixed
        if self.logarithm:
            centre, scale = self.logarithm
            number = centre + scale * torch.sinh(number)
        return torch.clamp(number, least, most)
