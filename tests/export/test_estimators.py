"""Estimators in ONNX and PyTorch: the answers that they give themselves."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from exported import answers, assert_close, usual_and_extreme
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import walnet
import walnet.export.onnx.skl2onnx
from walnet import MLPClassifier, MLPRegressor
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.export.onnx.export import OPSETS
from walnet.export.torch import network_of

VERSION_1 = Path(__file__).parents[1] / "models" / "data"

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning"
)


TASKS = {
    "one": MLPClassifier(),
    "two": MLPClassifier(standardize=True),
    "three": MLPClassifier(batch_norm=True),
    "several": MLPClassifier(),
    "numbers": MLPRegressor(standardize=True),
    "counts": MLPRegressor("poisson"),
    "both": MLPRegressor(),
}


def target_of(task, X):
    number = np.tanh(X[:, 0])
    return {
        "one": np.full(len(X), True),
        "two": np.where(number > 0, "yes", "no"),
        "three": np.digitize(number, [-0.5, 0.5]),
        "several": np.c_[number > 0, X[:, 1] > 0].astype(int),
        "numbers": number * 1e6,
        "counts": abs(number),
        "both": np.c_[number, X[:, 1]],
    }[task]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_every_task_of_the_estimators_in_every_opset(task, dtype):
    X = usual_and_extreme(dtype, 5e1)
    model = clone(TASKS[task]).set_params(max_iter=5, random_state=0)
    model.fit(X, target_of(task, X))
    # e^z of larger numbers is infinite, and no answer.
    rows = usual_and_extreme(dtype, 5e1 if task == "counts" else 1e6)
    for opset in OPSETS:
        assert_same_answers(model, rows, opset)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("task", TASKS)
def test_every_activation_of_every_task_in_every_opset(task, activation):
    usual = usual_and_extreme("float64", 0.5)
    model = clone(TASKS[task]).set_params(max_iter=2, random_state=0)
    model.set_params(activation=activation, hidden_layer_sizes=(9, 6))
    model.fit(usual, target_of(task, usual))
    # e^z of larger numbers is infinite, and no answer.
    most = 5e1 if task == "counts" else 1e6
    most = 0.5 if activation == "exponential" else most
    rows = usual_and_extreme("float64", most)
    for opset in OPSETS:
        assert_same_answers(model, rows, opset)


def assert_same_answers(model, X, opset):
    given = answers(walnet.to_onnx(model, opset=opset), X=X)
    if hasattr(model, "classes_"):
        assert (given[0] == model.predict(X)).all()
        assert_close(given[1], model.predict_proba(X))
    else:
        assert_close(given[0], model.predict(X))


@pytest.mark.parametrize("fitted", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_a_pipeline_exports_through_skl2onnx(task, fitted):
    from skl2onnx import to_onnx

    walnet.export.onnx.skl2onnx.register()
    X = usual_and_extreme("float32", 5e1)
    model = TASKS[task].set_params(max_iter=5, random_state=0)
    y = target_of(task, X)
    pipeline = make_pipeline(StandardScaler(), model).fit(X.astype(fitted), y)
    plain = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
    proto = to_onnx(pipeline, X[:1], options=plain, target_opset=18)
    given = answers(proto, X=X)  # of float32, whatever the network was fitted on
    if plain:
        assert (given[0] == pipeline.predict(X)).all()
        assert_close(given[1], pipeline.predict_proba(X).astype("f4"))
        declared = proto.graph.output[0].type.tensor_type.shape.dim
        assert len(declared) == given[0].ndim
    else:
        wanted = pipeline.predict(X).astype("f4")
        assert_close(given[0].reshape(wanted.shape), wanted)


def test_skl2onnx_options_are_honoured():
    from skl2onnx import to_onnx

    walnet.export.onnx.skl2onnx.register()
    X = usual_and_extreme("float32", 5e1)
    model = clone(TASKS["two"]).set_params(max_iter=5, random_state=0)
    model.fit(X, target_of("two", X))
    wanted = model.predict_proba(X)
    _, maps = answers(to_onnx(model, X[:1], target_opset=18), X=X)
    assert_close(np.array([[row["no"], row["yes"]] for row in maps], "f4"), wanted)
    columns = {id(model): {"zipmap": "columns"}}
    given = answers(to_onnx(model, X[:1], options=columns, target_opset=18), X=X)
    assert_close(np.stack(given[1:], axis=1).reshape(wanted.shape), wanted)
    places = {id(model): {"nocl": True, "zipmap": False}}
    label, given = answers(to_onnx(model, X[:1], options=places, target_opset=18), X=X)
    assert label.dtype == np.int64
    assert (model.classes_[label] == model.predict(X)).all()
    assert_close(given, wanted)


@pytest.mark.parametrize("task", ["two", "three", "numbers", "both"])
def test_torch_scales_as_the_estimator_does(torch, task):
    X = usual_and_extreme("float32", 5e1) + np.float32(2020)  # such as years
    model = clone(TASKS[task]).set_params(max_iter=5, random_state=0, standardize=True)
    model.fit(X, target_of(task, X - 2020))
    module = walnet.to_torch(model)
    given = module(torch.from_numpy(X)).detach().numpy()
    wanted = model.predict(X)
    if task == "two":
        wanted = model.predict_proba(X)[:, 1]
    elif task == "three":
        wanted = model.predict_proba(X)
    assert_close(given.reshape(wanted.shape), wanted)
    twin = pickle.loads(pickle.dumps(module))
    assert (twin(torch.from_numpy(X)).detach().numpy() == given).all()
    assert any("factor" in name for name in module.state_dict())


@pytest.mark.parametrize(
    "name", ["network_float32", "network_float64", "classifier", "regressor"]
)
def test_files_of_version_1_are_exported(torch, name):
    model = walnet.load(VERSION_1 / f"{name}_v1.walnet")
    network = network_of(model)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, network.n_inputs)).astype(network.dtype)
    if name.startswith("network"):
        (given,) = answers(walnet.to_onnx(model), X=X)
        assert_close(given, network.feed_forward(X))
    else:
        assert_same_answers(model, X, 18)
    module = walnet.to_torch(model)
    assert module(torch.from_numpy(X)).shape == (20, network.n_outputs)


def test_what_cannot_be_exported_is_one_sentence():
    with pytest.raises(walnet.DataError, match="is not fitted: call fit"):
        walnet.to_onnx(MLPClassifier())
    with pytest.raises(walnet.DataError, match=r"got Pipeline: skl2onnx exports"):
        walnet.to_onnx(make_pipeline(MLPClassifier()))
