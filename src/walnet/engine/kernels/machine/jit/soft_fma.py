"""Multiply-adds that are rounded once, for processors that have none: in LLVM's code.

Where a processor cannot, LLVM would call the C library for each number. These sequences
give the same bits from additions and multiplications, vector by vector: Boldo,
Melquiond, "Emulation of a FMA and correctly rounded sums", 2008. A sum that is rounded
to odd (to the neighbour whose last bit is 1, where it is not exact) can be rounded once
more without harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

_CALLED = re.compile(r"@llvm\.fma\.((?:v(\d+))?f(32|64))\b")


def without_fma(text: str, *, inline: bool = True) -> str:
    """Return a module's text in which no multiply-add asks for the processor's.

    Written into their callers the sequences are faster, called they take less room.
    """
    attribute = "alwaysinline" if inline else "noinline"
    return _with(text, partial(_definition, attribute=attribute))


def relaxed_fma(text: str) -> str:
    """Return a module's text whose multiply-adds are WebAssembly's relaxed ones.

    Those may be rounded once or twice; who loads the module has to try.
    """
    text = _with(text, _relaxed)
    for kind in ("v4f32", "v2f64"):
        vector = f"<{kind[1]} x {_ELEMENTS[kind[3:]]}>"
        arguments = ", ".join([vector] * 3)
        text += f"\ndeclare {vector} @llvm.wasm.relaxed.madd.{kind}({arguments})\n"
    return text


_ELEMENTS = {"32": "float", "64": "double"}


def _with(text: str, definition: Callable[[str, int, str], str]) -> str:
    """Return a module's text with functions of our own for LLVM's fma."""
    found = {match[0]: match.groups() for match in _CALLED.finditer(text)}
    for name, (suffix, lanes, bits) in found.items():
        text = re.sub(
            rf"^declare [^\n]*{re.escape(name)}\([^\n]*\n", "", text, flags=re.MULTILINE
        )
        text = text.replace(f"{name}(", f"@walnet_fma_{suffix}(")
        text += definition(suffix, int(lanes or 1), bits)
    return text


def _relaxed(suffix: str, lanes: int, bits: str) -> str:
    """Return the function that works by relaxed multiply-adds of 16 bytes."""
    element, of_vector = _ELEMENTS[bits], 128 // int(bits)
    kind = f"<{lanes} x {element}>" if lanes > 1 else element
    vector = f"<{of_vector} x {element}>"
    lines, parts = [], []
    for part in range(0, lanes, of_vector):
        for name in "abc":
            to = f"%{name}{part}"
            if lanes == 1:
                lines.append(
                    f"{to} = insertelement {vector} poison, {kind} %{name}, i32 0"
                )
            else:
                lines.append(
                    _pick(to, kind, f"%{name}", "poison", range(part, part + of_vector))
                )
        given = ", ".join(f"{vector} %{name}{part}" for name in "abc")
        call = f"@llvm.wasm.relaxed.madd.v{of_vector}f{bits}({given})"
        lines.append(f"%r{part} = call {vector} {call}")
        parts.append(f"%r{part}")
    if lanes == 1:
        lines.append(f"%result = extractelement {vector} {parts[0]}, i32 0")
    elif len(parts) == 1:
        lines.append(f"%result = bitcast {vector} {parts[0]} to {kind}")
    else:
        low, high = parts
        lines.append(_pick("%result", vector, low, high, range(lanes)))
    body = "".join(f"  {line}\n" for line in [*lines, f"ret {kind} %result"])
    head = (
        f"define internal {kind} @walnet_fma_{suffix}({kind} %a, {kind} %b, {kind} %c)"
    )
    return f"\n{head} alwaysinline {{\n{body}}}\n"


def _pick(to: str, kind: str, a: str, b: str, lanes: range) -> str:
    """Return the line that makes a vector of some lanes of two."""
    mask = ", ".join(f"i32 {lane}" for lane in lanes)
    return f"{to} = shufflevector {kind} {a}, {kind} {b}, <{len(lanes)} x i32> <{mask}>"


def _definition(suffix: str, lanes: int, bits: str, attribute: str) -> str:
    """Return the function that stands for LLVM's fma of a type."""

    def of(element: str) -> str:
        return f"<{lanes} x {element}>" if lanes > 1 else element

    def constant(value: str, element: str) -> str:
        if lanes == 1:
            return value
        return "<" + ", ".join([f"{element} {value}"] * lanes) + ">"

    double, whole, truth = of("double"), of("i64"), of("i1")
    facts = {
        "d": double,
        "i": whole,
        "t": truth,
        "single": of("float"),
        "one": constant("1", "i64"),
        "minus": constant("-1", "i64"),
        "none": constant("0", "i64"),
        "zero": constant("0.0", "double"),
        "splitter": constant("134217729.0", "double"),
    }
    kind = of("float") if bits == "32" else double
    body = (_SINGLE if bits == "32" else _DOUBLE).format(**facts)
    head = (
        f"define internal {kind} @walnet_fma_{suffix}({kind} %a, {kind} %b, {kind} %c)"
    )
    return f"\n{head} {attribute} {{\n{body}}}\n"


# %odd is %x + %y rounded to odd; %s is the sum, %e its error.
_TO_ODD = """\
  %s = fadd {d} %x, %y
  %s1 = fsub {d} %s, %x
  %s2 = fsub {d} %s, %s1
  %e1 = fsub {d} %x, %s2
  %e2 = fsub {d} %y, %s1
  %e = fadd {d} %e1, %e2
  %bits = bitcast {d} %s to {i}
  %ebits = bitcast {d} %e to {i}
  %signs = xor {i} %bits, %ebits
  %inward = icmp slt {i} %signs, {none}
  %step = select {t} %inward, {i} {minus}, {i} {one}
  %last = and {i} %bits, {one}
  %even = icmp eq {i} %last, {none}
  %inexact = fcmp one {d} %e, {zero}
  %moves = and {t} %even, %inexact
  %move = select {t} %moves, {i} %step, {i} {none}
  %moved = add {i} %bits, %move
  %odd = bitcast {i} %moved to {d}
"""
# The product of two float32 is exact in float64.
_SINGLE = (
    """\
  %da = fpext {single} %a to {d}
  %db = fpext {single} %b to {d}
  %y = fpext {single} %c to {d}
  %x = fmul {d} %da, %db
"""
    + _TO_ODD
    + """\
  %result = fptrunc {d} %odd to {single}
  ret {single} %result
"""
)
# The product as uh + ul (Dekker, 1971), c added to it in two parts, and a rest. A zero,
# whose sign the parts do not know, and what overflowed in them, is summed plainly.
_DOUBLE = (
    """\
  %uh = fmul {d} %a, %b
  %sa = fmul {d} %a, {splitter}
  %sa1 = fsub {d} %sa, %a
  %ah = fsub {d} %sa, %sa1
  %al = fsub {d} %a, %ah
  %sb = fmul {d} %b, {splitter}
  %sb1 = fsub {d} %sb, %b
  %bh = fsub {d} %sb, %sb1
  %bl = fsub {d} %b, %bh
  %hh = fmul {d} %ah, %bh
  %hl = fmul {d} %ah, %bl
  %lh = fmul {d} %al, %bh
  %ll = fmul {d} %al, %bl
  %u1 = fsub {d} %hh, %uh
  %u2 = fadd {d} %u1, %hl
  %u3 = fadd {d} %u2, %lh
  %ul = fadd {d} %u3, %ll
  %th = fadd {d} %c, %ul
  %t1 = fsub {d} %th, %c
  %t2 = fsub {d} %th, %t1
  %t3 = fsub {d} %c, %t2
  %t4 = fsub {d} %ul, %t1
  %x = fadd {d} %t3, %t4
  %vh = fadd {d} %uh, %th
  %v1 = fsub {d} %vh, %uh
  %v2 = fsub {d} %vh, %v1
  %v3 = fsub {d} %uh, %v2
  %v4 = fsub {d} %th, %v1
  %y = fadd {d} %v3, %v4
"""
    + _TO_ODD
    + """\
  %summed = fadd {d} %vh, %odd
  %plain = fadd {d} %uh, %c
  %lost = fcmp ueq {d} %summed, {zero}
  %result = select {t} %lost, {d} %plain, {d} %summed
  ret {d} %result
"""
)
