"""Small data that the estimators' tests learn from."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest


def pytest_collection_modifyitems(items):
    """A few epochs do not converge, and need not."""
    ignore = "ignore::sklearn.exceptions.ConvergenceWarning"
    for item in items:
        if "estimators" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings(ignore))


@pytest.fixture(scope="session")
def data():
    """Inputs X; labels of two, of three, of several classes; numbers; weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 5))
    numbers = X[:, 0] * X[:, 1] + X[:, 2]
    return SimpleNamespace(
        X=X,
        two=np.array(["no", "yes"])[(numbers > 0).astype(int)],
        three=np.digitize(numbers, [-0.7, 0.7]),
        several=np.c_[numbers > 0, X[:, 1] > 0].astype(int),
        numbers=numbers,
        both=np.c_[numbers, X[:, 3]],
        w=rng.uniform(0, 2, 240),
    )
