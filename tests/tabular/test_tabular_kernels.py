"""The tabular kernels against central differences, NumPy and a written-out Adam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from walnet.engine.kernels.tabular_embeddings import cos_turns_f32
from walnet.engine.kernels.tabular_training import (
    COSINE,
    COSLOG4,
    adam_by_group,
    cost_and_gradient,
    draw_mask,
    flat_cosine,
    learning_rate_at,
    run_epoch,
)
from walnet.engine.kernels.tabular_types import Rows
from walnet.tabular.ensemble.layout import Widths, lay_out, new_buffers
from walnet.tabular.ensemble.member import (
    kernel_recipe,
    new_member,
    outputs,
    set_first_parameters,
)
from walnet.tabular.recipes.recipe import CLASSIFICATION

N = 11


def problem(activation="selu", outputs=3, classes=True, embed=True, dtype=np.float64):
    """Return a small network with every part, its rows and a member at work."""
    recipe = replace(
        CLASSIFICATION, hidden=(7, 6, 5), activation=activation, embed_numbers=embed
    )
    layout = lay_out(Widths(3, 2, (4, 5), outputs), recipe)
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, 4, N), 4 + rng.integers(0, 5, N)])
    y = rng.integers(0, outputs, N) if classes else rng.normal(size=N)
    data = Rows(
        rng.normal(size=(5, N)).astype(dtype),
        codes.astype(np.int32),
        y.astype(dtype),
        rng.uniform(0.5, 2, N).astype(dtype),
    )
    member = new_member(layout, np.arange(N), dtype)
    set_first_parameters(layout, member, data, rng)
    member.parameters[:] += 0.1 * rng.normal(size=layout.n_parameters)
    member.order[:] = np.arange(N)
    return layout, kernel_recipe(recipe, N, 1, classes=classes), data, member


@pytest.mark.parametrize("masked", [0, 1])
@pytest.mark.parametrize(
    ("activation", "n_outputs", "classes", "embed"),
    [
        ("selu", 3, True, True),
        ("mish", 1, False, True),
        ("tanh", 2, True, False),
        ("relu", 1, False, True),
    ],
)
def test_gradients_agree_with_central_differences(
    activation, n_outputs, classes, embed, masked
):
    layout, rule, data, member = problem(activation, n_outputs, classes, embed)
    buffers = new_buffers(layout, N, np.float64)
    buffers.masks[:] = np.random.default_rng(1).integers(0, 2, buffers.masks.size) * 1.2

    def cost():
        return cost_and_gradient(layout.model, rule[0], data, member, buffers, masked)

    cost()
    gradient, p = member.gradient.copy(), member.parameters
    differences = np.empty_like(gradient)
    step = 1e-5
    for i in range(p.size):
        kept = p[i]
        p[i] = kept + step
        above = cost()
        p[i] = kept - step
        differences[i] = (above - cost()) / (2 * step)
        p[i] = kept
    error = np.linalg.norm(gradient - differences) / np.linalg.norm(differences)
    assert error < 1e-7
    # The check has teeth: a derivative wrong by a thousandth is seen.
    gradient[int(layout.input[0]["phases"])] *= 1.001 if embed else 1.0
    gradient[int(layout.layers[0]["weights"]) :] *= 1.001
    wrong = np.linalg.norm(gradient - differences) / np.linalg.norm(differences)
    assert wrong > 1e-5


def test_cosine_in_turns_is_the_cosine():
    u = np.linspace(-50, 50, 20001).astype(np.float32)
    found = np.array([cos_turns_f32(x) for x in u])
    assert np.abs(found - np.cos(2 * np.pi * u.astype(np.float64))).max() < 4e-7


def test_schedules_have_their_cycles():
    at = [learning_rate_at(COSLOG4, t) for t in (0, 1 / 15, 3 / 15, 7 / 15, 1)]
    assert np.allclose(at, 0, atol=1e-12)
    assert learning_rate_at(COSLOG4, (2**0.5 - 1) / 15) == pytest.approx(1)
    assert learning_rate_at(COSINE, 0.0) == 1
    assert learning_rate_at(COSINE, 1.0) == pytest.approx(0)
    assert flat_cosine(0.5) == 1
    assert flat_cosine(0.75) == pytest.approx(0.5)


def test_masks_drop_their_share_and_keep_the_mean():
    mask = np.empty(100_003, np.float32)
    draw_mask(mask, 0.15, np.uint64(5))
    assert np.mean(mask == 0) == pytest.approx(0.15, abs=0.005)
    assert mask.mean() == pytest.approx(1, abs=0.005)
    again = np.empty_like(mask)
    draw_mask(again, 0.15, np.uint64(5))
    assert (mask == again).all()


def test_adam_moves_each_group_at_its_own_rate():
    layout, rule, _, member = problem()
    rng = np.random.default_rng(2)
    member.gradient[:] = rng.normal(size=layout.n_parameters)
    before, g = member.parameters.copy(), member.gradient
    adam_by_group(layout.groups, rule[0], 0.04, 0.02, member)
    for start, size, rate, decay, epsilon in layout.groups.tolist():
        part = slice(start, start + size)
        # In the first step both moments are the gradient's, whatever the betas are.
        moved = before[part] * (1 - 0.04 * decay * 0.02)
        moved -= 0.04 * rate * g[part] / (np.abs(g[part]) + 1e-8 * epsilon)
        assert np.allclose(member.parameters[part], moved, rtol=1e-12)


def test_groups_cover_every_parameter_once():
    layout = problem()[0]
    ends = 0
    for start, size, *_ in layout.groups.tolist():
        assert start == ends
        ends = start + size
    assert ends == layout.n_parameters


def test_first_parameters_give_neurons_of_unit_deviation():
    recipe = replace(CLASSIFICATION, hidden=(40, 30))
    layout = lay_out(Widths(4, 0, (), 2), recipe)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 500)) * 7
    data = Rows(X, np.zeros((0, 500), np.int32), np.zeros(500), np.ones(500))
    member = new_member(layout, np.arange(500), np.float64)
    set_first_parameters(layout, member, data, rng)
    assert outputs(layout, member.parameters, data, np.arange(500)).std(axis=0) == (
        pytest.approx(1)
    )


def test_float32_and_float64_epochs_agree():
    costs = []
    for dtype in (np.float32, np.float64):
        layout, rule, data, member = problem(dtype=dtype)
        buffers = new_buffers(layout, N, dtype)
        costs.append([
            run_epoch(layout.model, rule[0], data, member, buffers, t / 9, (t + 1) / 9)
            for t in range(9)
        ])  # fmt: skip
    assert costs[0][-1] < costs[0][0]
    assert np.allclose(*costs, rtol=1e-3)
