"""Class labels as JSON, so that a saved classifier answers in the labels it learned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError

_NUMBERS: dict[str, type] = {
    "bool": bool,
    **dict.fromkeys(("int8", "int16", "int32", "int64"), int),
    **dict.fromkeys(("uint8", "uint16", "uint32", "uint64"), int),
    **dict.fromkeys(("float32", "float64"), float),
}
_MAX_CHARACTERS = 2**26


def labels_to_json(labels: NDArray[Any]) -> dict[str, Any]:
    """Return class labels as a JSON-able dictionary.

    Parameters
    ----------
    labels : ndarray of shape (n_classes,)
        Numbers, booleans or texts; an object array may mix texts, integers and
        booleans.

    Returns
    -------
    dict
        ``{"dtype": str, "values": list}``.

    Raises
    ------
    DataError
        If the labels are of another type and cannot be saved.

    See Also
    --------
    labels_from_json : The way back.

    Examples
    --------
    >>> labels_to_json(np.array(["no", "yes"]))
    {'dtype': 'str', 'values': ['no', 'yes']}
    """
    dtype = "str" if labels.dtype.kind == "U" else labels.dtype.name
    description = {"dtype": dtype, "values": labels.tolist()}
    try:
        labels_from_json(description)
    except FileFormatError as error:
        message = f"labels of dtype {labels.dtype} cannot be saved: {error}"
        raise DataError(message) from error
    return description


def labels_from_json(description: dict[str, Any]) -> NDArray[Any]:
    """Return the class labels that `labels_to_json` wrote, trusting nothing.

    Parameters
    ----------
    description : dict
        ``{"dtype": str, "values": list}``.

    Returns
    -------
    ndarray of shape (n_classes,)
        The labels, of the same type and with the same values. A text array is as
        wide as its longest text.

    Raises
    ------
    FileFormatError
        If the description is not one of labels.

    Examples
    --------
    >>> labels_from_json({"dtype": "int64", "values": [3, 7]})
    array([3, 7])
    """
    if type(description) is not dict or description.keys() != {"dtype", "values"}:
        raise FileFormatError("labels must have a dtype and values")
    dtype, values = description["dtype"], description["values"]
    if type(dtype) is not str or type(values) is not list:
        raise FileFormatError("labels must have a dtype as text and values as a list")
    _check_values(dtype, values)
    try:
        labels = np.array(values, dtype=dtype)
    except OverflowError as error:
        raise FileFormatError(f"a label does not fit the dtype {dtype}") from error
    # NumPy rounds numbers and cuts NUL characters off a text without a word.
    if labels.tolist() != values:
        raise FileFormatError(f"a label does not fit the dtype {dtype}")
    return labels


def _check_values(dtype: str, values: list[Any]) -> None:
    """Refuse a dtype that labels do not have and values of another type."""
    if dtype == "str":
        allowed: set[type] = {str}
        # A text array gives every text the room of its longest one.
        if len(values) * max(map(len, values), default=0) > _MAX_CHARACTERS:
            raise FileFormatError("the labels are too long")
    elif dtype == "object":
        allowed = {str, int, bool}
    elif dtype in _NUMBERS:
        allowed = {_NUMBERS[dtype]}
    else:
        raise FileFormatError(f"labels cannot have the dtype {dtype[:30]!r}")
    if not set(map(type, values)) <= allowed:
        names = ", ".join(sorted(each.__name__ for each in allowed))
        raise FileFormatError(f"labels of dtype {dtype} must be of type {names}")
