"""Multiply-adds made of additions and multiplications, beside the processor's own."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from walnet.engine.kernels.machine.library import levels, processor_features

llvm = pytest.importorskip("llvmlite.binding")

pytestmark = pytest.mark.skipif(
    levels(processor_features())[:1] == ["x86-64-v2"],
    reason="this processor has no multiply-add to compare with",
)

# Each row's fourth number becomes the fma of its first three.
LOOP = """
declare {kind} @llvm.fma.{name}({kind}, {kind}, {kind})
define void @each(ptr %rows, i64 %n) {{
  br label %loop
loop:
  %i = phi i64 [0, %0], [%next, %loop]
  %first = mul i64 %i, 4
  %pa = getelementptr {kind}, ptr %rows, i64 %first
  %pb = getelementptr {kind}, ptr %pa, i64 1
  %pc = getelementptr {kind}, ptr %pa, i64 2
  %to = getelementptr {kind}, ptr %pa, i64 3
  %a = load {kind}, ptr %pa
  %b = load {kind}, ptr %pb
  %c = load {kind}, ptr %pc
  %r = call {kind} @llvm.fma.{name}({kind} %a, {kind} %b, {kind} %c)
  store {kind} %r, ptr %to
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret void
}}
"""


def run(text, rows):
    """Compile a loop for a processor with multiply-adds, and run it on a copy."""
    from walnet.engine.kernels.machine.jit.targets import this_machine

    machine = this_machine().machine()
    module = llvm.parse_assembly(text)
    module.verify()
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    each = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(
        engine.get_function_address("each")
    )
    rows = rows.copy()
    each(rows.ctypes.data, len(rows))
    return rows[:, 3]


def rows_of(real):
    """Return factors and what is added: any, nearly cancelled, and special ones."""
    rng, eps = np.random.default_rng(0), np.finfo(real).eps
    sizes = 2.0 ** rng.integers(-40, 40, (50_000, 3))
    any_ones = (rng.normal(size=(50_000, 3)) * sizes).astype(real)
    nearly = any_ones.copy()
    errors = 1 + rng.integers(-3, 4, len(nearly)) * real(eps)
    nearly[:, 2] = -(nearly[:, 0] * nearly[:, 1]) * errors.astype(real)
    special = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, np.finfo(real).max]
    special = np.array(list(itertools.product(special, repeat=3)), real)
    rows = np.concatenate([any_ones, nearly, special])
    return np.concatenate([rows, np.zeros((len(rows), 1), real)], axis=1)


@pytest.mark.parametrize(
    ("real", "name", "kind"),
    [(np.float32, "f32", "float"), (np.float64, "f64", "double")],
)
def test_they_are_rounded_as_the_processors(real, name, kind):
    from walnet.engine.kernels.machine.jit.soft_fma import without_fma

    text, rows = LOOP.format(name=name, kind=kind), rows_of(real)
    with np.errstate(all="ignore"):
        own, soft = run(text, rows), run(without_fma(text), rows)
    assert "llvm.fma" not in without_fma(text)
    same = own.view(f"u{own.itemsize}") == soft.view(f"u{own.itemsize}")
    # Of a product that is out of range less infinity, one may be NaN, one infinite.
    assert (same | ~(np.isfinite(own) | np.isfinite(soft))).all()
