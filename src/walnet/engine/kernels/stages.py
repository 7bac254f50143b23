"""One iteration in stages, for what happens between them.

That is batch normalisation of the hidden layers' weighted inputs, and costs that are
functions of Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from walnet.engine.kernels.activations import activate, back_through
from walnet.engine.kernels.layers import (
    affine,
    affine_back_to_input,
    affine_back_to_parameters,
)
from walnet.engine.kernels.machine.compile import kernel, part
from walnet.engine.kernels.machine.elementary import ONE, ZERO
from walnet.engine.kernels.machine.randomness import keep_or_drop
from walnet.engine.kernels.passes import (
    biases_of,
    block,
    hits,
    output_delta,
    take_examples,
    weights_of,
)
from walnet.engine.kernels.types import Examples, Record, Span, Workspace


class Norms(NamedTuple):
    """What batch normalisation holds beside the parameters.

    Per neuron arrays are laid out as a workspace for one example: the input first.
    """

    gammas: np.ndarray  # where each layer's scales begin in the parameters, or -1
    momentum: float  # share of a batch in the running mean and variance
    epsilon: float  # added to the variance
    hat: np.ndarray  # normalised weighted inputs, as large as a workspace's Z
    deviation: np.ndarray  # of the batch: sqrt(variance + epsilon), one a neuron
    mean: np.ndarray  # running mean, one a neuron
    variance: np.ndarray  # running variance, one a neuron
    zeros: np.ndarray  # as many zeros as the widest layer has neurons


@kernel
def feed_forward(
    plan: np.ndarray,
    norms: Norms,
    parameters: np.ndarray,
    examples: Examples,
    order: np.ndarray,
    span: Span,
    work: Workspace,
) -> None:
    """Fill Z and A of every layer with those of the examples ``order[lo:hi]``.

    A normalised layer's is ``Z = γ Ẑ + b``, its running mean and variance are updated.
    """
    lo, hi, _, _, stream = span
    m = hi - lo
    take_examples(examples, order, lo, hi, work)
    before, source = 0, work.A
    for l in range(plan.size):
        layer = plan[l]
        A_prev = block(source, before, layer.n_in, m, work.capacity)
        Z = block(work.Z, layer.neurons_before, layer.n_out, m, work.capacity)
        A = block(work.A, layer.neurons_before, layer.n_out, m, work.capacity)
        b, gamma = biases_of(layer, parameters), norms.gammas[l]
        start = norms.zeros[: layer.n_out] if gamma >= 0 else b
        affine(weights_of(layer, parameters), A_prev, start, Z)
        if gamma >= 0:
            hat = block(norms.hat, layer.neurons_before, layer.n_out, m, work.capacity)
            scales = parameters[gamma : gamma + layer.n_out]
            _normalise(norms, layer.neurons_before, Z, hat, scales, b)
        activate(layer.activation, Z, A)
        source = work.A
        if layer.dropout > 0.0 and stream != 0:
            D = block(work.D, layer.neurons_before, layer.n_out, m, work.capacity)
            keep_or_drop(A, D, layer.dropout, stream + np.uint64(l), 0)
            source = work.D
        before = layer.neurons_before


@kernel
def _normalise(
    norms: Norms,
    neuron: int,
    Z: np.ndarray,
    hat: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
) -> None:
    """Write ``Ẑ = (Z - μ) / sqrt(σ² + ε)`` and ``Z = γ Ẑ + β``, row by row.

    Ioffe, Szegedy (2015), algorithm 1; the running variance is the unbiased one.
    """
    real = Z.dtype.type
    n, m = Z.shape
    for j in range(n):
        total, squares = 0.0, 0.0
        for i in range(m):
            total += np.float64(Z[j, i])
        mean = total / m
        for i in range(m):
            d = np.float64(Z[j, i]) - mean
            squares += d * d
        variance = squares / m
        deviation = np.sqrt(variance + norms.epsilon)
        centre, factor = real(mean), real(1.0 / deviation)
        for i in range(m):
            hat[j, i] = (Z[j, i] - centre) * factor
            Z[j, i] = gamma[j] * hat[j, i] + beta[j]
        norms.deviation[neuron + j] = deviation
        share = norms.momentum
        norms.mean[neuron + j] += share * (mean - norms.mean[neuron + j])
        if m > 1:
            unbiased = squares / (m - 1)
            norms.variance[neuron + j] += share * (
                unbiased - norms.variance[neuron + j]
            )


@kernel
def _normalise_back(
    deviation: np.ndarray,
    dZ: np.ndarray,
    hat: np.ndarray,
    gamma: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
) -> None:
    """Overwrite dZ of ``γ Ẑ + β`` with that of the weighted input before it.

    ``γ/(m s) · (m dZ - Σ dZ - Ẑ Σ dZ Ẑ)``: Ioffe, Szegedy (2015), section 3.
    """
    real = dZ.dtype.type
    n, m = dZ.shape
    for j in range(n):
        total, product = ZERO, ZERO
        for i in range(m):
            total += dZ[j, i]
            product += dZ[j, i] * hat[j, i]
        dbeta[j], dgamma[j] = total, product
        share = ONE / real(m)
        factor = gamma[j] * real(1.0 / deviation[j])
        for i in range(m):
            mean = share * (total + hat[j, i] * product)
            dZ[j, i] = factor * (dZ[j, i] - mean)


@kernel
def output_of(plan: np.ndarray, m: int, work: Workspace) -> np.ndarray:
    """Return a copy of the output layer's activations: (outputs, examples)."""
    last = plan[plan.size - 1]
    return block(work.A, last.neurons_before, last.n_out, m, work.capacity).copy()


@kernel
def cost(
    plan: np.ndarray, rule: Record, m: int, work: Workspace, scale: float
) -> tuple[float, float]:
    """Write the output layer's dZ; return the cost and the hits."""
    right = hits(plan, rule, m, work)
    return output_delta(plan, rule, m, work, scale), right


@kernel
def own_cost(
    plan: np.ndarray, rule: Record, m: int, work: Workspace, dA: np.ndarray
) -> float:
    """Write the output layer's dZ, from its dA; return the hits."""
    right = hits(plan, rule, m, work)
    last = plan[plan.size - 1]
    Z = block(work.Z, last.neurons_before, last.n_out, m, work.capacity)
    A = block(work.A, last.neurons_before, last.n_out, m, work.capacity)
    dZ = block(work.dZ, last.neurons_before, last.n_out, m, work.capacity)
    back_through(last.activation, Z, A, dA, dZ)
    return right


@part
def _back_to_parameters(
    layer: Record,
    norms: Norms,
    gamma: int,
    parameters: np.ndarray,
    gradient: np.ndarray,
    dZ: np.ndarray,
    A_prev: np.ndarray,
    hat: np.ndarray,
) -> None:
    """Fill the gradient of one layer, going back through its normalisation."""
    dW, db = weights_of(layer, gradient), biases_of(layer, gradient)
    if gamma < 0:
        affine_back_to_parameters(dZ, A_prev, dW, db)
        return
    n = layer.n_out
    _normalise_back(
        norms.deviation[layer.neurons_before : layer.neurons_before + n],
        dZ,
        hat,
        parameters[gamma : gamma + n],
        gradient[gamma : gamma + n],
        db,
    )
    # A normalised layer's bias comes after the normalisation: its derivative is kept.
    affine_back_to_parameters(dZ, A_prev, dW, np.empty(n, db.dtype))


@kernel
def back_propagate(
    plan: np.ndarray,
    norms: Norms,
    parameters: np.ndarray,
    gradient: np.ndarray,
    m: int,
    work: Workspace,
    stream: np.uint64,
) -> None:
    """Fill the gradient from the output layer's dZ."""
    for l in range(plan.size - 1, -1, -1):
        layer, gamma = plan[l], norms.gammas[l]
        dZ = block(work.dZ, layer.neurons_before, layer.n_out, m, work.capacity)
        source, before = work.A, 0
        if l > 0:
            before = plan[l - 1].neurons_before
            if plan[l - 1].dropout > 0.0 and stream != 0:
                source = work.D
        A_prev = block(source, before, layer.n_in, m, work.capacity)
        hat = dZ
        if gamma >= 0:
            hat = block(norms.hat, layer.neurons_before, layer.n_out, m, work.capacity)
        _back_to_parameters(layer, norms, gamma, parameters, gradient, dZ, A_prev, hat)
        if l == 0:
            return
        prev = plan[l - 1]
        dA = block(work.dA, 0, layer.n_in, m, work.capacity)
        affine_back_to_input(weights_of(layer, parameters), dZ, dA)
        if prev.dropout > 0.0 and stream != 0:
            keep_or_drop(dA, dA, prev.dropout, stream + np.uint64(l - 1), 0)
        A = block(work.A, before, layer.n_in, m, work.capacity)
        Z = block(work.Z, before, layer.n_in, m, work.capacity)
        dZ_prev = block(work.dZ, before, layer.n_in, m, work.capacity)
        back_through(prev.activation, Z, A, dA, dZ_prev)
