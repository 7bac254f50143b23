"""The matrix products of a layer: feed-forward and back-propagation.

Most products are made tile by tile (see `tiles`), short batches by loops along the
batch, the gradients of thin layers by sums along it. The switch depends on the sizes
alone, so the same network on the same batch always takes the same road. Arrays are
contiguous and feature-major: ``(neurons, examples)``.

Where the columns of a product are no multiple of a tile's, the last tile begins earlier
and makes some numbers twice, to the same bits.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel, part, shared
from walnet.engine.kernels.machine.elementary import ZERO
from walnet.engine.kernels.machine.tiles import (
    PAIRS,
    ROWS,
    Left,
    Right,
    pack_columns,
    pack_rows,
    product_tile,
    tile_width,
    tiles,
)
from walnet.engine.kernels.machine.views import flat
from walnet.engine.kernels.types import Real

# A panel is worth its copying where so many rows are made of it.
PACKED_FROM = 18


@part
def affine(
    W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray, panel: np.ndarray
) -> None:
    """Write ``Z = W @ A_prev + b``, of shape (n_out, m)."""
    n_in, m = A_prev.shape
    if m == 1:
        _affine_one(W, A_prev, b, Z)
    elif m >= tile_width(Z):
        _multiply((flat(W), 0, n_in, 1), A_prev, b, None, Z, panel)
    else:
        for j in range(Z.shape[0]):
            _combine_rows(W, j, A_prev, b[j], Z)


@part
def affine_back_to_input(
    W: np.ndarray, dZ: np.ndarray, dA_prev: np.ndarray, panel: np.ndarray
) -> None:
    """Write ``dA_prev = W.T @ dZ``: (n_in, m) from (n_out, n_in) and (n_out, m)."""
    n_in, m = dA_prev.shape
    if m >= tile_width(dZ):
        _multiply((flat(W), 0, 1, n_in), dZ, None, None, dA_prev, panel)
    else:
        for k in range(n_in):
            _combine_rows(W.T, k, dZ, ZERO, dA_prev)


@part
def affine_back_through_relu(
    W: np.ndarray,
    dZ: np.ndarray,
    A_prev: np.ndarray,
    dZ_prev: np.ndarray,
    panel: np.ndarray,
) -> bool:
    """Write ``dZ_prev = (W.T @ dZ) * (A_prev > 0)`` if it is made in tiles.

    Back through an affine map and a ReLU at once: dA_prev is never written. Returns
    whether it was done.
    """
    n_in, m = dZ_prev.shape
    done: bool = m >= tile_width(dZ)
    if done:
        _multiply((flat(W), 0, 1, n_in), dZ, None, A_prev, dZ_prev, panel)
    return done


@part
def affine_back_to_weights(
    dZ: np.ndarray, A_prev: np.ndarray, dW: np.ndarray, panel: np.ndarray
) -> None:
    """Write ``dW = dZ @ A_prev.T``, summed over the examples."""
    n_out, n_in = dW.shape
    if n_out >= ROWS and n_in >= tile_width(dW):
        _multiply_transposed(dZ, A_prev, dW, panel)
    elif n_out >= PAIRS[0] and n_in >= PAIRS[1]:
        _products(dZ, A_prev, dW)
    else:
        for j in range(n_out):
            _row_products(dZ, j, A_prev, dW)


@kernel
def sum_examples(dZ: np.ndarray, db: np.ndarray) -> None:
    """Write ``db = Σ dZ``, summed over the examples."""
    n_out, m = dZ.shape
    for j in range(n_out):
        total = ZERO
        for i in range(m):
            total += dZ[j, i]
        db[j] = total


@shared
def _multiply(
    left: Left,
    A: np.ndarray,
    start: np.ndarray | None,
    gate: np.ndarray | None,
    Z: np.ndarray,
    panel: np.ndarray,
) -> None:
    """Write ``Z = (left @ A + start) * (gate > 0)``, a panel of A's columns a time."""
    n, m = Z.shape
    depth, wide = A.shape[0], tile_width(A)
    if n < PACKED_FROM:
        _multiply_panel(left, (flat(A), 0, m, depth), start, gate, Z, (0, m))
        return
    for lo in range(0, m, wide):
        i = min(lo, m - wide)
        pack_columns(A, i, panel)
        _multiply_panel(left, (panel, 0, wide, depth), start, gate, Z, (i, i + 1))


@part
def _multiply_panel(
    left: Left,
    right: Right,
    start: np.ndarray | None,
    gate: np.ndarray | None,
    Z: np.ndarray,
    columns: tuple[int, int],
) -> None:
    """Write some columns, first to end, of ``(left @ right + start) * (gate > 0)``."""
    n = Z.shape[0]
    for j in range(0, n, ROWS):
        here = (left[0], left[1] + j * left[2], left[2], left[3])
        place = (j, columns[0], columns[1])
        tiles(min(ROWS, n - j), here, right, start, gate, Z, place)


@shared
def _multiply_transposed(
    dZ: np.ndarray, A: np.ndarray, dW: np.ndarray, panel: np.ndarray
) -> None:
    """Write ``dW = dZ @ A.T``, a panel of A's rows a time."""
    n_out, n_in = dW.shape
    m = A.shape[1]
    wide = tile_width(A)
    for lo in range(0, n_in, wide):
        k = min(lo, n_in - wide)
        pack_rows(A, k, panel)
        for j in range(0, n_out, ROWS):
            rows = min(ROWS, n_out - j)
            left = (flat(dZ), j * m, m, 1)
            tiles(rows, left, (panel, 0, wide, m), None, None, dW, (j, k, k + 1))


@kernel
def _products(dZ: np.ndarray, A: np.ndarray, dW: np.ndarray) -> None:
    """Write ``dW = dZ @ A.T`` by sums along the examples, in tiles."""
    n_out, n_in = dW.shape
    rows, columns = PAIRS
    for j in range(0, n_out, rows):
        for k in range(0, n_in, columns):
            product_tile(dZ, min(j, n_out - rows), A, min(k, n_in - columns), dW)


@kernel
def _affine_one(
    W: np.ndarray, A_prev: np.ndarray, b: np.ndarray, Z: np.ndarray
) -> None:
    """Write the weighted inputs of a single example, along the inputs."""
    n_out, n_in = W.shape
    for j in range(n_out):
        total = b[j]
        for k in range(n_in):
            total += W[j, k] * A_prev[k, 0]
        Z[j, 0] = total


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
            Z[j, i] = start + w0 * A[0, i]
    elif first == 2:
        w0, w1 = W[j, 0], W[j, 1]
        for i in range(m):
            Z[j, i] = start + w0 * A[0, i] + w1 * A[1, i]
    else:
        w0, w1, w2 = W[j, 0], W[j, 1], W[j, 2]
        for i in range(m):
            Z[j, i] = start + w0 * A[0, i] + w1 * A[1, i] + w2 * A[2, i]


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
            low = w0 * A[k, i] + w1 * A[k + 1, i]
            Z[j, i] += low + w2 * A[k + 2, i] + w3 * A[k + 3, i]


@kernel
def _row_products(dZ: np.ndarray, j: int, A: np.ndarray, dW: np.ndarray) -> None:
    """Write row j, ``dW[j, k] = Σ_i dZ[j, i] A[k, i]``."""
    n, m = A.shape
    for k in range(n):
        total = ZERO
        for i in range(m):
            total += dZ[j, i] * A[k, i]
        dW[j, k] = total
