"""Numbers as they are printed: rounded copies, never what is computed with."""

from __future__ import annotations

import math
from typing import SupportsFloat

import numpy as np

EXACT = 17  # from so many decimals on, every digit of a number is printed
_DIGITS = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def plain(value: SupportsFloat, decimals: int) -> str:
    """Return a number as Python writes it, rounded to so many decimals.

    A number too small for them gets so many digits instead. Where nothing is lost,
    zeros at the end are left out, so that 0.5 and a target of 1 read as they are.

    Parameters
    ----------
    value : float or NumPy float
        float32 numbers are printed with the digits that float32 has.
    decimals : int
        From 1; 17 or more print every digit.

    Examples
    --------
    >>> plain(0.123456, 3), plain(0.000123456, 3), plain(0.5, 3)
    ('0.123', '1.23e-04', '0.5')
    """
    number = value if isinstance(value, np.floating) else np.float64(value)
    size = abs(float(number))
    if not math.isfinite(size):
        return str(float(number))
    if decimals >= EXACT:
        return _every_digit(number, size)
    small = 0 < size < 10.0 ** (-2 * decimals / 3)
    digits = f"{number:.{decimals - 1}e}" if small else f"{number:.{decimals}f}"
    if size >= 1e7:
        digits = f"{number:.{max(decimals, 6)}e}"
    return _shorter(digits, float(number))


def _every_digit(number: np.floating, size: float) -> str:
    """Return the shortest digits that read back as the same number."""
    if size == 0 or 1e-5 <= size < 1e16:
        return np.format_float_positional(number, trim="-")
    return np.format_float_scientific(number, trim="-")


def _shorter(digits: str, number: float) -> str:
    """Leave zeros at the end out where the digits are the number itself."""
    if float(digits) != number:
        return digits
    mantissa, e, exponent = digits.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return "0" if mantissa == "-0" else f"{mantissa}{e}{exponent}"


def rounded(value: SupportsFloat, decimals: int) -> float:
    """Return the number that :func:`plain` prints."""
    return float(plain(value, decimals))


def parts(value: SupportsFloat, decimals: int) -> tuple[str, str]:
    """Return mantissa and power of ten as people write them, ``("−1.2", "−5")``."""
    mantissa, _, exponent = plain(value, decimals).partition("e")
    power = str(int(exponent)) if exponent else ""
    return mantissa.replace("-", "−"), power.replace("-", "−")


def pretty(value: SupportsFloat, decimals: int) -> str:
    """Return a number as people write it.

    Examples
    --------
    >>> pretty(-0.25, 3), pretty(-1.2345e-05, 3)
    ('−0.25', '−1.23·10⁻⁵')
    """
    mantissa, power = parts(value, decimals)
    return f"{mantissa}·10{power.translate(_DIGITS)}" if power else mantissa
