"""Multiply and add, rounded once: where the source says so and nowhere else."""

from __future__ import annotations

from walnet.engine.kernels.machine.records import Real


def fma(a: Real, b: Real, c: Real) -> Real:
    """Return ``a b + c``; in machine code it is rounded once, in Python twice.

    All three have one precision. `jit.fused` makes LLVM's `fma` of it.
    """
    return a * b + c
