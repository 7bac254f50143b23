"""Parts of many cells at once, by one pattern."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def parts_of(cells: pa.Array, pattern: str) -> dict[str, Any]:
    r"""Return the named groups of a pattern in each cell.

    Parameters
    ----------
    cells : pyarrow.Array of strings
        The cells.
    pattern : str
        A regular expression with named groups, as RE2 writes them.

    Returns
    -------
    dict of str to pyarrow.Array of strings
        The text of each group, empty where the cell has none, null where the pattern
        does not fit the cell.

    Examples
    --------
    >>> parts_of(pa.array(["5kg", "x"]), r"(?P<number>\d+)")["number"].to_pylist()
    ['5', None]
    """
    found = pc.extract_regex(cells, pattern)
    return {field.name: pc.struct_field(found, field.name) for field in found.type}


def replaced(cells: Any, pattern: str, text: str) -> Any:
    """Return cells with another text in place of what a pattern finds."""
    return pc.replace_substring_regex(cells, pattern, text)


def whole_numbers(texts: pa.Array) -> Any:
    """Return digits as float64 numbers: 0 where there are none, null where null."""
    return pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.float64())
