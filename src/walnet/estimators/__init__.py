"""scikit-learn's estimators on walnet's engine: `MLPClassifier` and `MLPRegressor`."""

from __future__ import annotations

from walnet.estimators.classifier import MLPClassifier
from walnet.estimators.conversion import from_sklearn
from walnet.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "from_sklearn"]
