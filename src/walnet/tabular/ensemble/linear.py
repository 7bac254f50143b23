"""A linear model beside the networks of an ensemble, mixed with them.

On a few hundred noisy rows a linear model may be better than any network, and its
errors are others'. It is fitted with several strengths of its penalty, measured, as the
members are, on rows that it has not seen, and mixed with them accordingly.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.optimize import minimize
from scipy.special import log_softmax

from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.rows import take, target_of

PENALTIES = (100.0, 10.0, 1.0)
_MOST_ROWS, _MOST_LEVELS, _MOST_INPUTS = 10_000, 1000, 4000
_STEPS = 100
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """A fitted partner.

    Attributes
    ----------
    weights : ndarray of shape (inputs + 1, outputs), float64
        The last row is the bias.
    unseen : ndarray of shape (rows, outputs), float64
        Its outputs for the rows it was measured on; NaN for the others.
    """

    weights: Floats
    unseen: Floats


def linear_inputs(data: Examples, starts: NDArray[np.int64]) -> Floats:
    """Return the inputs of rows, (rows, inputs + 1): values, levels one-hot, and 1.

    Levels are left out where there are very many.
    """
    parts = [data.X.astype(np.float64)]
    if 0 < starts[-1] <= _MOST_LEVELS:
        for codes, lo, hi in zip(data.codes.T, starts[:-1], starts[1:], strict=True):
            parts.append(codes[:, None] == np.arange(lo, hi))
    parts.append(np.ones((len(data.Y), 1)))
    return np.hstack(parts)


def n_linear_inputs(preprocessor: Preprocessor) -> int:
    """Return how many columns `linear_inputs` has."""
    levels = sum(preprocessor.level_counts)
    return len(preprocessor.scales) + (levels if levels <= _MOST_LEVELS else 0) + 1


def fit_linear(
    data: Examples,
    starts: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    n_classes: int,
    deadline: float | None = None,
) -> Linear | None:
    """Fit the partner; None without rows to judge it by, or with too many inputs.

    Parameters
    ----------
    data : Examples
        The rows, in their canonical order, which is as good as random.
    starts : ndarray of int64
        The first row of each category in the table of levels.
    hidden : ndarray of shape (parts, rows), bool
        Which rows are not seen in turn.
    n_classes : int
        Classes, or 0 for a number.
    deadline : float, optional
        The time, of `time.monotonic`, after which no other penalty is tried.
    """
    if not hidden.any():
        return None
    rows = slice(0, _MOST_ROWS)
    few = take(data, rows)
    A, hidden = linear_inputs(few, starts), hidden[:, rows]
    if A.shape[1] > _MOST_INPUTS:
        return None
    y, w = target_of(few).astype(np.float64), few.w.astype(np.float64)
    best, least = None, np.inf
    weights = np.zeros((A.shape[1], max(n_classes, 1)))
    for penalty in PENALTIES:
        weights = _fit(A, y, w, penalty, n_classes, weights)
        unseen = np.full((len(data.Y), weights.shape[1]), np.nan)
        for part in hidden:
            if deadline is not None and time.monotonic() > deadline:
                return best
            seen = ~part
            if part.any() and seen.any():
                W = _fit(A[seen], y[seen], w[seen], penalty, n_classes, weights)
                unseen[: len(y)][part] = A[part] @ W
        loss = _loss(unseen[: len(y)], y, w, n_classes)
        if loss < least:
            best, least = Linear(weights, unseen), loss
    return best


def _fit(
    A: Floats, y: Floats, w: Floats, penalty: float, n_classes: int, start: Floats
) -> Floats:
    """Return the weights with the least cost and penalty; the bias is free."""
    if n_classes:
        return _logistic(A, y.astype(np.int64), w, penalty, start)
    return _ridge(A[:, :-1], y, w, penalty)


def _ridge(A: Floats, y: Floats, w: Floats, penalty: float) -> Floats:
    r"""Return ridge regression's weights, Hoerl, Kennard (1970), eq. (2.1).

    With fewer rows than inputs, :math:`A^T (A A^T + λ)^{-1} y`, which is the same.
    """
    centre, mean = np.average(A, axis=0, weights=w), np.average(y, weights=w)
    root = np.sqrt(w)[:, None]
    B, z = (A - centre) * root, (y - mean)[:, None] * root
    n, d = B.shape
    if d <= n:
        W = solve(B.T @ B + penalty * np.eye(d), B.T @ z, assume_a="pos")
    else:
        W = B.T @ solve(B @ B.T + penalty * np.eye(n), z, assume_a="pos")
    return np.vstack([W, mean - centre @ W])


def _logistic(
    A: Floats, y: NDArray[np.int64], w: Floats, penalty: float, start: Floats
) -> Floats:
    """Return multinomial logistic regression's weights, by L-BFGS."""
    rows = np.arange(len(y))

    def cost(flat: Floats) -> tuple[float, Floats]:
        W = flat.reshape(start.shape)
        logs = log_softmax(A @ W, axis=1)
        total = -(w * logs[rows, y]).sum() + penalty / 2 * (W[:-1] ** 2).sum()
        delta = np.exp(logs)
        delta[rows, y] -= 1.0
        gradient = A.T @ (delta * w[:, None])
        gradient[:-1] += penalty * W[:-1]
        return float(total), gradient.ravel()

    options = {"maxiter": _STEPS}
    found = minimize(cost, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x).reshape(start.shape)


def _loss(outputs: Floats, y: Floats, w: Floats, n_classes: int) -> float:
    """Return the mean loss over the rows that it was measured on."""
    known = np.isfinite(outputs[:, 0])
    if not known.any():
        return np.inf
    y, w, outputs = y[known], w[known], outputs[known]
    if not n_classes:
        return float(np.average((outputs[:, 0] - y) ** 2, weights=w))
    logs = log_softmax(outputs, axis=1)
    labels = y.astype(np.int64)
    return float(-np.average(logs[np.arange(len(y)), labels], weights=w))
