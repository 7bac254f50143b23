"""T1: what each kind of CSV file gives, exactly."""

from __future__ import annotations

import gzip
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet.errors import DataError
from walnet.tables import read_table
from walnet.tables.missing_words import MISSING_WORDS
from walnet.tables.reading import as_table


@pytest.fixture
def read(tmp_path):
    """Read a table from bytes."""

    def read(content, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        return read_table(path, **options)

    return read


def values(table):
    """Return the columns as lists."""
    return {name: column.values.to_pylist() for name, column in table.columns.items()}


READ = {
    "plain": (b"a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
    "no newline at the end": (b"a,b\n1,x", {"a": [1], "b": ["x"]}),
    "UTF-8 with a byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n", {"a": [1], "b": [2]}),
    "Windows line ends": (b"a,b\r\n1,2\r\n", {"a": [1], "b": [2]}),
    "old Macintosh line ends": (b"a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}),
    "semicolons": (b"a;b\n1;2\n", {"a": [1], "b": [2]}),
    "tabs": (b"a\tb\n1\t2\n", {"a": [1], "b": [2]}),
    "bars": (b"a|b\n1|2\n", {"a": [1], "b": [2]}),
    "spaces around cells": (b"a, b\n 1, x \n", {"a": [1], "b": ["x"]}),
    "quotes": (b'a,b\n1,"x, ""y""\nz"\n', {"a": [1], "b": ['x, "y"\nz']}),
    "a line end in a name": (b'"a\nb",c\n1,2\n', {"a\nb": [1], "c": [2]}),
    "blank lines": (b"\n\na,b\n\n1,2\n\n\n3,4\n\n", {"a": [1, 3], "b": [2, 4]}),
    "hexadecimal is text": (b"a,b\n0x10,1\n", {"a": ["0x10"], "b": [1]}),
    "a huge number is rounded, more digits than counted are a code": (
        b"a,b\n1e23,123456789012345678901234\n",
        {"a": [1e23], "b": ["123456789012345678901234"]},
    ),
    "missing words": (
        b"a,b,c\nNA,nan,N/A\n1,x,?\n,null,None\n",
        {"a": [None, 1, None], "b": [None, "x", None], "c": [None, None, None]},
    ),
    "infinite numbers": (b"a,b\ninf,-Infinity\n", {"a": [1e999], "b": [-1e999]}),
    "booleans": (b"a,b\ntrue,False\nTRUE,\n", {"a": [True, True], "b": [False, None]}),
    "yes and no are text": (b"a,b\nyes,1\n", {"a": ["yes"], "b": [1]}),
    "mixed numbers and text": (b"a,b\n1,1\nx,2\n", {"a": ["1", "x"], "b": [1, 2]}),
    "no name": (b",b\n1,2\n", {"column_1": [1], "b": [2]}),
    "NUL in a cell": (b"a,b\n1,x\0y\n", {"a": [1], "b": ["x\0y"]}),
    "NUL in a name": (b"a\0,b\n1,2\n3,4\n", {"a\0": [1, 3], "b": [2, 4]}),
    "mark, blank lines and an odd name": (
        b'\xef\xbb\xbf\r\n"\xc3\xa9\n,",b\r\n1,2\r\n',
        {"é\n,": [1], "b": [2]},
    ),
    "one row": (b"a,b\n1,2\n", {"a": [1], "b": [2]}),
}


@pytest.mark.parametrize("case", READ)
def test_a_csv_file_is_read_as_stated(read, case):
    content, expected = READ[case]
    assert values(read(content)) == expected


REFUSED = {
    "short row": (b"a,b\n1,2\n3\n4,5\n", "line 3 has 1 cell, but the header has 2 col"),
    "long row": (b"a,b\n1,2\n\n\n3,4,5\n", "line 5 has 3 cells, but the header has 2"),
    "short row after a cell of several lines": (
        b'a,b\n1,"x\ny\nz"\n2\n',
        "line 5 has 1",
    ),
    "open quote in the last cell": (
        b'a,b\n1,"x\n2,y\n',
        "in line 2 has a quote that is n",
    ),
    "open quote in the middle": (
        b'a,b\n1,x\n"2,y\n',
        "in line 3 has a quote that is n",
    ),
    "open quote at the very end": (b'a,b\n1,"x', "in line 2 has a quote that is never"),
    "UTF-8 with one byte broken": (
        b"a,b\n1,caf\xc3\xa9\n2,caf\xe9\n",
        "line 3 holds the byte 0xe9, which is not UTF-8",
    ),
    "duplicate names": (b"a,b,a\n1,2,3\n", "but 'a' comes twice"),
    "duplicate names but for spaces": (b"a, a\n1,2\n", "but 'a' comes twice"),
    "one column": (b"a\n1\n2\n", "1 column found in the header 'a'"),
    "another delimiter": (b"a:b\n1:2\n", "1 column found in the header 'a:b'"),
    "empty": (b"", "the file is empty"),
    "only blank lines": (b"\n\r\n \n", "the file is empty"),
    "header only": (b"a,b\n", "a header but no rows"),
    "header only, no newline": (b"a,b", "a header but no rows"),
    "a line of spaces": (b"a,b\n   \n1,2\n", "line 2 has 1 cell"),
    "a damaged archive": (b"PK\x03\x04....", "the ZIP archive is damaged"),
    "a picture": (b"\x89PNG\r\n....", "expected a table, got a picture"),
    "cut gzip": (
        gzip.compress(b"a,b\n1,2\n")[:-9],
        "gzip file is damaged or cut short",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_csv_file_is_refused_in_one_sentence_that_names_it(read, case):
    content, message = REFUSED[case]
    with pytest.raises(DataError) as caught:
        read(content)
    assert message in str(caught.value)
    assert "table.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_named_delimiter_is_taken_and_may_give_one_column(read):
    assert values(read(b"a:b\n1:2\n", delimiter=":")) == {"a": [1], "b": [2]}
    assert read(b"a,b\n1,2\n", delimiter=";").names == ("a,b",)
    assert read(b"a\n1\n", min_columns=1).names == ("a",)
    with pytest.raises(DataError, match="a delimiter is one sign"):
        read(b"a,b\n1,2\n", delimiter="::")


def test_gzip_is_unpacked_whatever_the_name(read):
    assert values(read(gzip.compress(b"a,b\n1,2\n"))) == {"a": [1], "b": [2]}


def test_a_pipe_is_read(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a,b\n1,x\n",))
    writer.start()
    table = read_table(path)
    writer.join()
    assert values(table) == {"a": [1], "b": ["x"]}


def test_a_known_category_stays_text(read):
    assert values(read(b"a,b\n007,1\n", kinds={"a": "category"})) == {
        "a": ["007"],
        "b": [1],
    }
    assert read(b"a,b\n,1\n", kinds={"a": "category"}).kinds["a"] == "empty"


def test_dates_are_read_as_ISO_8601_writes_them(read):
    table = read(
        b"a,b\n2024-02-29,2024-01-31T12:30:00+02:00\nNA,2024-01-31 23:59:59Z\n"
    )
    assert table.kinds == {"a": "date", "b": "date"}
    assert [str(x) for x in values(table)["a"]] == ["2024-02-29 00:00:00", "None"]
    assert str(values(table)["b"][0]) == "2024-01-31 10:30:00"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("no.csv", "no such file"), (".", "it is a folder"), ("\0", "NUL")],
)
def test_a_file_that_is_not_there_is_named(tmp_path, path, reason):
    with pytest.raises(DataError, match=reason):
        as_table(f"{tmp_path}/{path}")


# T5: names

ODD_NAMES = ["<script>alert(1)</script>", "a\nb", "a\0b", "\u202eabc", "x" * 2**20]


@pytest.mark.parametrize(
    "name", ODD_NAMES, ids=["script", "newline", "NUL", "RTL", "1 MB"]
)
def test_odd_names_are_read_and_harmless_in_messages(read, name):
    table = read(f'"{name}",b\n1,2\n'.encode())
    assert table.names == (name, "b")
    with pytest.raises(DataError) as caught:
        table["c"]
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 300


# Laws

cells = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
)


def quoted_cell(cell):
    """Write a cell so that nothing in it is taken for the file's own signs."""
    return '"' + cell.replace('"', '""') + '"'


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_quoted_cells_come_back_whatever_they_hold(
    tmp_path_factory, rows, delimiter, end
):
    lines = [delimiter.join(map(quoted_cell, row)) for row in [("p", "q"), *rows]]
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes((end.join(lines) + end).encode())
    table = read_table(path, delimiter=delimiter, kinds=dict.fromkeys("pq", "category"))
    for name, column in zip("pq", zip(*rows, strict=True), strict=True):
        stripped = [cell.strip() for cell in column]
        expected = [None if cell in MISSING_WORDS else cell for cell in stripped]
        assert table[name].values.to_pylist() == expected


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_text("a,b\n" + "".join(f"{number!r},1\n" for number in numbers))
    assert values(read_table(path))["a"] == numbers
