"""The scale layer: each input times a learned number of its own.

Holzmüller et al., "Better by default", 2024, appendix A.
"""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.machine.compile import kernel
from walnet.engine.kernels.machine.sums import dot


@kernel
def scale(s: np.ndarray, E: np.ndarray, A: np.ndarray) -> None:
    """Write ``A[k] = s[k] E[k]``; E and A are (inputs, examples)."""
    for k in range(E.shape[0]):
        for i in range(E.shape[1]):
            A[k, i] = s[k] * E[k, i]


@kernel
def scale_back(s: np.ndarray, E: np.ndarray, dA: np.ndarray, ds: np.ndarray) -> None:
    """Write ``ds[k] = Σ dA[k] E[k]`` and overwrite dA with ``dE[k] = s[k] dA[k]``."""
    for k in range(E.shape[0]):
        ds[k] = dot(dA[k], E[k])
        for i in range(E.shape[1]):
            dA[k, i] *= s[k]
