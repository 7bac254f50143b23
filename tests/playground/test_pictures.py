"""What a frame shows of neurons, by the ranges of their activations."""

from __future__ import annotations

import numpy as np
import pytest
from walnet.playground.experiment import Lab
from walnet.playground.pictures import DEAD, HEALTHY, SATURATED, health, neuron_maps

from walnet.playground import messages as m


def lab_with(activation, biases):
    """Return a playground whose hidden neurons read nothing but their biases."""
    layer = m.LayerState(len(biases), activation)
    lab = Lab(m.PlaygroundState(network=m.NetworkState([layer])))
    lab.network.weights[0][:] = 0.0
    lab.network.biases[0][:] = biases
    return lab


@pytest.mark.parametrize(
    ("activation", "wanted"),
    [
        ("relu", [DEAD, HEALTHY, HEALTHY]),
        ("elu", [DEAD, HEALTHY, HEALTHY]),
        ("tanh", [SATURATED, HEALTHY, SATURATED]),
        ("sigmoid", [SATURATED, HEALTHY, SATURATED]),
        ("identity", [HEALTHY, HEALTHY, HEALTHY]),
        ("leaky_relu", [HEALTHY, HEALTHY, HEALTHY]),
        ("gelu", [HEALTHY, HEALTHY, HEALTHY]),
    ],
)
def test_neurons_at_an_end_of_their_range_are_dead_or_saturated(activation, wanted):
    lab = lab_with(activation, [-30.0, 0.5, 30.0])
    assert health(lab.network, lab.data).tolist() == [*wanted, HEALTHY]


@pytest.mark.parametrize(
    ("activation", "ends", "scale"),
    [("sigmoid", [1, 255], 1.0), ("tanh", [1, 255], 1.0), ("relu", [128, 255], 30.0)],
)
def test_the_ends_of_a_map_are_those_of_the_range(activation, ends, scale):
    lab = lab_with(activation, [-30.0, 30.0])
    arrays = neuron_maps(lab.network, lab.data)
    maps = arrays["maps"].reshape(-1, arrays["maps"].shape[-1])[:2]
    assert [np.unique(each).tolist() for each in maps] == [[end] for end in ends]
    assert arrays["map_scales"][1] == scale
