"""One member of an ensemble: its first parameters, its training, its outputs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.tabular_passes import activate_rows
from walnet.engine.kernels.tabular_training import (
    COSINE,
    COSLOG4,
    outputs_of,
    run_epoch,
)
from walnet.engine.kernels.tabular_types import RECIPE, Member, Rows
from walnet.tabular.ensemble.layout import Layout, new_buffers
from walnet.tabular.recipes.recipe import Recipe

BLOCK = 128  # rows of a pass that only predicts
_EPOCHS_TO_COOL = 3
_ROWS_TO_START = 2048  # that the first parameters are scaled by
_SCHEDULES = {"coslog4": COSLOG4, "cosine": COSINE}
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Until:
    """When training ends before its schedule does.

    Attributes
    ----------
    deadline : float or None
        The time, of `time.monotonic`, that it has to be done by.
    stop : Event
        Set when nobody waits for it any more.
    cool : Event
        Set when it is to come to the end of its schedule within a few epochs.
    told : callable, optional
        Called after each epoch with the share of the schedule that is done and the
        mean cost of the epoch.
    """

    deadline: float | None = None
    stop: Event = field(default_factory=Event)
    cool: Event = field(default_factory=Event)
    told: Callable[[float, float], object] | None = None


def kernel_recipe(
    recipe: Recipe, n_rows: int, key: int, *, classes: bool
) -> NDArray[np.void]:
    """Return the record that an epoch over so many rows is run with.

    The batches are made equally large, and as many as fit best: no row is left over
    but the remainder.
    """
    batches = max(1, round(n_rows / recipe.batch_size))
    record = np.zeros(1, RECIPE)
    record[0] = (
        n_rows // batches,
        batches,
        key,
        recipe.learning_rate,
        recipe.beta_1,
        recipe.beta_2,
        recipe.epsilon,
        recipe.dropout,
        recipe.weight_decay,
        int(classes),
        recipe.smoothing,
        _SCHEDULES[recipe.schedule],
    )
    return record


def new_member(layout: Layout, rows: NDArray[np.int64], dtype: type) -> Member:
    """Return a member without parameters yet."""
    n = layout.n_parameters
    return Member(
        parameters=np.zeros(n, dtype),
        gradient=np.zeros(n, dtype),
        first=np.zeros(n, dtype),
        second=np.zeros(n, dtype),
        rows=rows,
        order=np.zeros(len(rows), np.int64),
        counters=np.zeros(2, np.int64),
    )


def set_first_parameters(
    layout: Layout, member: Member, data: Rows, rng: np.random.Generator
) -> None:
    """Draw the parameters, each neuron scaled by what it does to the training rows.

    Weights are normal, then divided by the standard deviation of the neuron's weighted
    inputs; a bias is minus a random convex combination of five of them: Holzmüller et
    al. (2024), appendix A.
    """
    record, p = layout.input[0], member.parameters
    _draw_embeddings(layout, p, rng)
    p[record["scale"] : record["scale"] + record["n_inputs"]] = 1.0
    few = rng.permutation(member.rows)[:_ROWS_TO_START]
    A = _scale_layer_inputs(layout, member, data, few)
    for place, layer in enumerate(layout.layers):
        n_in, n_out = int(layer["n_in"]), int(layer["n_out"])
        W = rng.standard_normal((n_out, n_in)).astype(p.dtype)
        Z = W @ A
        spread = Z.std(axis=1, keepdims=True)
        # What is the same in all rows says nothing of how large it should be.
        W /= np.where(spread > 1e-3 * np.sqrt(n_in), spread, np.sqrt(n_in))
        Z = W @ A
        picks = rng.integers(0, Z.shape[1], (n_out, 5))
        shares = rng.exponential(size=(n_out, 5))
        shares /= shares.sum(axis=1, keepdims=True)
        b = -(np.take_along_axis(Z, picks, axis=1) * shares).sum(axis=1)
        p[layer["weights"] : layer["weights"] + W.size] = W.ravel()
        p[layer["biases"] : layer["biases"] + n_out] = b
        if place < len(layout.layers) - 1:
            p[layer["slopes"] : layer["slopes"] + n_out] = 1.0
            A = _activated(layout, Z + b[:, None].astype(p.dtype))


def _draw_embeddings(layout: Layout, p: Floats, rng: np.random.Generator) -> None:
    """Draw frequencies, phases, mixtures, shifts and the table of levels."""
    record = layout.input[0]
    starts = [int(record[name]) for name in _STARTS]

    def fill(place: int, values: Callable[[int], Floats]) -> None:
        lo, hi = starts[place], starts[place + 1]
        p[lo:hi] = values(hi - lo)

    fill(0, lambda n: rng.normal(0.0, 0.1, n))
    fill(1, lambda n: rng.uniform(-np.pi, np.pi, n))
    fill(2, lambda n: rng.uniform(-0.25, 0.25, n))
    fill(3, lambda n: rng.uniform(-0.25, 0.25, n))
    fill(4, rng.standard_normal)


_STARTS = ("frequencies", "phases", "mixtures", "shifts", "levels", "scale")


def _scale_layer_inputs(
    layout: Layout, member: Member, data: Rows, few: NDArray[np.int64]
) -> Floats:
    """Return what the first dense layer sees of some rows, (inputs, rows)."""
    buffers = new_buffers(layout, len(few), member.parameters.dtype.type)
    outputs = np.zeros((len(few), layout.widths.outputs), member.parameters.dtype)
    outputs_of(layout.model, member.parameters, data, few, buffers, outputs)
    n_inputs = int(layout.input[0]["n_inputs"])
    return buffers.scaled.reshape(n_inputs, len(few))


def _activated(layout: Layout, Z: Floats) -> Floats:
    """Return g(Z)."""
    G = np.empty_like(Z)
    activate_rows(int(layout.input[0]["activation"]), Z, G)
    return G


def train_member(
    layout: Layout,
    recipe: NDArray[np.void],
    data: Rows,
    member: Member,
    epochs: int,
    until: Until | None = None,
) -> float:
    """Train a member to the end of its schedule; return the share that was done.

    With a deadline the schedule moves on faster where the epochs left would take
    longer than the time left, so that it ends, cooled down, in time.
    """
    buffers = new_buffers(
        layout, int(recipe[0]["batch_size"]), member.parameters.dtype.type
    )
    until = until or Until()
    done, t, longest, cooling = 0, 0.0, 0.0, False
    while t < 1.0 and not until.stop.is_set():
        started = time.monotonic()
        if until.cool.is_set() and not cooling:
            cooling, epochs = True, min(epochs, done + _EPOCHS_TO_COOL)
        left = epochs - done
        if until.deadline is not None and longest > 0.0:
            left = min(left, int((until.deadline - started) / longest))
            if left < 1:
                break
        end = 1.0 if left <= 1 else t + (1.0 - t) / left
        cost = run_epoch(layout.model, recipe[0], data, member, buffers, t, end)
        done, t = done + 1, end
        if until.told is not None:
            until.told(t, cost)
        took = time.monotonic() - started
        longest = took if longest == 0.0 else max(took, 0.8 * longest + 0.2 * took)
    return t


def outputs(
    layout: Layout, parameters: Floats, data: Rows, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the outputs of a member for some rows, (rows, outputs).

    In float64: in float32 the last digits of a product depend on how many rows are
    multiplied at once, and so would the answer for a row.
    """
    buffers = new_buffers(layout, min(BLOCK, max(len(rows), 1)), np.float64)
    result = np.zeros((len(rows), layout.widths.outputs))
    p = parameters.astype(np.float64)
    outputs_of(layout.model, p, data, rows, buffers, result)
    return result
