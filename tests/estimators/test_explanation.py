"""An estimator's prediction written out."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from traces import assert_works_out, lines_of_stages

import walnet
from walnet.tracing.lines import Limits

RNG = np.random.default_rng(0)
X = RNG.normal(5, 3, size=(30, 4))
Y = X @ [1.0, -1.0, 0.5, 0.0]


def fitted(kind, y, **options):
    options = {"hidden_layer_sizes": (6,), "max_iter": 3, "random_state": 0} | options
    with pytest.warns(match="ConvergenceWarning|Maximum iterations"):
        return kind(**options).fit(X, y)


CASES = {
    "two classes": (walnet.MLPClassifier, Y > 0, {}),
    "three classes": (walnet.MLPClassifier, np.digitize(Y, [-1, 1]), {}),
    "standardised classes": (walnet.MLPClassifier, Y > 0, {"standardize": True}),
    "labels side by side": (walnet.MLPClassifier, np.c_[Y > 0, Y > 1].astype(int), {}),
    "a number": (walnet.MLPRegressor, Y, {}),
    "a standardised number": (walnet.MLPRegressor, Y, {"standardize": True}),
    "two numbers": (walnet.MLPRegressor, np.c_[Y, -Y], {"standardize": True}),
    "batch normalisation": (walnet.MLPRegressor, Y, {"batch_norm": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_prediction_is_written_out_with_its_bits(case):
    kind, y, options = CASES[case]
    model = fitted(kind, y, **options)
    found = walnet.trace(model, X, row=11)
    expected = model.predict(X[[11]])[0]
    assert np.array_equal(found.prediction, expected)
    lines = lines_of_stages(found.stages(Limits(neurons=9, terms=9)))
    for line in lines:
        assert_works_out(line, "float64")
    if kind is walnet.MLPClassifier and "side" not in case:
        shares = [each.name.number for each in lines if each.name.base == "p"]
        theirs = model.predict_proba(X[[11]])[0]
        np.testing.assert_array_equal(sorted(shares), sorted(theirs))
    standardised = "From the row to the inputs" in str(found)
    assert standardised == options.get("standardize", False)


def test_sparse_rows_and_names_of_columns():
    model = fitted(walnet.MLPRegressor, Y)
    dense = walnet.trace(model, X, row=2)
    sparse = walnet.trace(model, scipy.sparse.csr_matrix(X), row=2)
    assert sparse.prediction == dense.prediction
    assert str(sparse) == str(dense)


def test_what_cannot_be_traced_is_refused():
    model = fitted(walnet.MLPRegressor, Y)
    with pytest.raises(walnet.HyperparameterError, match="row must be 0 to 29"):
        walnet.trace(model, X, row=30)
    with pytest.raises(walnet.HyperparameterError, match="network_"):
        walnet.trace(model, X, Y)
    with pytest.raises(walnet.HyperparameterError, match="got object"):
        walnet.trace(object(), X)
