"""ONNX graphs, run by onnxruntime: the same answers on usual and on extreme inputs."""

from __future__ import annotations

import pickle

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import walnet
import walnet.export.onnx.skl2onnx
from walnet import MLPClassifier, MLPRegressor, Network
from walnet.engine.plan import ACTIVATIONS
from walnet.export.onnx.export import OPSETS

TOLERANCE = 1e-5
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning"
)


def answers(proto, **feed):
    onnx.checker.check_model(proto, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    return session.run(None, feed)


def usual_and_extreme(dtype, most=1e6):
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(30, 5)) * size for size in (1, 1e2, most)]
    return np.concatenate([*parts, np.zeros((2, 5))]).clip(-most, most).astype(dtype)


def assert_close(given, wanted):
    assert given.shape == wanted.shape
    assert given.dtype == wanted.dtype
    finite = np.isfinite(wanted)  # an exponential overflows in both
    np.testing.assert_array_equal(given[~finite], wanted[~finite])
    error = abs(given[finite] - wanted[finite]) / np.maximum(1, abs(wanted[finite]))
    assert error.max() <= TOLERANCE


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_in_every_opset(opset, dtype):
    for activation in ACTIVATIONS:
        growing = activation == "exponential"
        network = Network(
            [5, 7, 6, 3],
            activation="tanh" if growing else activation,
            output=activation if growing else "identity",
            dtype=dtype,
            seed=1,
        )
        X = usual_and_extreme(dtype)
        (given,) = answers(walnet.to_onnx(network, opset=opset), X=X)
        assert_close(given, network.feed_forward(X))


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
    for opset in OPSETS:
        assert_same_answers(model, usual_and_extreme(dtype), opset)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("task", TASKS)
def test_every_activation_of_every_task_in_every_opset(task, activation):
    usual = usual_and_extreme("float64", 0.5)
    model = clone(TASKS[task]).set_params(max_iter=2, random_state=0)
    model.set_params(activation=activation, hidden_layer_sizes=(9, 6))
    model.fit(usual, target_of(task, usual))
    for opset in OPSETS:
        assert_same_answers(model, usual_and_extreme("float64"), opset)


def assert_same_answers(model, X, opset):
    given = answers(walnet.to_onnx(model, opset=opset), X=X)
    if hasattr(model, "classes_"):
        assert (given[0] == model.predict(X)).all()
        assert_close(given[1], model.predict_proba(X))
    else:
        assert_close(given[0], model.predict(X))


def mixed_table():
    rng, n = np.random.default_rng(0), 300
    size = rng.normal(50, 10, n)
    hue = rng.choice(["red", "green", "blue"], n).astype(object)
    paid = rng.random(n) > 0.5
    seconds = rng.integers(0, 80_000 * 86_400, n) * 1_000_000
    day = np.datetime64("1890-01-01", "us") + seconds.astype("m8[us]")
    kind = np.where((size > 50) ^ paid, "nut", "egg")
    price = size * 1e4 + paid * 1e5
    size[::7], hue[::11] = np.nan, None
    columns = {"size": size, "hue": hue, "paid": paid, "day": day}
    return pd.DataFrame(columns), kind, price


@pytest.mark.parametrize("opset", [OPSETS[0], 18, OPSETS[-1]])
@pytest.mark.parametrize("target", ["kind", "price"])
def test_a_tables_preprocessing_is_in_the_graph(target, opset, tmp_path):
    table, kind, price = mixed_table()
    y = kind if target == "kind" else price
    model = walnet.NetworkModel.fit(table.assign(**{target: y}), target, epochs=5)
    proto = walnet.to_onnx(model, tmp_path / "model.onnx", opset=opset)
    assert (tmp_path / "model.onnx").read_bytes() == proto.SerializeToString()
    new = table.assign(hue=table["hue"].where(np.arange(300) % 5 > 0, "violet"))
    feed = {
        "size": new["size"].to_numpy()[:, None],
        "hue": new["hue"].fillna("").to_numpy(object)[:, None],
        "paid": new["paid"].to_numpy(float)[:, None],
        "day": new["day"].to_numpy().astype("M8[us]").astype("i8")[:, None] * 1.0,
    }
    given = answers(proto, **{each.name: feed[each.name] for each in proto.graph.input})
    if target == "kind":
        assert (given[0] == model.predict(new)).all()
        assert_close(given[1], model.predict_proba(new))
    else:
        assert_close(given[0], model.predict(new))


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_torch_computes_the_same(activation):
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed, so nothing is compared with it"
    )
    network = Network([5, 7, 3], activation=activation, dtype="float64", seed=1)
    X = usual_and_extreme("float64", 3e1)
    given = walnet.to_torch(network)(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(given, network.feed_forward(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("task", ["two", "three", "numbers", "both"])
def test_torch_scales_as_the_estimator_does(task):
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed, so nothing is compared with it"
    )
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


def test_what_cannot_be_exported_is_one_sentence():
    with pytest.raises(walnet.HyperparameterError, match="from 13 to 25, got 9"):
        walnet.to_onnx(Network([1, 1]), opset=9)
    with pytest.raises(walnet.DataError, match="got int"):
        walnet.to_onnx(3)
    with pytest.raises(walnet.DataError, match="fitted estimator"):
        walnet.to_onnx(MLPClassifier())
    with pytest.raises(walnet.DataError, match=r"got Pipeline: skl2onnx exports"):
        walnet.to_onnx(make_pipeline(MLPClassifier()))
