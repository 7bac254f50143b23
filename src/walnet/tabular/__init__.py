"""Estimators for tables as they are: strong by default, on a CPU.

=====================  ==========================================================
`TabularClassifier`    classes, with calibrated probabilities
`TabularRegressor`     numbers, with prediction intervals
`TabularModel`         either of them, answering in the terms of a table's column
`tune`                 the recipe that suits a table, looked for
=====================  ==========================================================
"""

from __future__ import annotations

from walnet.tabular.classifier import TabularClassifier
from walnet.tabular.regressor import TabularRegressor
from walnet.tabular.table_model import TabularModel
from walnet.tabular.tuning import tune

__all__ = ["TabularClassifier", "TabularModel", "TabularRegressor", "tune"]
