"""How people write numbers: commas, thousands, currencies, units, brackets, clocks.

A `NumberForm` says what the numbers of one column have in common. `PUNCTUATION` is the
table of the signs within a number; what stands beside it (a currency, a percent sign, a
unit) is found in the cells. Every form takes the signs that need no choice: ``+5``, the
Unicode minus, ``(12.30)`` for −12.30, ``12-`` for −12, ``1e3``, and ``<5`` or ``10+``,
whose bound is taken for the number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from walnet.tables.number_parts import PARTS
from walnet.tables.patterns import parts_of, replaced
from walnet.words import quoted


class Punctuation(NamedTuple):
    """The signs within a number.

    Attributes
    ----------
    decimal : str
        Before the decimals.
    thousands : str
        Between groups of three digits; empty if there is none.
    words : str
        What a note says of it; empty for what every computer writes.
    """

    decimal: str
    thousands: str
    words: str


PUNCTUATION = (
    Punctuation(".", "", ""),
    Punctuation(",", "", "with a decimal comma"),
    Punctuation(".", ",", "with commas between thousands"),
    Punctuation(",", ".", "with a decimal comma and points between thousands"),
    Punctuation(".", " ", "with spaces between thousands"),
    Punctuation(",", " ", "with a decimal comma and spaces between thousands"),
    Punctuation(".", "'", "with apostrophes between thousands"),
    Punctuation(",", "'", "with a decimal comma and apostrophes between thousands"),
    Punctuation(".", "_", "with underscores between thousands"),
)
"""The signs within numbers; of those that fit equally well the first is taken."""

_MONEY = """
$ € £ ¥ ₹ ₽ ₩ ₺ ₴ ₫ ₪ ₱ ฿ ₦ ¢ US$ A$ C$ R$ HK$ NZ$ S$ kr kr. Kč zł Ft лв Rs Rs.
Fr. USD EUR GBP JPY CNY RMB INR RUB KRW TRY UAH BRL MXN CAD AUD NZD CHF SEK NOK
DKK ISK PLN CZK HUF RON BGN ZAR SGD HKD TWD THB IDR MYR PHP VND ILS AED SAR EGP
NGN KES ARS CLP COP PEN BTC ETH 円 元 원 TL руб руб. р. грн lei дин ₸ ₾ ₼
"""  # noqa: RUF001 - of Cyrillic
CURRENCIES = frozenset(_MONEY.split())
"""Signs and codes of money, which stand before or after a number, or are left out."""

WHOLE_MONEY = frozenset(["¥", "円", "元", "₩", "원", "₫", "JPY", "KRW", "VND"])
"""Money without cents: a comma in it stands between thousands."""

MAGNITUDES = {
    "k": 1e3,
    "tsd": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "mio.": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "mrd.": 1e9,
    "billion": 1e9,
    "t": 1e12,
}
"""Words that multiply a number, in any case: ``14k``, ``1.5 M``."""

_SIGNS = (
    ("[\u2212\u2012\u2013\ufe63\uff0d]", "-"),
    ("[\u00a0\u2007\u2009\u202f]", " "),
    ("[\u2019\u02bc\u00b4]", "'"),
    (r"[.,]-+$", ""),  # no cents
    (r"^([-+(]?)% ?(\d[\d.,]*\)?)$", r"\1\2%"),  # as in Turkey
    (r"(\d) ?[\x{d7}x*\x{b7}] ?10\^?([+-]?\d+)$", r"\1e\2"),
)
"""Signs that mean the same as plain ones, as patterns, and those."""

_UNIT = re.compile(
    r"[^\W\d_][^;:,\t\"]{0,19}|[%‰°][^\d;,\t\"]{0,8}|['\"″′]|/ ?(?:\d|10|20|100)"
)
_CELL = re.compile(
    r"(?P<before>(?:[^\d.,'\s]+\.?)?)\s*"
    r"(?P<number>[\d.,](?:[\d.,'_ ]*[\d.,])?(?:[eE][+-]?\d+)?)\s*(?P<after>.*)"
)
_LONGEST_SYMBOL = 3  # letters of a unit; a longer one is a word
_BARE = r"^-?[\d.,'_ ]+$"


class NumberForm(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the numbers of a column are written.

    Parameters
    ----------
    decimal, thousands : str
        The signs within a number, a row of `PUNCTUATION`.
    mark : str
        A currency, or a percent sign or unit that stands after every number. The number
        is what stands beside it: ``12 %`` is 12.
    multiplied : bool
        Whether words of `MAGNITUDES` multiply the numbers.
    parts : str
        How numbers of several parts are written, one of `PARTS`.

    Examples
    --------
    >>> form = NumberForm(decimal=",", thousands=".", mark="€")
    >>> form.read(pa.array(["1.299,99 €", "-€5", "(7)", "12 kg"])).to_pylist()
    [1299.99, -5.0, -7.0, None]
    """

    decimal: str = "."
    thousands: str = ""
    mark: str = ""
    multiplied: bool = False
    parts: str = ""

    def __post_init__(self) -> None:
        """Refuse signs that a saved form cannot have."""
        known = {(each.decimal, each.thousands) for each in PUNCTUATION}
        is_mark = not self.mark or self.mark in CURRENCIES or _is_unit(self.mark)
        is_known = (self.decimal, self.thousands) in known
        if not is_known or not is_mark or self.parts not in ("", *PARTS):
            raise ValueError(f"numbers are not written so: {quoted(self)}")

    @property
    def kind(self) -> str:
        """The kind of value that is read."""
        return "number"

    @property
    def words(self) -> str:
        """What is special about the numbers, in words."""
        signs = {(each.decimal, each.thousands): each.words for each in PUNCTUATION}
        start = PARTS[self.parts].words if self.parts else "numbers"
        parts = [signs[self.decimal, self.thousands]]
        parts += [f"in {self.mark}"] if self.mark else []
        parts += ["multiplied by words such as k or M"] if self.multiplied else []
        return " ".join([start, " and ".join(filter(None, parts))]).strip()

    def read(self, cells: pa.Array) -> Any:
        """Return the numbers of cells, null where a cell is not of the form.

        Parameters
        ----------
        cells : pyarrow.Array of strings
            Cells without spaces around them.

        Returns
        -------
        pyarrow.Array of float64
            As many numbers.
        """
        if self.parts:
            return self._read_parts(cells)
        if self.mark or self.multiplied:
            return self._read_signed(cells)
        # Most cells are digits only, which is ten times as fast.
        is_bare = pc.match_substring_regex(cells, f"^-?{self._pattern()}$")
        numbers = self._converted(pc.if_else(is_bare, cells, None))
        if numbers.null_count == cells.null_count:
            return numbers
        is_other = pc.invert(pc.match_substring_regex(cells, _BARE))
        is_other = pc.fill_null(is_other, fill_value=False)
        others = self._read_signed(cells.filter(is_other))
        return pc.replace_with_mask(numbers, is_other, others)

    def _read_signed(self, cells: Any) -> Any:
        """Return the numbers of cells with signs and marks."""
        plain, negative = _without_signs(_without_bounds(_plain_signs(cells)))
        numerals, factors = self._numerals(plain)
        is_numeral = pc.match_substring_regex(numerals, f"^{self._pattern()}$")
        numerals = self._converted(pc.if_else(is_numeral, numerals, None))
        numbers = pc.multiply(numerals, factors)
        return pc.if_else(negative, pc.negate(numbers), numbers)

    def _read_parts(self, cells: Any) -> Any:
        """Return the numbers of cells of several parts."""
        plain, negative = _without_signs(_plain_signs(cells))
        numbers = PARTS[self.parts].read(self._numerals(plain)[0])
        return pc.if_else(negative, pc.negate(numbers), numbers)

    def _converted(self, numerals: Any) -> Any:
        """Return numerals of the form as numbers."""
        if self.thousands:
            numerals = pc.replace_substring(numerals, self.thousands, "")
        if self.decimal != ".":
            numerals = pc.replace_substring(numerals, self.decimal, ".")
        return numerals.cast(pa.float64())

    def _numerals(self, cells: Any) -> tuple[Any, Any]:
        """Return what stands beside the mark, and by what it is multiplied."""
        if self.mark in CURRENCIES:
            mark = re.escape(self.mark)
            cells = replaced(cells, f"(?i)^{mark} ?| ?{mark}$", "")
        elif self.mark:
            unit = f"(?i) ?{_unit_pattern(self.mark)}$"
            has_unit = pc.match_substring_regex(cells, unit)
            cells = pc.if_else(has_unit, replaced(cells, unit, ""), None)
        if not self.multiplied:
            return cells, 1.0
        words = "|".join(map(re.escape, sorted(MAGNITUDES, key=len, reverse=True)))
        parts = parts_of(cells, f"(?i)^(?P<number>.*?) ?(?P<word>{words})?$")
        known = pc.index_in(
            pc.utf8_lower(parts["word"]), value_set=pa.array([*MAGNITUDES])
        )
        factors = pc.take(pa.array([*MAGNITUDES.values()]), known)
        return parts["number"], pc.fill_null(factors, 1.0)

    def _pattern(self) -> str:
        """Return what a number without its sign looks like."""
        decimal, group = re.escape(self.decimal), re.escape(self.thousands)
        whole = r"\d+"
        if group:
            # India groups the digits before the last three by two.
            middle = "{2,3}" if self.thousands == "," else "{3}"
            whole = rf"(?:[1-9]\d{{0,2}}(?:{group}\d{middle})*{group}\d{{3}}|\d+)"
        return rf"(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?"


PLAIN = NumberForm()


def number_forms(cells: Iterable[str]) -> list[NumberForm]:
    """Return the forms that numbers of a column may have.

    Parameters
    ----------
    cells : iterable of str
        Some of its cells, without spaces around them.

    Returns
    -------
    list of NumberForm
        In the order in which they are to be preferred.

    Examples
    --------
    >>> sorted({form.mark for form in number_forms(["5 kg", "12.5 kg"])})
    ['', 'kg']
    """
    texts = pa.array(cells, pa.string())
    bare = _without_signs(_without_bounds(_plain_signs(texts)))[0]
    mark, multiplied = _mark_of(bare)
    of_fractions, _ = _mark_of(replaced(bare, r"^(?:\d+[ -])?\d+/\d+", "1"))
    return [
        NumberForm(each.decimal, each.thousands, mark, multiplied)
        for each in PUNCTUATION
    ] + [
        NumberForm(mark=of_fractions if each == "fraction" else "", parts=each)
        for each in PARTS
    ]


def has_bound(cells: pa.Array) -> Any:
    """Return which cells give a bound instead of a number: ``<5``, ``10+``."""
    return pc.match_substring_regex(cells, r"^[<>≤≥~≈]|\d\+(?: \D*)?$")


def _mark_of(cells: Any) -> tuple[str, bool]:
    """Return the mark beside most of the numbers, and whether words multiply them."""
    found = [_CELL.fullmatch(cell) for cell in cells.to_pylist() if cell]
    matches = [each for each in found if each]
    befores = Counter(found["before"] for found in matches)
    afters = _in_plural(Counter(found["after"].strip() for found in matches))
    n_words = sum(after.lower() in MAGNITUDES for after in afters)
    both = befores + afters
    currency = max(
        filter(CURRENCIES.__contains__, both),
        key=lambda each: both[each],
        default="",
    )
    # One such word alone may be a unit: 5 m.
    if currency or n_words > 1:
        return currency, n_words > 0
    after = afters.most_common(1)[0][0] if afters else ""
    # One cell alone may be a code: "0x10".
    return after if _is_unit(after) and afters[after] > 1 else "", False


def _in_plural(words: Counter[str]) -> Counter[str]:
    """Return how often words come, a singular counted as its plural."""
    merged: Counter[str] = Counter()
    for word, times in words.items():
        plural = f"{word}s"
        is_word = plural in words and len(plural) > _LONGEST_SYMBOL
        merged[plural if is_word else word] += times
    return merged


def _is_unit(text: str) -> bool:
    """Tell whether a text after a number can be its unit."""
    return _UNIT.fullmatch(text) is not None


def _unit_pattern(unit: str) -> str:
    """Return a pattern of a unit; a word in the plural is there in the singular, too.

    Examples
    --------
    >>> _unit_pattern("years"), _unit_pattern("kg")
    ('years?', 'kg')
    """
    is_plural = len(unit) > _LONGEST_SYMBOL and unit.endswith("s")
    return f"{re.escape(unit)}?" if is_plural else re.escape(unit)


def _plain_signs(cells: Any) -> Any:
    """Return cells with plain spaces, apostrophes and minus signs."""
    for pattern, sign in _SIGNS:
        cells = replaced(cells, pattern, sign)
    return pc.utf8_trim_whitespace(cells)


def _without_bounds(cells: Any) -> Any:
    """Return cells without what makes a number a bound."""
    return replaced(cells, r"^(?:[<>≤≥~≈]=? ?)|(\d)\+( \D*)?$", r"\1\2")


def _without_signs(cells: Any) -> tuple[Any, Any]:
    """Return cells without brackets and signs, and which were negative."""
    in_brackets = pc.match_substring_regex(cells, r"^[^\d(]*\([^()]*\d[^()]*\)[^\d)]*$")
    cells = pc.if_else(in_brackets, replaced(cells, "[()]", ""), cells)
    has_minus = pc.match_substring_regex(cells, r"^[^\d.,-]*-[^-]*\d|^[^-]*\d ?-$")
    cells = pc.if_else(
        has_minus, replaced(cells, r"^([^\d.,-]*)- ?| ?-$", r"\1"), cells
    )
    cells = replaced(cells, r"^([^\d.,+-]*)\+ ?([^+-]*)", r"\1\2")
    return pc.utf8_trim_whitespace(cells), pc.or_(in_brackets, has_minus)
