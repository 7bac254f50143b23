"""ONNX graphs, run by onnxruntime: the same answers on usual and on extreme inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exported import answers, assert_close, usual_and_extreme

import walnet
from walnet import Network
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.export.onnx.export import OPSETS


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


def test_what_cannot_be_exported_is_one_sentence():
    with pytest.raises(walnet.HyperparameterError, match="from 13 to 25, got 9"):
        walnet.to_onnx(Network([1, 1]), opset=9)
    with pytest.raises(walnet.DataError, match="got int"):
        walnet.to_onnx(3)
