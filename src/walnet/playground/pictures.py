"""What a frame shows: maps of neurons, the boundary, predictions, neurons' health."""

from __future__ import annotations

from math import isfinite, isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.network import Network
from walnet.playground.data import PlaygroundData

BOUNDARY_SIDE = 96
MAP_BYTES = 4_000
HEALTHY, DEAD, SATURATED = 0, 1, 2

Arrays = dict[str, NDArray[Any]]


def map_side(network: Network) -> int:
    """Return the side of a neuron's map: smaller when there are many neurons."""
    neurons = sum(network.layer_sizes[1:])
    return max(10, min(32, isqrt(MAP_BYTES // neurons)))


def frame_arrays(network: Network, data: PlaygroundData) -> Arrays:
    """Return all arrays of a frame."""
    outputs = data.n_outputs
    return {
        "parameters": network.parameters.astype(np.float32),
        **neuron_maps(network, data),
        **boundary(network, data),
        "predictions": network.feed_forward(data.shown_inputs)[:, :outputs],
        "neurons": health(network, data),
    }


def neuron_maps(network: Network, data: PlaygroundData) -> Arrays:
    """Return one byte a place, and for each neuron what the ends stand for.

    128 is the middle: 0, or that of the range where activations have two ends.
    """
    side = map_side(network)
    layers = network.layer_outputs(data.grid(side))
    maps, scales = [], []
    for activation, (_, A) in zip(network.activations, layers, strict=True):
        low, high = _range(activation)
        if isfinite(high - low):
            values = (2.0 * A - (low + high)) / (high - low)
            scale = np.ones(A.shape[1])
        else:
            scale = np.abs(A).max(axis=0, initial=1e-6)
            values = A / scale
        maps.append(_bytes(values).T)
        scales.append(scale.astype(np.float32))
    return {"maps": np.concatenate(maps), "map_scales": np.concatenate(scales)}


def boundary(network: Network, data: PlaygroundData) -> Arrays:
    """Return the map of the whole network's answer.

    Two classes or a number: a byte, from 0 for one end to 255 for the other. More
    classes: the class, and as "confidence" how much of 255 it takes.
    """
    values = network.feed_forward(data.grid(BOUNDARY_SIDE))
    if data.n_outputs > 1:
        best = values.argmax(axis=1)
        winner = np.take_along_axis(values, best[:, None], axis=1)[:, 0]
        confidence = np.clip(winner, 0.0, 1.0) * 255.0
        return {
            "boundary": best.astype(np.uint8),
            "confidence": confidence.astype(np.uint8),
        }
    if data.plane.axes.shape[0] == 1:
        # One input: the fitted curve itself is drawn, not a colour.
        return {"surface": values[:, 0].astype(np.float32)}
    low, high = data.output_range
    centred = 2.0 * (values[:, 0] - low) / (high - low) - 1.0
    return {"boundary": _bytes(centred)}


def health(network: Network, data: PlaygroundData) -> NDArray[np.uint8]:
    """Return for every neuron whether it is dead or saturated on the examples.

    Dead is one that gives the lowest value there is for all of them, saturated one that
    is at an end of its range for nearly all.
    """
    states = []
    layers = network.layer_outputs(data.health_inputs)
    for activation, (_, A) in zip(network.activations[:-1], layers[:-1], strict=True):
        low, high = _range(activation)
        state = np.zeros(A.shape[1], dtype=np.uint8)
        if isfinite(high - low):
            near = np.minimum(A - low, high - A) < 0.01
            state[near.mean(axis=0) > 0.98] = SATURATED
        else:
            state[(low >= A).all(axis=0)] = DEAD
        states.append(state)
    states.append(np.zeros(network.layer_sizes[-1], dtype=np.uint8))
    return np.concatenate(states)


def _range(activation: str) -> tuple[float, float]:
    """Return the range of an activation's values."""
    row = ACTIVATIONS[activation]
    return row.low, row.high


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values from -1 to 1 as bytes around 128; NaN as 128."""
    scaled = values * 127.0 + 128.0
    if np.isnan(scaled.sum()):  # also where infinities cancel: rare, and harmless
        scaled = np.nan_to_num(scaled, nan=128.0)
    pixels: NDArray[np.uint8] = np.clip(scaled, 0.0, 255.0, out=scaled).astype(np.uint8)
    return pixels
