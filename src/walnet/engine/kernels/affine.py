"""The matrix products of a layer: feed-forward and back-propagation.

Most products are made tile by tile (see `tiles`), short batches and thin layers by
loops along the batch: those of one to five neurons, and batches of fewer examples than
a panel is wide. The switch depends on the sizes alone, and each weighted input is the
same chain of multiply-adds on both roads. Arrays are contiguous and feature-major:
``(neurons, examples)``; `panels` is room for copies, see `panel_room`.

Where the sides of a product are no multiples of a tile's, the last tile begins earlier
and makes some numbers twice, to the same bits.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, part, shared
from walnet.engine.kernels.machine.elementary import ZERO
from walnet.engine.kernels.machine.fused import fma
from walnet.engine.kernels.machine.records import Real
from walnet.engine.kernels.machine.sums import dot, total
from walnet.engine.kernels.machine.tiles import (
    ROWS,
    STRIP,
    STRIPS,
    combine_tile,
    pack_columns,
    pack_rows,
    pack_strips,
    panel_width,
    strip_start,
)
from walnet.engine.kernels.machine.views import matrix, stretch


def panel_room(n_in: int, n_out: int, m: int, wide: int) -> int:
    """Return how many numbers the panels of a layer's three products take.

    Forward it is one panel of its inputs, back all those of dZ and strips of W, and for
    dW one of examples.
    """
    back = n_out * wide * -(-m // wide) + n_out * STRIP * STRIPS
    return max(n_in * wide, back, m * wide)


@part
def affine(
    W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray, panels: np.ndarray
) -> None:
    """Write ``Z = W @ A_prev + b``, of shape (n_out, m)."""
    n_out, m = Z.shape
    if m == 1:
        _affine_one(W, A_prev, b, Z)
    elif n_out >= ROWS and m >= panel_width(Z):
        _combine(W, A_prev, b, Z, panels)
    else:
        for j in range(n_out):
            _combine_rows(W, j, A_prev, b[j], Z)


@part
def affine_back_to_input(
    W: np.ndarray, dZ: np.ndarray, dA_prev: np.ndarray, panels: np.ndarray
) -> None:
    """Write ``dA_prev = W.T @ dZ``: (n_in, m) from (n_out, n_in) and (n_out, m)."""
    n_in, m = dA_prev.shape
    if n_in >= STRIP and m >= panel_width(dZ):
        _combine_back(W, dZ, None, dA_prev, panels)
    else:
        for k in range(n_in):
            _combine_rows(W.T, k, dZ, ZERO, dA_prev)


@part
def affine_back_through_relu(
    W: np.ndarray,
    dZ: np.ndarray,
    A_prev: np.ndarray,
    dZ_prev: np.ndarray,
    panels: np.ndarray,
) -> bool:
    """Write ``dZ_prev = (W.T @ dZ) * (A_prev > 0)`` if it is made in tiles.

    Back through an affine map and a ReLU at once: dA_prev is never written. Returns
    whether it was done.
    """
    n_in, m = dZ_prev.shape
    done: bool = n_in >= STRIP and m >= panel_width(dZ)
    if done:
        _combine_back(W, dZ, A_prev, dZ_prev, panels)
    return done


@part
def affine_back_to_weights(
    dZ: np.ndarray, A_prev: np.ndarray, dW: np.ndarray, panels: np.ndarray
) -> None:
    """Write ``dW = dZ @ A_prev.T``, summed over the examples."""
    n_out, n_in = dW.shape
    if n_out >= ROWS and n_in >= panel_width(dW):
        _products(dZ, A_prev, dW, panels)
    else:
        for j in range(n_out):
            _row_products(dZ, j, A_prev, dW)


@kernel
def sum_examples(dZ: np.ndarray, db: np.ndarray) -> None:
    """Write ``db = Σ dZ``, summed over the examples."""
    for j in range(dZ.shape[0]):
        db[j] = total(dZ[j])


@shared
def _combine(
    W: np.ndarray, A: np.ndarray, start: np.ndarray, Z: np.ndarray, panels: np.ndarray
) -> None:
    """Write ``Z = W @ A + start`` in tiles, by panels of A's columns."""
    n, m = Z.shape
    depth, wide = A.shape[0], panel_width(Z)
    panel = stretch(panels, 0, depth * wide)
    for lo in range(0, m, wide):
        i = min(lo, m - wide)
        pack_columns(A, i, panel)
        for low in range(0, n, ROWS):
            j = min(low, n - ROWS)
            combine_tile(W, j, panel, start, None, Z, (j, i))


@shared
def _combine_back(
    W: np.ndarray,
    dZ: np.ndarray,
    gate: np.ndarray | None,
    dA: np.ndarray,
    panels: np.ndarray,
) -> None:
    """Write ``dA = (W.T @ dZ) * (gate > 0)`` in tiles, by strips of W's columns.

    Read as it lies, each number of a transpose would come from another line of the
    cache: so strips of W are copied, once for all panels.
    """
    n, m = dA.shape
    depth, wide = dZ.shape[0], panel_width(dA)
    size = depth * wide
    for p in range(-(-m // wide)):
        pack_columns(dZ, min(p * wide, m - wide), stretch(panels, p * size, size))
    strips = stretch(panels, -(-m // wide) * size, STRIPS * depth * STRIP)
    for block in range(0, n, STRIPS * ROWS):
        pack_strips(W, block, strips)
        for p in range(-(-m // wide)):
            panel, i = stretch(panels, p * size, size), min(p * wide, m - wide)
            for low in range(block, min(block + STRIPS * ROWS, n), ROWS):
                s, j = (low - block) // ROWS, min(low, n - ROWS)
                rows = matrix(strips, s * depth * STRIP, depth, STRIP).T
                row = j - strip_start(W, low)
                combine_tile(rows, row, panel, None, gate, dA, (j, i))


@shared
def _products(
    dZ: np.ndarray, A: np.ndarray, dW: np.ndarray, panels: np.ndarray
) -> None:
    """Write ``dW = dZ @ A.T`` in tiles, by panels of A's rows."""
    n_out, n_in = dW.shape
    m, wide = dZ.shape[1], panel_width(dW)
    panel = stretch(panels, 0, m * wide)
    for low in range(0, n_in, wide):
        k = min(low, n_in - wide)
        pack_rows(A, k, panel)
        for at in range(0, n_out, ROWS):
            j = min(at, n_out - ROWS)
            combine_tile(dZ, j, panel, None, None, dW, (j, k))


@kernel
def _affine_one(
    W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray
) -> None:
    """Write the weighted inputs of a single example, four neurons side by side."""
    n_out, n_in = W.shape
    for j in range(0, n_out - 3, 4):
        z0, z1, z2, z3 = b[j], b[j + 1], b[j + 2], b[j + 3]
        for k in range(n_in):
            a = A_prev[k, 0]
            z0, z1 = fma(W[j, k], a, z0), fma(W[j + 1, k], a, z1)
            z2, z3 = fma(W[j + 2, k], a, z2), fma(W[j + 3, k], a, z3)
        Z[j, 0], Z[j + 1, 0], Z[j + 2, 0], Z[j + 3, 0] = z0, z1, z2, z3
    for j in range(n_out - n_out % 4, n_out):
        z = b[j]
        for k in range(n_in):
            z = fma(W[j, k], A_prev[k, 0], z)
        Z[j, 0] = z


@kernel
def _start_row(
    W: np.ndarray, j: int, first: int, A: np.ndarray, start: Real, Z: np.ndarray
) -> None:
    """Write ``Z[j] = start + Σ W[j, k] A[k]`` over the first 0 to 3 rows of A."""
    m = A.shape[1]
    if first == 0:
        for i in range(m):
            Z[j, i] = start
    elif first == 1:
        w0 = W[j, 0]
        for i in range(m):
            Z[j, i] = fma(w0, A[0, i], start)
    elif first == 2:
        w0, w1 = W[j, 0], W[j, 1]
        for i in range(m):
            Z[j, i] = fma(w1, A[1, i], fma(w0, A[0, i], start))
    else:
        w0, w1, w2 = W[j, 0], W[j, 1], W[j, 2]
        for i in range(m):
            z = fma(w1, A[1, i], fma(w0, A[0, i], start))
            Z[j, i] = fma(w2, A[2, i], z)


@shared
def _combine_rows(
    W: np.ndarray, j: int, A: np.ndarray, start: Real, Z: np.ndarray
) -> None:
    """Write row j, ``Z[j] = start + Σ_k W[j, k] A[k]``, four rows of A at a time."""
    n, m = A.shape
    first = n % 4
    _start_row(W, j, first, A, start, Z)
    for k in range(first, n, 4):
        w0, w1, w2, w3 = W[j, k], W[j, k + 1], W[j, k + 2], W[j, k + 3]
        for i in range(m):
            z = fma(w1, A[k + 1, i], fma(w0, A[k, i], Z[j, i]))
            Z[j, i] = fma(w3, A[k + 3, i], fma(w2, A[k + 2, i], z))


@kernel
def _row_products(dZ: np.ndarray, j: int, A: np.ndarray, dW: np.ndarray) -> None:
    """Write row j, ``dW[j, k] = Σ_i dZ[j, i] A[k, i]``."""
    for k in range(A.shape[0]):
        dW[j, k] = dot(dZ[j], A[k])
