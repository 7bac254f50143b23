"""Training speed beside scikit-learn, PyTorch and JAX: the same mathematics, one core.

Five works, each from the same weights, on the same batches in the same order, by the
same update rule, and checked to end at the same cost. Prints a table of microseconds an
iteration (the median of several rounds, the contenders taking turns) and of ratios.

    python benchmarks/speed.py [--rounds 5] [--works a,b,...] [--out table.md]

A contender that is not installed is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

if hasattr(os, "sched_setaffinity"):  # one core, also for threads of other libraries
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

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


def works() -> dict[str, Work]:
    gd, adam = "gradient_descent", "adam"
    ce = "categorical_cross_entropy"
    return {
        "a": Work("2-4-1 tanh/sigmoid, MSE, full batch of 200, gradient descent",
                  (2, 4, 1), "tanh", "sigmoid", "mse", gd, 0.5, 200, 200, 4000),
        "a'": Work("the same with an identity output (scikit-learn's mathematics)",
                   (2, 4, 1), "tanh", "identity", "mse", gd, 0.05, 200, 200, 2000),
        "b": Work("2-4-2-1 tanh, batches of 10, gradient descent",
                  (2, 4, 2, 1), "tanh", "tanh", "mse", gd, 0.03, 250, 10, 120),
        "b'": Work("the same with an identity output (scikit-learn's mathematics)",
                   (2, 4, 2, 1), "tanh", "identity", "mse", gd, 0.03, 250, 10, 80),
        "c": Work("30-100-2 relu/softmax, batches of 200, Adam",
                  (30, 100, 2), "relu", "softmax", ce, adam, 1e-3, 10_000, 200, 10),
        "d": Work("30-256-256-256-2 relu/softmax, batches of 256, Adam",
                  (30, 256, 256, 256, 2), "relu", "softmax", ce, adam, 1e-4,
                  5_120, 256, 3),
        "e": Work("784-256-128-10 relu/softmax, batches of 128, Adam",
                  (784, 256, 128, 10), "relu", "softmax", ce, adam, 1e-4,
                  5_120, 128, 2),
    }  # fmt: skip


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


def sgemm_rate() -> float:
    """Return this core's sgemm rate in GFLOP/s, through the BLAS that kernels call."""
    from scipy.linalg import blas

    a = np.asfortranarray(np.random.default_rng(0).normal(size=(512, 512)), np.float32)
    best = 1e9
    for _ in range(20):
        started = time.perf_counter()
        blas.sgemm(1.0, a, a)
        best = min(best, time.perf_counter() - started)
    return 2 * 512**3 / best / 1e9


def flops(work: Work) -> float:
    """Return multiply-adds times 2 of one iteration's matrix products."""
    pairs = list(zip(work.sizes, work.sizes[1:], strict=False))
    macs = sum(a * b for a, b in pairs) * 3 - pairs[0][0] * pairs[0][1]
    return 2.0 * macs * work.batch


def measure(work: Work, rounds: int) -> dict[str, tuple[float, float] | str]:
    """Return each contender's (µs an iteration, final cost), or why there is none."""
    ready: dict = {}
    results: dict = {}
    for name, kind in CONTENDERS.items():
        try:
            ready[name] = kind(work)
            ready[name].run(epochs=1)
        except ImportError as error:
            results[name] = str(error)
    times: dict[str, list[float]] = {name: [] for name in ready}
    costs = {}
    for _ in range(rounds):
        for name, contender in ready.items():
            costs[name] = contender.run()
            times[name].append(contender.seconds / work.iterations * 1e6)
    for name in ready:
        results[name] = (statistics.median(times[name]), costs[name])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--works", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen = {
        name: work
        for name, work in works().items()
        if not options.works or name in options.works.split(",")
    }
    lines = [
        f"{_processor()}, {os.cpu_count()} cores (shared), one used; "
        f"sgemm {sgemm_rate():.0f} GFLOP/s; Python {platform.python_version()}",
        "",
        "| work | " + " | ".join(f"{n}, µs" for n in CONTENDERS)
        + " | v/s scikit-learn | v/s PyTorch | v/s JAX | final cost | of sgemm |",
        "|---" * (len(CONTENDERS) + 6) + "|",
    ]  # fmt: skip
    for name, work in chosen.items():
        results = measure(work, options.rounds)
        lines.append(_row(work, results))
        print(name, results, file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def _row(work: Work, results: dict) -> str:
    ours, cost = results["walnet"]
    cells, ratios = [], []
    for name in CONTENDERS:
        found = results[name]
        told = isinstance(found, str)
        cells.append("–" if told else f"{found[0]:,.2f}")
        if name != "walnet":
            ratios.append("–" if told else f"{found[0] / ours:.2f}×")
    costs = [found[1] for found in results.values() if not isinstance(found, str)]
    spread = max(abs(c - cost) for c in costs) / max(abs(cost), 1e-12)
    share = flops(work) / ours / 1e3 / sgemm_rate()
    return (
        f"| {work.title} | "
        + " | ".join(cells)
        + " | "
        + " | ".join(ratios)
        + f" | {cost:.6f} (all within {spread:.0e}) | {share:.0%} |"
    )


def _processor() -> str:
    """Return the processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    lines = [line for line in text.splitlines() if line.startswith("model name")]
    return lines[0].split(":")[1].strip() if lines else platform.processor()


if __name__ == "__main__":
    main()
