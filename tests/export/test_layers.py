"""Every kind of layer in ONNX and in PyTorch: the outputs that walnet gives."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from kinds import LAYERS, network_of_kind, rows_for

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.network import Network
from walnet.export.onnx.export import OPSETS

BOUND = {"float32": 2e-6, "float64": 1e-12}
DTYPES = list(BOUND)
WITH_FORMULA = [name for name, row in ACTIVATIONS.items() if row.formula]


def run_onnx(network, X, opset=18):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    proto = walnet.to_onnx(network, opset=opset).SerializeToString()
    (out,) = onnxruntime.InferenceSession(proto, options).run(None, {"X": X})
    return out


def run_torch(torch, network, X):
    return walnet.to_torch(network)(torch.from_numpy(X)).detach().numpy()


def buffers_of_ramps(module):
    """Return where the ramps of numbers stand, which is saved and does not learn."""
    named = module.named_buffers()
    return [each for name, each in named if name.endswith(("slopes", "offsets"))]


def assert_close(given, wanted, bound):
    assert given.shape == wanted.shape
    assert given.dtype == wanted.dtype
    np.testing.assert_allclose(given, wanted, rtol=bound, atol=bound)


@pytest.mark.parametrize("opset", [OPSETS[0], 18, OPSETS[-1]])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", LAYERS)
def test_each_kind_of_layer_in_onnx(kind, dtype, opset):
    network = network_of_kind(kind, dtype)
    X = rows_for(network)
    bound = 10 * BOUND[dtype] if kind != "scale" else 1e-5  # float32's erf, in gelu
    assert_close(run_onnx(network, X, opset), network.feed_forward(X), bound)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", LAYERS)
def test_each_kind_of_layer_in_torch(torch, kind, dtype):
    network = network_of_kind(kind, dtype)
    X = rows_for(network)
    wanted = network.feed_forward(X)
    assert_close(run_torch(torch, network, X), wanted, 10 * BOUND[dtype])


@pytest.mark.parametrize("kind", LAYERS)
def test_torch_learns_what_walnet_learns(torch, kind):
    """All that learns is a parameter, and the cost has the same derivatives."""
    network = network_of_kind(kind, "float64")
    X = rows_for(network)
    y = np.random.default_rng(3).normal(size=(len(X), network.n_outputs))
    module = walnet.to_torch(network)
    given = sum(each.numel() for each in module.parameters())
    assert given == len(network.layout.learned)
    everything = given + sum(each.numel() for each in buffers_of_ramps(module))
    assert everything == network.n_parameters
    if "norm=True" in repr(network.layers):
        return  # walnet differentiates through the statistics of the batch
    ((module(torch.from_numpy(X)) - torch.from_numpy(y)) ** 2).mean().backward()
    squares = sum(float((each.grad**2).sum()) for each in module.parameters())
    flat = network.back_propagate(X, y, "mse").flat
    assert squares == pytest.approx((flat**2).sum(), rel=1e-9)


@pytest.mark.parametrize("level", [3.0, -1.0, 0.5])
def test_a_level_that_there_is_not_is_an_error_everywhere(torch, level):
    network = network_of_kind("all", "float32")
    X = rows_for(network)
    X[5, network.layout.code_columns[0]] = level
    with pytest.raises(walnet.DataError, match="levels 0 to 2"):
        network.feed_forward(X)
    with pytest.raises(Exception, match="out of data bounds"):
        run_onnx(network, X)
    with pytest.raises(IndexError):
        run_torch(torch, network, X)


@pytest.mark.parametrize("kind", ["numbers", "ramps"])
@pytest.mark.parametrize("run", ["onnx", "torch"])
def test_embeddings_of_large_numbers_keep_their_digits(torch, run, kind):
    network = network_of_kind(kind, "float32")
    X = rows_for(network, spread=1e4)
    given = run_onnx(network, X) if run == "onnx" else run_torch(torch, network, X)
    wanted = network.astype("float64").feed_forward(X.astype("float64"))
    scale = abs(wanted).max()
    least = abs(network.feed_forward(X) - wanted).max() / scale
    assert abs(given - wanted).max() / scale <= 3 * least + 1e-6


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("run", ["onnx", "torch"])
def test_ramps_between_quantiles_are_the_same_everywhere(torch, run, dtype):
    """Also of columns that are constant, whose ramps are all 0, and beyond the data."""
    network = network_of_kind("ramps", dtype)
    X = rows_for(network, rows=500)
    X[:, 1], X[::2, 2] = 7.0, 0.0
    network.set_knots(X)
    rows = np.concatenate([X, 100 * X])
    given = (
        run_onnx(network, rows) if run == "onnx" else run_torch(torch, network, rows)
    )
    assert_close(given, network.feed_forward(rows), 100 * BOUND[dtype])


@pytest.mark.parametrize("kind", ["all", "levels", "ramps"])
def test_no_rows_give_no_outputs(torch, kind):
    network = network_of_kind(kind, "float32")
    X = rows_for(network)[:0]
    assert run_onnx(network, X).shape == (0, network.n_outputs)
    assert run_torch(torch, network, X).shape == (0, network.n_outputs)


@pytest.mark.parametrize("activation", WITH_FORMULA)
def test_activations_without_an_operator_are_composed(torch, monkeypatch, activation):
    """Formulas alone do, as for an activation that neither ONNX nor torch.nn knows."""
    row = ACTIVATIONS[activation]
    bare = type(row)(row.code, row.formula, row.slope)
    network = Network([3, 4, 2], activation=activation, dtype="float64", seed=1)
    X = rows_for(network)
    monkeypatch.setitem(ACTIVATIONS, activation, bare)
    wanted = network.feed_forward(X)
    bound = 1e-6 if activation == "gelu" else 1e-12  # onnxruntime's erf is float32
    assert_close(run_onnx(network, X), wanted, bound)
    assert_close(run_torch(torch, network, X), wanted, 1e-12)
