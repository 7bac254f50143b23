"""Compile the kernels of one precision, so that no test has to.

Machine code is kept on disk; where it is there already, this takes two seconds.

``python tools/compile_kernels.py float32|float64``
"""

from __future__ import annotations

import os
import sys
import warnings

import numpy as np

import walnet


def compile_network(dtype: str) -> None:
    """Do with a small network what needs every kernel of a precision."""
    X, y = np.zeros((4, 2), dtype), np.array([[0.0], [1.0], [0.0], [1.0]], dtype)
    network = walnet.Network([2, 2, 1], output="sigmoid", dtype=dtype)
    network.feed_forward(X)
    network.back_propagate(X, y, "binary_cross_entropy")
    network.cost(X, y)
    walnet.train(network, X, y, iterations=1)


def compile_ensemble() -> None:
    """Train a small ensemble: its kernels are of single precision."""
    model = walnet.TabularClassifier(preset="fast", members=1, max_iter=1, n_jobs=1)
    model.fit(np.arange(8.0)[:, None], [0, 1] * 4).predict(np.zeros((1, 1)))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    compile_network(sys.argv[1])
    # The tests of the kernels, which alone run bounds-checked, need no ensemble.
    if sys.argv[1] == "float32" and "NUMBA_BOUNDSCHECK" not in os.environ:
        compile_ensemble()
