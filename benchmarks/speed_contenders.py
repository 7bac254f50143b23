"""The contenders of `speed.py`: one training each, and how each of them runs it.

`speed.py` limits every library to one core before it imports them through this file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

import walnet


@dataclass(frozen=True)
class Work:
    """One training: network, data and update rule."""

    title: str
    sizes: tuple[int, ...]
    hidden: str
    output: str
    cost: str
    optimizer: str
    learning_rate: float
    examples: int
    batch: int
    epochs: int

    @property
    def iterations(self) -> int:
        return self.epochs * (self.examples // self.batch)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X, and y: one column of 0 and 1, or one-hot rows."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(self.examples, self.sizes[0])).astype(np.float32)
        hidden_truth = np.tanh(X @ rng.normal(size=(self.sizes[0], 16)) / 2)
        scores = hidden_truth @ rng.normal(size=(16, max(self.sizes[-1], 2)))
        labels = scores.argmax(axis=1)
        if self.sizes[-1] == 1:
            return X, labels[:, None].astype(np.float32)
        return X, np.eye(self.sizes[-1], dtype=np.float32)[labels]

    def network(self) -> walnet.Network:
        return walnet.Network(
            self.sizes, activation=self.hidden, output=self.output, seed=1
        )


class Walnet:
    """walnet itself; one thread unless told otherwise."""

    def __init__(self, work: Work, threads: int = 1) -> None:
        self.work, self.threads = work, threads
        self.X, self.y = work.data()

    def run(self, epochs: int | None = None) -> float:
        work = self.work
        self.network = work.network()
        history = walnet.train(
            self.network, self.X, self.y,
            cost=work.cost, optimizer=work.optimizer, shuffle=False,
            learning_rate=work.learning_rate, batch_size=work.batch,
            epochs=epochs or work.epochs, threads=self.threads,
        )  # fmt: skip
        self.seconds = history.seconds
        return self.network.cost(self.X, self.y, work.cost)


class ScikitLearn:
    """MLPClassifier and MLPRegressor, for the works they can express."""

    def __init__(self, work: Work) -> None:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        softmax = work.output == "softmax"
        if not softmax and work.output != "identity":
            raise ImportError("scikit-learn has no such output with this cost")
        self.work = work
        self.X, y = work.data()
        self.y = y.argmax(axis=1) if softmax else y.ravel()
        kind = MLPClassifier if softmax else MLPRegressor
        # Its regressor's cost is half the mean square: twice the learning rate.
        rate = work.learning_rate * (1 if softmax else 2)
        solver = {"gradient_descent": "sgd", "adam": "adam"}[work.optimizer]
        self.make = lambda epochs: kind(
            hidden_layer_sizes=work.sizes[1:-1], activation=work.hidden,
            solver=solver, alpha=0.0,
            batch_size=work.batch, learning_rate_init=rate, momentum=0.0,
            max_iter=epochs, tol=0.0, n_iter_no_change=10**9, shuffle=False,
            warm_start=True, random_state=0,
        )  # fmt: skip

    def run(self, epochs: int | None = None) -> float:
        import warnings

        work, network = self.work, self.work.network()
        model = self.make(epochs or work.epochs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.partial_fit(self.X, self.y, **_classes(self.y, work))
            self._copy_weights(model, network)
            started = time.perf_counter()
            model.fit(self.X, self.y)
            self.seconds = time.perf_counter() - started
        if work.output == "softmax":
            from sklearn.metrics import log_loss

            return float(log_loss(self.y, model.predict_proba(self.X)))
        return float(((model.predict(self.X) - self.y) ** 2).mean())

    @staticmethod
    def _copy_weights(model, network) -> None:
        """Start where walnet starts (two softmax outputs become one logistic)."""
        for l, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            if model.coefs_[l].shape[1] != W.shape[0]:
                W, b = W[1:] - W[:1], b[1:] - b[:1]
            model.coefs_[l][:] = W.T
            model.intercepts_[l][:] = b
        model.t_ = 0
        model._optimizer = None  # noqa: SLF001  (begin with fresh moments)
        if model.solver == "adam":
            from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

            model._optimizer = AdamOptimizer(  # noqa: SLF001
                model.coefs_ + model.intercepts_, model.learning_rate_init
            )
        else:
            from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

            model._optimizer = SGDOptimizer(  # noqa: SLF001
                model.coefs_ + model.intercepts_, model.learning_rate_init,
                "constant", 0.0, False,
            )  # fmt: skip


def _classes(y: np.ndarray, work: Work) -> dict[str, np.ndarray]:
    """Return what a classifier's first partial_fit asks for."""
    return {"classes": np.unique(y)} if work.output == "softmax" else {}


class PyTorch:
    """torch.nn.Sequential in eager mode, one thread."""

    def __init__(self, work: Work) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch, self.work = torch, work
        X, y = work.data()
        self.X = torch.from_numpy(X)
        self.y = torch.from_numpy(y.argmax(axis=1) if y.shape[1] > 1 else y)

    def run(self, epochs: int | None = None) -> float:
        torch, work, network = self.torch, self.work, self.work.network()
        nn = torch.nn
        kinds = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}
        layers: list = []
        for name, W, b in zip(
            network.activations, network.weights, network.biases, strict=True
        ):
            linear = nn.Linear(W.shape[1], W.shape[0])
            linear.weight.data = torch.from_numpy(W.copy())
            linear.bias.data = torch.from_numpy(b.copy())
            layers.append(linear)
            if name in kinds:
                layers.append(kinds[name]())
        model = nn.Sequential(*layers)
        cost = nn.CrossEntropyLoss() if work.output == "softmax" else nn.MSELoss()
        optimizers = {"gradient_descent": torch.optim.SGD, "adam": torch.optim.Adam}
        optimizer = optimizers[work.optimizer](model.parameters(), work.learning_rate)
        batches = [
            (self.X[i : i + work.batch], self.y[i : i + work.batch])
            for i in range(0, work.examples, work.batch)
        ]
        started = time.perf_counter()
        for _ in range(epochs or work.epochs):
            for X, y in batches:
                optimizer.zero_grad()
                cost(model(X), y).backward()
                optimizer.step()
        self.seconds = time.perf_counter() - started
        with torch.no_grad():
            return float(cost(model(self.X), self.y))


class Jax:
    """One jitted lax.scan over all iterations of an epoch."""

    def __init__(self, work: Work) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp, self.work = jax, jnp, work
        X, y = work.data()
        n = work.examples // work.batch
        self.X = jnp.asarray(X.reshape(n, work.batch, -1))
        self.y = jnp.asarray(y.reshape(n, work.batch, -1))
        self.epoch = jax.jit(self._epoch)

    def _cost(self, parameters, X, y):
        jnp, work = self.jnp, self.work
        activations = {"tanh": jnp.tanh, "relu": self.jax.nn.relu}
        A = X
        for W, b in parameters[:-1]:
            A = activations[work.hidden](A @ W.T + b)
        W, b = parameters[-1]
        Z = A @ W.T + b
        if work.output == "softmax":
            return -(y * self.jax.nn.log_softmax(Z)).sum(axis=1).mean()
        outputs = {"sigmoid": self.jax.nn.sigmoid, "tanh": jnp.tanh}
        return ((outputs.get(work.output, lambda z: z)(Z) - y) ** 2).mean()

    def _epoch(self, carry, X, y):
        jax, jnp, work = self.jax, self.jnp, self.work

        def step(carry, batch):
            parameters, m, v, t = carry
            gradient = jax.grad(self._cost)(parameters, *batch)
            tree, rate = jax.tree_util.tree_map, work.learning_rate
            if work.optimizer == "gradient_descent":
                moved = tree(lambda p, g: p - rate * g, parameters, gradient)
                return (moved, m, v, t), None
            t = t + 1
            m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
            v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
            moved = tree(
                lambda p, m, v: p
                - rate / (1 - 0.9**t) * m / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8),
                parameters, m, v,
            )  # fmt: skip
            return (moved, m, v, t), None

        return jax.lax.scan(step, carry, (X, y))[0]

    def run(self, epochs: int | None = None) -> float:
        jnp, network = self.jnp, self.work.network()
        parameters = [
            (jnp.asarray(W), jnp.asarray(b))
            for W, b in zip(network.weights, network.biases, strict=True)
        ]
        zeros = self.jax.tree_util.tree_map(jnp.zeros_like, parameters)
        carry = (parameters, zeros, zeros, jnp.zeros((), jnp.float32))
        X, y = self.X, self.y
        epochs = epochs or self.work.epochs
        if len(X) == 1:  # full batch: all iterations in one scan
            X, y = jnp.repeat(X, epochs, 0), jnp.repeat(y, epochs, 0)
            epochs = 1
        self.epoch(carry, X, y)[0][0][0].block_until_ready()  # compiled, not timed
        started = time.perf_counter()
        for _ in range(epochs):
            carry = self.epoch(carry, X, y)
        carry[0][0][0].block_until_ready()
        self.seconds = time.perf_counter() - started
        flat = (a.reshape(-1, a.shape[-1]) for a in (self.X, self.y))
        return float(self._cost(carry[0], *flat))


CONTENDERS = {
    "walnet": Walnet,
    "scikit-learn": ScikitLearn,
    "PyTorch": PyTorch,
    "JAX": Jax,
}
