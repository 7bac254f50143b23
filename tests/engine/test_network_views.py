"""Views of a network's arrays outlive the network."""

from __future__ import annotations

import gc

import numpy as np

import walnet


def test_weights_outlive_their_network():
    network = walnet.Network([2, 3, 1], seed=0)
    expected = [W.copy() for W in network.weights]
    kept = network.weights
    del network
    gc.collect()
    # Memory that was given free would be used for these, and changed.
    others = [np.full(13, 7.0, np.float32) for _ in range(2_000)]
    for W, copy in zip(kept, expected, strict=True):
        np.testing.assert_array_equal(W, copy)
    del others


def test_outputs_of_a_layer_with_one_neuron_outlive_the_call():
    network = walnet.Network([2, 3, 1], output="sigmoid", seed=0)
    X = np.linspace(-1, 1, 1_058).reshape(529, 2)
    expected = network.feed_forward(X)
    for _ in range(200):
        layers = network.layer_outputs(X)
        others = [np.ones(529 * n, np.float32) for n in (1, 3, 4)]
        np.testing.assert_array_equal(layers[-1][1], expected)
        del others
