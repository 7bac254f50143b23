"""Uses what was added to a copy of the sources as people would; run by itself.

``use_addition.py NAME`` works in the present folder and ends with an error where the
addition does not compute, train, save, load, export, trace or explain.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
from exported import answers
from traces import all_lines, assert_works_out, data

import walnet
from walnet.cli.app import run
from walnet.tracing.trace import Trace

RATE, MOST = 0.05, 0.01


def network_of(**options):
    options = {"activation": "tanh", "output": "identity"} | options
    return walnet.Network([3, 4, 1], dtype="float64", seed=1, **options)


def moved(**options):
    """Return an update's step, and the gradient that it was made of."""
    X, Y = data()
    network = network_of()
    start = network.parameters.copy()
    gradients = network.back_propagate(X, Y)
    flat = [part.ravel() for pair in zip(gradients.dW, gradients.db, strict=True)
            for part in pair]  # fmt: skip
    walnet.train(network, X, Y, learning_rate=RATE, iterations=1, **options)
    return network.parameters - start, np.concatenate(flat)


def softsign_computes():
    X, Y = data()
    network = network_of(activation="identity", output="softsign")
    z = network_of(activation="identity").feed_forward(X)
    np.testing.assert_allclose(network.feed_forward(X), z / (1 + abs(z)), rtol=1e-12)
    assert network_of(activation="softsign").check_gradients(X, Y).passed


def lion_computes():
    step, gradient = moved(optimizer="lion")
    np.testing.assert_allclose(step, -RATE * np.sign(gradient), rtol=1e-10)


def log_cosh_computes():
    X, Y = data()
    network = network_of()
    wanted = np.log(np.cosh(network.feed_forward(X) - Y)).mean()
    found = network.back_propagate(X, Y, "log_cosh").cost
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert network.check_gradients(X, Y, "log_cosh").passed


def most_rate_computes():
    step, gradient = moved(most_rate=MOST)
    np.testing.assert_allclose(step, -MOST * gradient, rtol=1e-10)


# How it is asked for: of a network, of a training, and of `walnet train`.
ASKED = {
    "softsign": ({"activation": "softsign"}, {}, ["--activation", "softsign"]),
    "lion": ({}, {"optimizer": "lion"}, ["--optimizer", "lion"]),
    "log_cosh": ({}, {"cost": "log_cosh"}, ["--set", "cost=log_cosh"]),
    "most_rate": ({}, {"most_rate": MOST}, ["--set", f"most_rate={MOST}"]),
}


def trace_works_out(of_network, of_training):
    X, Y = data()
    settings = walnet.Settings(learning_rate=RATE, iterations=9, **of_training)
    training = walnet.Training(network_of(**of_network), X, Y, settings)
    training.advance(3)
    lines = all_lines(Trace.of(training))
    assert lines
    for line in lines:
        assert_works_out(line, "float64")


def command(*arguments):
    code = run([str(each) for each in arguments])
    assert code == 0, f"walnet {' '.join(map(str, arguments))} ended with {code}"


def commands_work(options):
    """Train, save, load, explain and export as the command line does."""
    X, Y = data(rows=60)
    rows = "\n".join(",".join(map(str, (*x, *y))) for x, y in zip(X, Y, strict=True))
    Path("rows.csv").write_text(f"u,v,w,y\n{rows}\n", encoding="utf-8")
    model = "--model", "mlp", "--hidden-layers", 4, "--epochs", 3
    command("train", "rows.csv", "--target", "y", *model, *options)
    command("explain", "rows.walnet", "rows.csv")
    command("export", "rows.walnet", "--onnx", "rows.onnx")
    import onnx

    model = walnet.load("rows.walnet")
    assert Path("rows.html").exists()
    inputs = {name: X[:, [i]] for i, name in enumerate("uvw")}
    given = answers(onnx.load("rows.onnx"), **inputs)[0]
    wanted = model.predict({name: X[:, i] for i, name in enumerate("uvw")})
    np.testing.assert_allclose(np.ravel(given), wanted, rtol=1e-4, atol=1e-5)


def networks_are_kept(of_network):
    """Save, load and export a network by itself."""
    X = data()[0]
    network = network_of(**of_network)
    walnet.save(network, "network.walnet")
    again = walnet.load("network.walnet").feed_forward(X)
    np.testing.assert_array_equal(again, network.feed_forward(X))
    given = answers(walnet.to_onnx(network), X=X)[0]
    np.testing.assert_allclose(given, again, rtol=1e-6, atol=1e-9)
    if importlib.util.find_spec("torch"):
        import torch

        given = walnet.to_torch(network)(torch.as_tensor(X)).detach().numpy()
        np.testing.assert_allclose(given, again, rtol=1e-6, atol=1e-9)


if __name__ == "__main__":
    name = sys.argv[1]
    of_network, of_training, options = ASKED[name]
    globals()[f"{name}_computes"]()
    trace_works_out(of_network, of_training)
    networks_are_kept(of_network)
    commands_work(options)
