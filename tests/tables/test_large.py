"""T2, T3: large tables within their memory, and bombs refused before they go off."""

from __future__ import annotations

import gzip
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from walnet.errors import DataError
from walnet.tables import read_table
from walnet.tables.limits import MAX_CELLS, MAX_COLUMNS
from walnet.tables.parquet_reader import check_parquet_size
from walnet.tables.table import check_size

MEASURE = """
import sys, time
from walnet.tables import Schema, read_table
start = time.perf_counter()
try:
    table = read_table(sys.argv[1])
    print(table)
    if len(sys.argv) > 2:
        schema = Schema.fit(table, sys.argv[2])
        print(schema.encode(table).shape)
except ValueError as error:
    print(error)
# The high-water mark of this process alone, unlike what getrusage answers.
print([line for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


def read_measured(*arguments):
    """Read a table in a process of its own; return what it says and its megabytes."""
    command = [sys.executable, "-c", MEASURE, *map(str, arguments)]
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=100, check=True
    ).stdout
    return answer, int(answer.split("VmHWM:")[1].split()[0]) / 1024


def write_rows(path, n_rows):
    """Write a CSV file of numbers, text, a boolean and a date."""
    random = np.random.default_rng(0)
    block = 100_000
    with path.open("w") as file:
        file.write("size,weight,hue,paid,day,class\n")
        numbers = random.normal(size=(block, 2)).round(4)
        lines = [
            f"{a},{b},{'rgb'[i % 3]},{'true' if i % 2 else 'false'},"
            f"2024-01-{i % 28 + 1:02d},{'yes' if a > 0 else 'no'}\n"
            for i, (a, b) in enumerate(numbers)
        ]
        for _ in range(n_rows // block):
            file.writelines(lines)


def test_a_hundred_thousand_rows_need_little_memory(tmp_path):
    write_rows(tmp_path / "table.csv", 100_000)
    answer, megabytes = read_measured(tmp_path / "table.csv", "class")
    assert "100,000 rows, 6 columns (2 number, 2 category, 1 boolean, 1 date)" in answer
    assert megabytes < 350


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_ten_million_rows_are_read_within_a_gigabyte(tmp_path):
    write_rows(tmp_path / "table.csv", 10_000_000)
    answer, megabytes = read_measured(tmp_path / "table.csv")
    assert "10,000,000 rows, 6 columns" in answer
    assert megabytes < 1024


def test_a_cell_of_ten_megabytes_is_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1," + b"x" * (10 << 20) + b"\n2,y\n")
    assert [len(text) for text in read_table(path)["b"].values.to_pylist()] == [
        10 << 20,
        1,
    ]


def test_an_open_quote_in_a_large_file_is_found(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b'a,b\n1,2\n3,"' + b"x,y\n" * (5 << 20))
    with pytest.raises(
        DataError, match="row that starts in line 3 is longer than 16 MB"
    ):
        read_table(path)


def test_twenty_thousand_columns_are_read(tmp_path):
    path = tmp_path / "table.csv"
    names = [f"c{i}" for i in range(20_000)]
    row = ",".join(map(str, range(20_000)))
    path.write_text(",".join(names) + "\n" + (row + "\n") * 3)
    table = read_table(path)
    assert table.names == tuple(names)
    assert table["c19999"].numbers().tolist() == [19999] * 3


def test_the_limits_of_size_are_said():
    check_size(MAX_CELLS // 10, 10)
    with pytest.raises(
        DataError, match="may have 1,000,000,000 cells, got 100,000,001 ro"
    ):
        check_size(MAX_CELLS // 10 + 1, 10)
    with pytest.raises(DataError, match="may have 100,000 columns, got 100,001"):
        check_size(0, MAX_COLUMNS + 1)


# T3: bombs


def numbers_bomb(path):
    """456 kB of Parquet that stand for 800 MB of numbers."""
    zeros = pa.array(np.zeros(10_000_000))
    pq.write_table(pa.table([zeros] * 10, [f"x{i}" for i in range(10)]), path)


def packed_bomb(path):
    """78 kB of gzip that stand for 80 MB of CSV."""
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000))


def plain_bomb(path):
    """Text that is compressed and not a dictionary: as long as it says."""
    texts = pa.array(["x" * 100_000] * 1000)
    pq.write_table(
        pa.table({"a": texts}), path, compression="zstd", use_dictionary=False
    )


@pytest.mark.parametrize("bomb", [numbers_bomb, packed_bomb, plain_bomb])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, bomb):
    path = tmp_path / "bomb"
    bomb(path)
    answer, megabytes = read_measured(path)
    assert "bytes or more, and " in answer
    assert megabytes < 300


def test_text_that_repeats_stays_a_dictionary(tmp_path):
    path = tmp_path / "bomb"
    codes = pa.array(np.zeros(1_000_000, np.int32))
    texts = pa.DictionaryArray.from_arrays(codes, ["x" * 10_000])
    pq.write_table(pa.table({"a": texts, "b": np.arange(1_000_000) % 7}), path)
    answer, megabytes = read_measured(path)
    assert "1,000,000 rows, 2 columns (1 category, 1 number)" in answer
    assert megabytes < 300


class Footer:
    """A footer that says what a malicious file would say."""

    num_rows = 10**12
    num_columns = 3
    num_row_groups = 0


def test_a_footer_that_promises_too_much_is_refused():
    with pytest.raises(DataError, match="cells"):
        check_parquet_size(Footer(), 10**9)
    Footer.num_rows = 10**6
    with pytest.raises(DataError, match="row counts contradict"):
        check_parquet_size(Footer(), 10**9)


def outcome(path):
    """Return whether a table is read, and let through any error but our own."""
    try:
        read_table(path)
    except DataError:
        return "refused"
    return "read"


def test_a_damaged_parquet_file_is_one_sentence(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), good)
    content = good.read_bytes()
    random = np.random.default_rng(0)
    for length in random.integers(4, len(content), 100):
        bad.write_bytes(content[:length])
        with pytest.raises(DataError, match="Parquet file is damaged") as caught:
            read_table(bad)
        assert "\n" not in str(caught.value)
    for place in random.integers(4, len(content), 200):
        changed = bytearray(content)
        changed[place] ^= 1 << random.integers(8)
        bad.write_bytes(changed)
        assert outcome(bad) in ("read", "refused")


def test_a_parquet_file_without_rows_or_with_two_columns_of_one_name_is_refused(
    tmp_path,
):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(DataError, match="has no rows"):
        read_table(path)
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    with pytest.raises(DataError, match="'a' comes twice"):
        read_table(path)
