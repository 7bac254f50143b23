"""Modules of PyTorch for `walnet.to_torch`: what torch.nn has, and what it has not.

Imported where torch is installed and asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn


class Affine(nn.Module):
    """Scales and shifts each column, in float64: ``x * factor + shift``.

    Parameters
    ----------
    factor, shift : ndarray of shape (columns,)
        Kept as buffers, so that they are in the module's ``state_dict``.
    dtype : torch.dtype
        Of what it returns.
    """

    def __init__(self, factor: np.ndarray, shift: np.ndarray, dtype: Any) -> None:
        super().__init__()
        self.register_buffer("factor", torch.from_numpy(np.array(factor, float)))
        self.register_buffer("shift", torch.from_numpy(np.array(shift, float)))
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        """Return the columns in other units."""
        return (x.double() * self.factor + self.shift).to(self.dtype)

    def extra_repr(self) -> str:
        """Read it as torch's own modules are read."""
        return f"features={len(self.factor)}"


class Exponential(nn.Module):
    """The exponential function."""

    def forward(self, z: Any) -> Any:
        """Return the powers of e."""
        return z.exp()


def activation_of(name: str) -> Any:
    """Return the module of an activation of ours."""
    modules: dict[str, Any] = {
        "exponential": Exponential,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(0.01),
        "elu": nn.ELU,
        "selu": nn.SELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "mish": nn.Mish,
        # Beyond its threshold torch returns z, which float64 can tell from softplus.
        "softplus": lambda: nn.Softplus(threshold=40.0),
        "softmax": lambda: nn.Softmax(dim=1),
    }
    return modules[name]()
