"""How counts, numbers, names and lists are written in sentences, for every reader.

The terminal, the report, the messages of errors and the pictures all write with these
functions, so that one value reads the same wherever it stands.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from unicodedata import category

_SHOWN_CHARACTERS = 60
_JOINERS = "\u200c\u200d"  # part of how some scripts and symbols are written
_MOST_TEXTS = 6


def quoted(text: object) -> str:
    r"""Return a name or value in quotes, short and without control characters.

    Parameters
    ----------
    text : object
        A column name or a cell, which may come from anybody.

    Returns
    -------
    str
        At most some 60 characters; newlines, NUL and marks of writing direction are
        written as escapes.

    Examples
    --------
    >>> print(quoted("name" + chr(10)))
    'name\n'
    """
    shown = str(text)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[:_SHOWN_CHARACTERS] + "…"
    return repr(shown)


def without_password(address: str | os.PathLike[str]) -> str:
    """Return a path or an address without a password that it may hold.

    Examples
    --------
    >>> without_password("s3://key:secret@bucket/data")
    's3://key:***@bucket/data'
    >>> without_password("penguins.study")
    'penguins.study'
    """
    # A path of pathlib has lost one of the two strokes.
    return re.sub(r"(:/+[^:@/]*):[^@]*@", r"\1:***@", os.fspath(address))


def is_unicode(text: str) -> bool:
    r"""Tell whether a text can be written: no half of a pair of surrogates is alone.

    Examples
    --------
    >>> is_unicode("é"), is_unicode(chr(0xD800))
    (True, False)
    """
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def listed(names: Iterable[object], most: int = 5) -> str:
    """Return names in quotes, separated by commas, the first few of them.

    Parameters
    ----------
    names : iterable
        The names.
    most : int
        How many to show.

    Returns
    -------
    str
        The first names and how many more there are.

    Examples
    --------
    >>> listed("abc", most=2)
    "'a', 'b' and 1 more"
    """
    names = list(names)
    shown = ", ".join(quoted(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Return the sentence that something is not there, with the nearest name.

    Parameters
    ----------
    what : str
        What is missing, such as "target".
    name : object
        The name that was asked for.
    known : iterable of str
        The names that there are.

    Returns
    -------
    str
        The sentence.

    Examples
    --------
    >>> unknown("column", "colour", ["color", "size"])
    "there is no column 'colour'; did you mean 'color'?"
    """
    known = list(known)
    # Comparing very long names takes minutes and helps nobody.
    near = difflib.get_close_matches(
        str(name)[:200], [each for each in known[:10_000] if len(each) <= 200], n=1
    )
    hint = f"did you mean {quoted(near[0])}?" if near else f"there are {listed(known)}"
    return f"there is no {what} {quoted(name)}; {hint}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    Parameters
    ----------
    number : int
        How many.
    singular : str
        The noun.
    plural : str
        Its plural, where it is not formed with an s.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> count(1, "row"), count(2500, "row")
    ('1 row', '2,500 rows')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def row_from_1(number: int) -> str:
    """Return which row it is, in words, for people who count rows from 1.

    Parameters
    ----------
    number : int
        The row, counted from 1.

    Returns
    -------
    str
        The words, which say how it is counted: Python counts rows from 0.

    Examples
    --------
    >>> row_from_1(3)
    'row 3 (counted from 1)'
    """
    return f"row {number} (counted from 1)"


def elided(texts: Sequence[str], most: int = _MOST_TEXTS) -> str:
    """Return texts separated by commas, the middle of a long list left out.

    Parameters
    ----------
    texts : sequence of str
        The texts, in their order.
    most : int, default 6
        The longest list that is written in full.

    Returns
    -------
    str
        All texts, or the first ones, "…" and the last one.

    Examples
    --------
    >>> elided(["1", "2", "3"]), elided([str(i) for i in range(100)])
    ('1, 2, 3', '0, 1, 2, 3, …, 99')
    """
    if len(texts) <= most:
        return ", ".join(texts)
    return f"{', '.join(texts[: most - 2])}, …, {texts[-1]}"


def readable(text: object, most: int | None = 60, *, keep: str = "") -> str:
    r"""Return any text fit to be shown: short, and without invisible characters.

    Parameters
    ----------
    text : object
        A name or a value, which may come from anybody.
    most : int or None, default 60
        Characters to show, escapes counted; a longer text ends with "…". None for
        all of them.
    keep : str, default ""
        Control characters that stay as they are, such as the newline.

    Returns
    -------
    str
        Control characters, marks of writing direction and the like are written as
        escapes such as ``\x00``, so that neither a terminal nor a browser obeys them.

    Examples
    --------
    >>> print(readable("red" + chr(27) + "[31m"))
    red\x1b[31m
    >>> readable("body_mass_in_grams", most=10)
    'body_mass…'
    """
    whole = str(text)
    first = whole if most is None else whole[: most + 1]  # may be megabytes
    shown = "".join(
        letter if _is_visible(letter) or letter in keep else _escape(letter)
        for letter in first
    )
    if most is None or len(shown) <= most:
        return shown
    return shown[: most - 1] + "…"


def _is_visible(letter: str) -> bool:
    """Return whether a character can be shown as it is."""
    return letter.isprintable() or letter in _JOINERS or category(letter) == "Zs"


def _escape(letter: str) -> str:
    """Return a character as Python writes it in a string."""
    return letter.encode("unicode_escape").decode()


def number(value: float) -> str:
    """Return a number with four digits, in full where it is neither large nor small.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        A whole number between 1,000 and a billion, else four significant digits.

    Examples
    --------
    >>> number(0.0123456), number(4201.754), number(54321.6), number(3e12)
    ('0.01235', '4202', '54,322', '3e+12')
    """
    value = float(value) + 0.0  # not -0
    if 1000 <= abs(value) < 1e9:
        # A comma in four digits would be taken for part of a year.
        return f"{value:.0f}" if abs(value) < 9999.5 else f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share as a percentage that is 0 or 100 only if it really is.

    Parameters
    ----------
    share : float
        The share, 1 being all.

    Returns
    -------
    str
        With at most one decimal.

    Examples
    --------
    >>> percent(0.98795), percent(1.0), percent(0.99999), percent(0.0001)
    ('98.8 %', '100 %', 'over 99.9 %', 'under 0.1 %')
    """
    text = f"{100 * share:.1f}".removesuffix(".0")
    if text == "100" and share < 1 - 1e-9:
        text = "over 99.9"
    if text == "0" and share > 0:
        text = "under 0.1"
    return f"{text} %"


def duration(seconds: float) -> str:
    """Return a time in the units that people use for it.

    Parameters
    ----------
    seconds : float
        The time, in seconds.

    Returns
    -------
    str
        Tenths of a second below a minute; above, the two largest units.

    Examples
    --------
    >>> duration(3.21), duration(125.4), duration(3725), duration(0.04)
    ('3.2 s', '2 min 5 s', '1 h 2 min', 'under 0.1 s')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "under 0.1 s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
