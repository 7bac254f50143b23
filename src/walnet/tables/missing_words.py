"""Words that stand for a value that is not there."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MISSING_WORDS = (
    *("", "?", "NA", "N/A", "n/a", "N.A.", "n.a.", "na", "<NA>", "NaN", "nan", "-nan"),
    *("NULL", "Null", "null", "(null)", "\\N", "NaT", "missing", "Missing", "(blank)"),
    *("#N/A", "#NA", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"),
    *("#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#N/D", "#¡DIV/0!", "#¡VALOR!", "#¡REF!"),
    *("#VALEUR!", "#NOM?", "#NOMBRE?", "#VALOR!", "#VALORE!", "#RIF!", "#NOME?"),
    *("#WAARDE!", "#VERW!", "#ADR!", "#ARG!", "#Н/Д", "#ЗНАЧ!", "#ССЫЛКА!"),  # noqa: RUF001
)
"""Words that stand for nothing in every column, in the case that they have here."""

MISSING_AMONG_NUMBERS = (
    *("-", "--", "---", "–", "—", ".", "..", "...", "…"),
    *(
        "none",
        "nil",
        "n.d.",
        "n.v.",
        "k.a.",
        "k. a.",
        "s/d",
        "unknown",
        "not available",
        "not applicable",
        "no data",
        "nd",
        "n/d",
        "s.d.",
        "keine angabe",
        "unbekannt",
        "n.b.",
        "nicht bekannt",
        "nicht verfügbar",
        "n.c.",
        "inconnu",
        "non disponible",
        "desconocido",
        "sin dato",
        "sin datos",
        "s/i",
        "no disponible",
        "no aplica",
        "desconhecido",
        "não disponível",
        "não se aplica",
        "sconosciuto",
        "non disponibile",
        "onbekend",
        "nvt",
        "n.v.t.",
        "brak",
        "brak danych",
        "saknas",
        "нет данных",
        "неизвестно",
        "不明",
        "无",
        "없음",
        "tbd",
        "tba",
        "<null>",
        "<none>",
        ":",
        "*",
    ),
    *("0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000"),
)
"""Words that stand for nothing among numbers and dates, in any case.

In a column of text they are values: a blood group may be ``-``, a garage ``None``.
"""

_NO_MONEY = r"^\p{Sc} ?-+$|^-+ ?\p{Sc}$"
"""A dash beside a currency, as accountants write nothing."""

_EVERYWHERE = pa.array(MISSING_WORDS)
_LOWERED = pa.array({word.lower() for word in (*MISSING_WORDS, *MISSING_AMONG_NUMBERS)})


def clean_text(texts: pa.Array, further: tuple[str, ...] = ()) -> Any:
    """Return texts without the spaces around them, words for nothing as nulls.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells of a column of text.
    further : tuple of str
        Words for nothing beside `MISSING_WORDS`.

    Returns
    -------
    pyarrow.Array of strings
        As many cells.

    Examples
    --------
    >>> clean_text(pa.array([" 12", "NA", "-"])).to_pylist()
    ['12', None, '-']
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    words = pa.array([*MISSING_WORDS, *further]) if further else _EVERYWHERE
    return _without(trimmed, pc.is_in(trimmed, value_set=words))


def clean_numbers(texts: pa.Array, further: tuple[str, ...] = ()) -> Any:
    """Return cells as `clean_text` does, also without words for nothing among numbers.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells of a column of numbers, booleans or dates.
    further : tuple of str
        Further words for nothing.

    Returns
    -------
    pyarrow.Array of strings
        As many cells.

    Examples
    --------
    >>> clean_numbers(pa.array([" 12", "None", "-"])).to_pylist()
    ['12', None, None]
    """
    cells = clean_text(texts, further)
    is_word = pc.is_in(pc.utf8_lower(cells), value_set=_LOWERED)
    is_none = pc.fill_null(pc.match_substring_regex(cells, _NO_MONEY), fill_value=False)
    return _without(cells, pc.or_(is_word, is_none))


def _without(texts: Any, is_missing: Any) -> Any:
    """Return texts with nulls where they are missing."""
    return pc.if_else(is_missing, pa.scalar(None, texts.type), texts)
