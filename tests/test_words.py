"""How values are written in sentences, the same for every reader."""

from __future__ import annotations

import pytest

from walnet.words import duration, elided, number, percent, readable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\0b", r"a\x00b"),
        ("red\x1b[31m", r"red\x1b[31m"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("two\nlines", r"two\nlines"),
        ("\ud800", r"\ud800"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u200c\u200d", "\u200c\u200d"),
        ("98\u00a0%", "98\u00a0%"),
        ("x" * 100, "x" * 59 + "…"),
        ("\0" * 10**6, "\\x00" * 14 + "\\x0…"),
    ],
    ids=[
        "nul",
        "terminal",
        "bidi",
        "newline",
        "surrogate",
        "rtl",
        "joiner",
        "space",
        "long",
        "long-escaped",
    ],
)
def test_what_cannot_be_seen_is_written_as_escapes(text, expected):
    assert readable(text) == expected


def test_lines_are_kept_where_they_are_asked_for():
    assert readable("one\ntwo\r" * 20, None, keep="\n") == "one\ntwo\\r" * 20


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0 %"),
        (1e-9, "under 0.1 %"),
        (0.0005, "0.1 %"),
        (0.5, "50 %"),
        (0.987654, "98.8 %"),
        (0.99999, "over 99.9 %"),
        (1 - 1e-12, "100 %"),  # a sum of shares that is rounded
        (1, "100 %"),
    ],
)
def test_only_all_is_100_percent_and_only_none_is_0(share, expected):
    assert percent(share) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.00012345, "-0.0001234"),
        (999.96, "1000"),
        (9999.4, "9999"),
        (9999.6, "10,000"),
        (123456789.1, "123,456,789"),
        (1.5e9, "1.5e+09"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_have_four_digits_or_are_written_in_full(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "under 0.1 s"),
        (0.05, "0.1 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_times_are_in_the_units_people_use(seconds, expected):
    assert duration(seconds) == expected


def test_a_list_is_written_in_full_up_to_its_limit():
    assert elided(list("abcdef")) == "a, b, c, d, e, f"
    assert elided(list("abcdefg")) == "a, b, c, d, …, g"
    assert elided([]) == ""
