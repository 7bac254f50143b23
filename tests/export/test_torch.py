"""Models as modules of PyTorch: the answers that walnet gives."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ensembles import FEW, mixed_table, with_surprises
from exported import usual_and_extreme

import walnet
from walnet import Network, TabularClassifier
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.tables import as_table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def run(torch, module, *arrays):
    return module(*map(torch.from_numpy, arrays)).detach().numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(torch, activation):
    network = Network([5, 7, 3], activation=activation, dtype="float64", seed=1)
    X = usual_and_extreme("float64", 3e1)
    given = run(torch, walnet.to_torch(network), X)
    np.testing.assert_allclose(given, network.feed_forward(X), rtol=1e-9, atol=1e-12)


def test_a_plain_network_is_made_of_torchs_own_modules(torch):
    module = walnet.to_torch(Network([2, 4, 3], output="softmax"))
    names = [type(each).__name__ for each in module]
    assert names == ["Linear", "Tanh", "Linear", "Softmax"]


@pytest.mark.parametrize(
    "name", ["linear", "alone", "unclipped", "number", "logarithm", "plain"]
)
def test_each_kind_of_ensemble(torch, name, fitted):
    model = fitted[name]
    rows = with_surprises(mixed_table()[0])
    X, codes = model.preprocessor_.transform(as_table(rows))
    module = walnet.to_torch(model)
    given = run(torch, module, X, codes)
    if name in {"number", "logarithm"}:
        wanted = model.predict(rows)[:, None]
    else:
        wanted = model.predict_proba(rows)
    assert given.shape == wanted.shape
    np.testing.assert_allclose(given, wanted, rtol=1e-9, atol=1e-12)
    twin = pickle.loads(pickle.dumps(module))
    assert (run(torch, twin, X, codes) == given).all()
    assert not module.training


def test_all_parameters_of_an_ensemble_can_be_learned_further(torch, fitted):
    model = fitted["plain"]
    X, codes = model.preprocessor_.transform(as_table(mixed_table()[0]))
    module = walnet.to_torch(model)
    networks = sum(each.numel() for each in module.parts[0].parameters())
    assert networks == model.bags_[0].parameters.size
    run_of = module(torch.from_numpy(X), torch.from_numpy(codes))
    (run_of[:, 0] ** 2).sum().backward()
    for part in module.parts[: len(model.bags_)]:
        assert all(each.grad is not None for each in part.parameters())


def test_only_numbers_and_only_categories(torch):
    table, kind, _ = mixed_table()
    for columns in (["town"], ["size"]):
        few = table[columns]
        model = TabularClassifier(**FEW).fit(few, kind)
        X, codes = model.preprocessor_.transform(as_table(few))
        given = run(torch, walnet.to_torch(model), X, codes)
        np.testing.assert_allclose(given, model.predict_proba(few), atol=1e-12)


def test_what_cannot_be_converted_is_one_sentence(torch):
    with pytest.raises(walnet.DataError, match="got int"):
        walnet.to_torch(3)
    with pytest.raises(walnet.DataError, match="got TabularClassifier"):
        walnet.to_torch(TabularClassifier())
    one = TabularClassifier().fit({"size": [1.0, 2.0]}, ["nut", "nut"])
    with pytest.raises(walnet.DataError, match="a single class"):
        walnet.to_torch(one)
