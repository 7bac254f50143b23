"""Estimators for tables as they are: strong by default, on a CPU.

=====================  ==========================================================
`TabularClassifier`    classes, with calibrated probabilities
`TabularRegressor`     numbers, with prediction intervals
=====================  ==========================================================
"""

from __future__ import annotations

from walnet.tabular.classifier import TabularClassifier
from walnet.tabular.regressor import TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
