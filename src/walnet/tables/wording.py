"""How names and values appear in messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN_CHARACTERS = 60


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
