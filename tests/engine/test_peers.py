"""The same networks in PyTorch and scikit-learn, from the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.optimizers import OPTIMIZERS

SIZES = [3, 8, 5, 3]
# rmsprop's first steps follow signs: at a larger rate a rounding decides where to.
RATES = {"gradient_descent": 0.1, "momentum": 0.02, "nesterov": 0.02, "rmsprop": 0.003}


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed, so nothing is compared with it"
    )
    torch.set_num_threads(1)
    return torch


def three_classes():
    rng = np.random.default_rng(8)
    X = rng.normal(size=(50, 3))
    return X, np.argmax(X @ rng.normal(size=(3, 3)), axis=1)


def twin(torch, network):
    """Return the network in PyTorch: its layers, and a function that runs them."""
    kind = torch.float32 if network.dtype == np.float32 else torch.float64
    layers = []
    for W, b in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(W.shape[1], W.shape[0], dtype=kind)
        with torch.no_grad():
            layer.weight[:] = torch.from_numpy(W.copy())
            layer.bias[:] = torch.from_numpy(b.copy())
        layers.append(layer)

    def forward(X):
        for layer in layers[:-1]:
            X = torch.tanh(layer(X))
        return layers[-1](X)

    return layers, forward


def optimizer_of(torch, name, layers):
    eta = RATES.get(name, 0.01)
    groups = [
        {"params": [layer.weight for layer in layers]},
        {"params": [layer.bias for layer in layers], "weight_decay": 0.0},
    ]
    o = torch.optim
    return {
        "gradient_descent": lambda: o.SGD(groups, eta),
        "momentum": lambda: o.SGD(groups, eta, momentum=0.9),
        "nesterov": lambda: o.SGD(groups, eta, momentum=0.9, nesterov=True),
        "rmsprop": lambda: o.RMSprop(groups, eta, alpha=0.9),
        "adam": lambda: o.Adam(groups, eta),
        "adamw": lambda: o.AdamW(groups, eta, weight_decay=0.01),
    }[name]()


def numbers_of(layers):
    pairs = [(layer.weight, layer.bias) for layer in layers]
    return np.concatenate([p.detach().numpy().ravel() for pair in pairs for p in pair])


def trained_by_torch(torch, network, optimizer, batches, iterations):
    X, labels = three_classes()
    layers, forward = twin(torch, network)
    inputs = torch.from_numpy(X.astype(network.dtype))
    targets, cost = torch.from_numpy(labels), torch.nn.CrossEntropyLoss()
    updates, costs = optimizer_of(torch, optimizer, layers), []
    for t in range(iterations):
        lo, hi = batches[t % len(batches)]
        updates.zero_grad()
        J = cost(forward(inputs[lo:hi]), targets[lo:hi])
        J.backward()
        updates.step()
        costs.append(J.item())
    return numbers_of(layers), costs


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_hundred_iterations_as_PyTorch(torch, optimizer, dtype, bound):
    network = walnet.Network(SIZES, output="softmax", dtype=dtype, seed=1)
    start = network.copy()
    X, labels = three_classes()
    history = walnet.train(
        network,
        X,
        labels,
        cost="categorical_cross_entropy",
        optimizer=optimizer,
        learning_rate=RATES.get(optimizer, 0.01),
        iterations=100,
    )
    wanted, costs = trained_by_torch(torch, start, optimizer, [(0, 50)], 100)
    assert abs(network.parameters - wanted).max() <= bound * abs(wanted).max()
    np.testing.assert_allclose(history.cost, costs, atol=bound)
    assert abs(wanted - start.parameters).max() > 0.05  # they did move


def test_batches_as_PyTorch_the_last_one_smaller(torch):
    network = walnet.Network(SIZES, output="softmax", dtype="float64", seed=1)
    start = network.copy()
    X, labels = three_classes()
    walnet.train(
        network,
        X,
        labels,
        cost="categorical_cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        epochs=34,
        batch_size=20,
        shuffle=False,
    )
    batches = [(0, 20), (20, 40), (40, 50)]
    wanted, _ = trained_by_torch(torch, start, "adam", batches, 102)
    assert abs(network.parameters - wanted).max() <= 1e-10


# No module, or one that needs to know the layer.
OTHERWISE_IN_TORCH = {"identity", "softmax", "exponential"}
TORCH_ACTIVATIONS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "softplus": "Softplus",
}


@pytest.mark.parametrize(
    "activation", [name for name in ACTIVATIONS if name not in OTHERWISE_IN_TORCH]
)
def test_activations_as_PyTorch(torch, activation):
    network = walnet.Network([1, 1], output=activation, dtype="float64")
    network.parameters[:] = 1, 0
    z = np.linspace(-8, 8, 161).reshape(-1, 1)
    wanted = getattr(torch.nn, TORCH_ACTIVATIONS[activation])()
    wanted = wanted(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(network.feed_forward(z), wanted, rtol=1e-12, atol=1e-14)


def copied(estimator, network):
    """Give a scikit-learn estimator the network's weights."""
    for coefficients, W in zip(estimator.coefs_, network.weights, strict=True):
        coefficients[:] = W.T
    for intercepts, b in zip(estimator.intercepts_, network.biases, strict=True):
        intercepts[:] = b
    return estimator


PLAIN = {
    "hidden_layer_sizes": (6, 4),
    "activation": "tanh",
    "solver": "sgd",
    "alpha": 0.0,
    "momentum": 0.0,
    "nesterovs_momentum": False,
}


def same_parameters(network, estimator, bound=1e-12):
    for W, coefficients in zip(network.weights, estimator.coefs_, strict=True):
        np.testing.assert_allclose(W, coefficients.T, atol=bound)
    for b, intercepts in zip(network.biases, estimator.intercepts_, strict=True):
        np.testing.assert_allclose(b, intercepts, atol=bound)


def test_feed_forward_and_one_update_as_scikit_learns_regressor():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    network = walnet.Network([3, 6, 4, 1], dtype="float64", seed=4)
    # Its cost has a factor 1/2 that ours has not: twice the learning rate.
    peer = MLPRegressor(**PLAIN, learning_rate_init=0.2).partial_fit(X, y)
    copied(peer, network)
    np.testing.assert_allclose(network.feed_forward(X)[:, 0], peer.predict(X))
    walnet.train(network, X, y, learning_rate=0.1, iterations=1)
    same_parameters(network, peer.partial_fit(X, y))


def test_feed_forward_and_one_update_as_scikit_learns_classifier():
    X, labels = three_classes()
    network = walnet.Network([3, 6, 4, 3], output="softmax", dtype="float64", seed=4)
    peer = MLPClassifier(**PLAIN, learning_rate_init=0.1)
    peer.partial_fit(X, labels, classes=[0, 1, 2])
    copied(peer, network)
    np.testing.assert_allclose(network.feed_forward(X), peer.predict_proba(X))
    walnet.train(
        network,
        X,
        labels,
        cost="categorical_cross_entropy",
        learning_rate=0.1,
        iterations=1,
    )
    same_parameters(network, peer.partial_fit(X, labels))
