"""Ridge and logistic regression, one penalty after the other."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

_STEPS = 100
_TOLERANCE = 1e-6  # of the cost, and of its derivatives for each row
_CELLS = 2**17  # outputs that are worked on at a time, so that they stay in the cache
Floats = NDArray[np.float64]


class OutOfTime(Exception):  # noqa: N818 - no error: it ends a fit
    """There is no more time for a fit."""


class Ridge:
    r"""Ridge regression of some rows: Hoerl, Kennard (1970), eq. (2.1).

    Parameters
    ----------
    A : ndarray of shape (rows, inputs + 1), float64
        The inputs, and last a 1.
    y, w : ndarray of shape (rows,), float64
        The numbers, and the weights of the rows.
    """

    def __init__(self, A: Floats, y: Floats, w: Floats) -> None:
        X = A[:, :-1]
        self._centre = np.average(X, axis=0, weights=w)
        self._mean = np.average(y, weights=w)
        root = np.sqrt(w)[:, None]
        self._B, z = (X - self._centre) * root, (y - self._mean)[:, None] * root
        n, d = self._B.shape
        self._is_wide = d > n
        B = self._B
        # With fewer rows than inputs, B' (B B' + λ)^-1 z is the same and smaller.
        self._products = B @ B.T if self._is_wide else B.T @ B
        self._right = z if self._is_wide else B.T @ z

    def weights(self, penalty: float) -> Floats:
        """Return the weights of least squares and penalty; the bias, last, is free.

        They are NaN where the penalty is too weak for the inputs in this precision.
        """
        penalized = self._products.copy()
        penalized[np.diag_indices_from(penalized)] += penalty
        try:
            root = cho_factor(penalized, lower=True, overwrite_a=True)
            W = cho_solve(root, self._right)
        except LinAlgError:
            W = np.full_like(self._right, np.nan)
        W = self._B.T @ W if self._is_wide else W
        return np.vstack([W, self._mean - self._centre @ W])


def logistic(
    A: Floats,
    y: Floats,
    w: Floats,
    penalty: float,
    start: Floats,
    deadline: float | None = None,
) -> Floats:
    """Return multinomial logistic regression's weights, by L-BFGS.

    Parameters
    ----------
    A : ndarray of shape (rows, inputs + 1), float64
        The inputs, and last a 1.
    y : ndarray of shape (rows,)
        The classes.
    w : ndarray of shape (rows,), float64
        The weights of the rows.
    penalty : float
        On half the sum of the squares of the weights; the bias is free.
    start : ndarray of shape (inputs + 1, classes), float64
        Where the search begins.
    deadline : float, optional
        The time, of `time.monotonic`, after which it is given up.

    Raises
    ------
    OutOfTime
        If it did not end in time.
    """
    classes = y.astype(np.int64)

    def cost(flat: Floats) -> tuple[float, Floats]:
        if deadline is not None and time.monotonic() > deadline:
            raise OutOfTime
        W = flat.reshape(start.shape)
        total, gradient = cross_entropy(A, classes, w, W)
        gradient[:-1] += penalty * W[:-1]
        total += penalty / 2 * float((W[:-1] ** 2).sum())
        return total, gradient.ravel()

    options = {"maxiter": _STEPS, "ftol": _TOLERANCE, "gtol": _TOLERANCE * w.sum()}
    found = minimize(cost, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x).reshape(start.shape)


def cross_entropy(
    A: Floats, y: NDArray[np.int64], w: Floats, W: Floats
) -> tuple[float, Floats]:
    """Return the sum over the rows of the cross-entropy, and its derivative by W."""
    total, gradient = 0.0, np.zeros_like(W)
    some = max(1, _CELLS // W.shape[1])
    for first in range(0, len(A), some):
        part = slice(first, first + some)
        rows = np.arange(len(y[part]))
        Z = A[part] @ W
        Z -= Z.max(axis=1, keepdims=True)
        own = Z[rows, y[part]]
        P = np.exp(Z, out=Z)
        sums = P.sum(axis=1)
        total += float(w[part] @ (np.log(sums) - own))
        P *= (w[part] / sums)[:, None]
        P[rows, y[part]] -= w[part]
        gradient += A[part].T @ P
    return total, gradient
