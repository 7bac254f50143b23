"""Two ways of printing a formula: plain text for a terminal, MathML for a page."""

from __future__ import annotations

from typing import SupportsFloat

from walnet.tracing.expressions import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Expression,
    Name,
    Notation,
)
from walnet.tracing.numbers import parts, pretty

TOGETHER = "\u00a0"  # a space at which no line is broken
_BELOW = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,")
_ABOVE = str.maketrans("0123456789()-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁻⁻")


def indices(below: tuple[int, ...]) -> str:
    """Return subscripts, with commas where digits would run together."""
    comma = "," if any(index > 9 for index in below) else ""
    return comma.join(str(index) for index in below)


def below(*numbers: int) -> str:
    """Return subscripts as Unicode has them."""
    return indices(numbers).translate(_BELOW)


class Text(Notation):
    """Plain text, with the sub- and superscripts that Unicode has."""

    def digits(self, number: SupportsFloat) -> str:
        """Return a number."""
        return pretty(number, self.decimals)

    def parentheses(self, text: str) -> str:
        """Return a piece in parentheses."""
        return f"({text})"

    def operator(self, sign: str) -> str:
        """Return a sign between two pieces."""
        return sign

    def name(self, base: str, below: tuple[int, ...], layer: int | None) -> str:
        """Return a name with its indices."""
        letter, turned = base.removesuffix("ᵀ"), "ᵀ" * base.endswith("ᵀ")
        above = "" if layer is None else f"({layer})".translate(_ABOVE)
        return letter + indices(below).translate(_BELOW) + above + turned

    def fraction(self, top: Expression, bottom: Expression) -> tuple[str, int]:
        """Return a fraction and how tightly it holds together."""
        text = f"{self.inside(top, PRODUCT)}/{self.inside(bottom, POWER)}"
        return text, PRODUCT

    def rest(self, what: str, number: float) -> str:
        """Return what a sum leaves out."""
        text = f"({what})" if self.names else f"({what}: {self.digits(number)})"
        return text.replace(" ", TOGETHER)

    def power(self, base: Expression, exponent: Expression) -> str:
        """Return a power; exponents are whole numbers."""
        above = exponent.write(self)[0].translate(_ABOVE)
        text = self.inside(base, ATOM)
        # A square beside a layer's number would be read as one superscript.
        return f"({text}){above}" if text.endswith("⁾") else text + above

    def call(self, function: str, argument: Expression) -> str:
        """Return a function with its argument."""
        text = argument.write(self)[0]
        if function == "abs":
            return f"|{text}|"
        if function == "max0":
            return f"max(0, {text})"
        if function == "unit":
            return f"min(1, max(0, {text}))"
        if function == "exp":
            return f"e^({text})"
        if function == "Σ":
            return f"Σ {self.inside(argument, PRODUCT)}"
        return f"{function}({text})"

    def derivative(self, of: Name, by: Name) -> str:
        """Return a derivative."""
        return f"∂{of.write(self)[0]}/∂{by.write(self)[0]}"


class MathML(Notation):
    """MathML Core, without the surrounding ``<math>``."""

    def digits(self, number: SupportsFloat) -> str:
        """Return a number."""
        mantissa, power = parts(number, self.decimals)
        sign = "<mo>−</mo>" if mantissa.startswith("−") else ""
        text = f"{sign}<mn>{mantissa.lstrip('−')}</mn>"
        if power:
            above = power.lstrip("−")
            minus = "<mo>−</mo>" if power != above else ""
            exponent = f"<mrow>{minus}<mn>{above}</mn></mrow>"
            text += f"<mo>·</mo><msup><mn>10</mn>{exponent}</msup>"
        return f"<mrow>{text}</mrow>"

    def parentheses(self, text: str) -> str:
        """Return a piece in parentheses."""
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def operator(self, sign: str) -> str:
        """Return a sign between two pieces."""
        return f"<mo>{sign.strip()}</mo>"

    def name(self, base: str, below: tuple[int, ...], layer: int | None) -> str:
        """Return a name with its indices."""
        letter = base.removesuffix("ᵀ")
        turned = "<mi>T</mi>" if letter != base else ""
        letter, _, word = letter.partition("_")
        text = f"<mi>{letter}</mi>"
        if word:
            text = f"<msub>{text}<mtext>{word}</mtext></msub>"
        sub = f"<mn>{indices(below)}</mn>"
        above = f"<mrow><mo>(</mo><mn>{layer}</mn><mo>)</mo>{turned}</mrow>"
        if turned and layer is None:
            return f"<msup>{text}{turned}</msup>"
        if below and layer is not None:
            return f"<msubsup>{text}{sub}{above}</msubsup>"
        if below:
            return f"<msub>{text}{sub}</msub>"
        return text if layer is None else f"<msup>{text}{above}</msup>"

    def fraction(self, top: Expression, bottom: Expression) -> tuple[str, int]:
        """Return a fraction and how tightly it holds together."""
        both = "".join(
            f"<mrow>{self.inside(each, SUM)}</mrow>" for each in (top, bottom)
        )
        return f"<mfrac>{both}</mfrac>", PRODUCT

    def rest(self, what: str, number: float) -> str:
        """Return what a sum leaves out."""
        label = f"<mtext>{what}</mtext>"
        inner = label if self.names else f"{label}<mo>:</mo>{self.digits(number)}"
        return self.parentheses(inner)

    def power(self, base: Expression, exponent: Expression) -> str:
        """Return a power."""
        above = f"<mrow>{exponent.write(self)[0]}</mrow>"
        text = self.inside(base, ATOM)
        if self.names and isinstance(base, Name) and base.layer is not None:
            text = self.parentheses(text)
        return f"<msup><mrow>{text}</mrow>{above}</msup>"

    def call(self, function: str, argument: Expression) -> str:
        """Return a function with its argument."""
        text = argument.write(self)[0]
        if function == "√":
            return f"<msqrt><mrow>{text}</mrow></msqrt>"
        if function == "exp":
            return f"<msup><mi>e</mi><mrow>{text}</mrow></msup>"
        if function == "abs":
            return f"<mrow><mo>|</mo>{text}<mo>|</mo></mrow>"
        if function == "Σ":
            return f"<mrow><mo>Σ</mo>{self.inside(argument, PRODUCT)}</mrow>"
        if function in {"max0", "unit"}:
            text = f"<mn>0</mn><mo>,</mo>{text}"
        if function == "unit":
            text = f"<mn>1</mn><mo>,</mo><mi>max</mi>{self.parentheses(text)}"
        function = {"max0": "max", "unit": "min"}.get(function, function)
        return f"<mi>{function}</mi>{self.parentheses(text)}"

    def derivative(self, of: Name, by: Name) -> str:
        """Return a derivative."""
        pieces = (f"<mrow><mo>∂</mo>{each.write(self)[0]}</mrow>" for each in (of, by))
        return f"<mfrac>{''.join(pieces)}</mfrac>"
