"""Files as they come: packed, in other encodings, workbooks, JSON, Arrow, addresses."""

from __future__ import annotations

import bz2
import gzip
import http.server
import io
import json
import lzma
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather, fs

from walnet.errors import DataError, HyperparameterError
from walnet.tables import ReadOptions, read_table, write_table
from walnet.tables.streams import Stream

TEXT = "size;city\n50,01;München\n7,3;Köln\n"
UTF8 = TEXT.encode()
VALUES = {"size": [50.01, 7.3], "city": ["München", "Köln"]}
TABLE = pa.table(VALUES)


def values(table):
    """Return the columns as lists."""
    return {name: column.values.to_pylist() for name, column in table.columns.items()}


def zipped(*names):
    """Return a ZIP archive of files that all hold the table."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, UTF8)
    return content.getvalue()


def in_arrow(write):
    """Return what writes the table into memory."""
    content = io.BytesIO()
    write(content)
    return content.getvalue()


def as_stream(content):
    """Write the table as a stream of batches."""
    with pa.ipc.new_stream(content, TABLE.schema) as writer:
        writer.write_table(TABLE)


def as_workbook(folder):
    """Return the table as a workbook."""
    write_table(folder / "book.xlsx", VALUES)
    return (folder / "book.xlsx").read_bytes()


READ = {
    "UTF-8": UTF8,
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16 with a mark": TEXT.encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-32 with a mark": TEXT.encode("utf-32"),
    "Windows' encoding": TEXT.encode("cp1252"),
    "Excel's first line": b"sep=;\r\n" + UTF8,
    "Excel's first line in UTF-16": ("sep=;\r\n" + TEXT).encode("utf-16"),
    "gzip": gzip.compress(UTF8),
    "bzip2": bz2.compress(UTF8),
    "xz": lzma.compress(UTF8),
    "Zstandard": pa.compress(UTF8, "zstd", asbytes=True),
    "ZIP": zipped("a.csv"),
    "ZIP of a Macintosh": zipped("a.csv", "__MACOSX/._a.csv", ".DS_Store"),
    "ZIP in gzip": gzip.compress(zipped("a.csv")),
    "Parquet in gzip": gzip.compress(in_arrow(lambda f: pq.write_table(TABLE, f))),
    "Parquet": in_arrow(lambda f: pq.write_table(TABLE, f)),
    "Feather": in_arrow(lambda f: feather.write_feather(TABLE, f)),
    "a stream of Arrow": in_arrow(as_stream),
    "JSON lines": "\n".join(map(json.dumps, TABLE.to_pylist())).encode(),
    "JSON": json.dumps(TABLE.to_pylist(), ensure_ascii=False, indent=1).encode(),
}


@pytest.fixture
def read(tmp_path):
    """Read a table from bytes, in a file whose name says nothing."""

    def read(content, **options):
        path = tmp_path / "table"
        path.write_bytes(content)
        return read_table(path, **options)

    return read


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_a_file_is_read_by_what_it_is_not_by_its_name(content, read):
    assert values(read(content)) == VALUES


def test_a_workbook_is_read(read, tmp_path):
    assert values(read(as_workbook(tmp_path))) == VALUES
    assert values(read(as_workbook(tmp_path), sheet="Sheet1")) == VALUES
    assert values(read(as_workbook(tmp_path), sheet=1)) == VALUES
    with pytest.raises(DataError, match="no sheet 'Shet1'; did you mean 'Sheet1'"):
        read(as_workbook(tmp_path), sheet="Shet1")
    with pytest.raises(DataError, match="no sheet 2; the workbook has 1 sheet"):
        read(as_workbook(tmp_path), sheet="2")


def sheet(cells):
    """Return a workbook whose only sheet has these cells, as XML."""
    book = io.BytesIO()
    write_table_to(book)
    changed = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                head = content.split(b"<sheetData>")[0]
                content = head + b"<sheetData>" + cells + b"</sheetData></worksheet>"
            new.writestr(name, content)
    return changed.getvalue()


def write_table_to(file):
    """Write a workbook into memory."""
    from walnet.tables.excel_writer import write_workbook

    write_workbook(TABLE, file)


def row(*cells):
    """Return a row of a sheet: numbers, texts, or errors that begin with #."""
    shown = [
        f"<c><v>{cell}</v></c>"
        if isinstance(cell, (int, float))
        else f'<c t="e"><v>{cell}</v></c>'
        if cell.startswith("#")
        else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
        for cell in cells
    ]
    return f"<row>{''.join(shown)}</row>".encode()


def test_a_sheet_may_have_errors_text_among_numbers_and_empty_rows(read):
    cells = [row("size", "hue"), b"<row></row>", row(1.5, "r"), row("#DIV/0!", "g")]
    cells += [row("2.5", "g"), row("", "b")]
    assert values(read(sheet(b"".join(cells)))) == {
        "size": [1.5, None, 2.5, None],
        "hue": ["r", "g", "g", "b"],
    }


def test_the_encoding_may_be_named(read):
    latin = "a,b\n1,Łódź\n".encode("cp1250")
    assert values(read(latin, encoding="cp1250"))["b"] == ["Łódź"]
    noted = read(latin)
    assert noted.notes[0].startswith("the file is not UTF-8 (line 2 holds the byte")
    assert "cp1252" in noted.notes[0]
    with pytest.raises(DataError, match="line 2 holds the byte 0xa3"):
        read(latin, encoding="utf-8")
    with pytest.raises(DataError, match="the file is not text in utf-16"):
        read(UTF8[:-1], encoding="utf-16")
    for name in ("rot13", "no such", ""):
        with pytest.raises(HyperparameterError, match="encoding must be a name"):
            read(latin, encoding=name)


def test_other_encodings_are_streamed(tmp_path):
    (tmp_path / "a.csv").write_bytes(TEXT.encode("utf-16"))
    (tmp_path / "b.csv").write_bytes(TEXT.encode("cp1252"))
    assert [values(block) for block in Stream(tmp_path).blocks()] == [VALUES, VALUES]


REFUSED = {
    "two files in an archive": (zipped("a.csv", "b.csv"), "holds 2 files ('a.csv',"),
    "no file in an archive": (zipped(), "an empty ZIP archive"),
    "cut gzip": (gzip.compress(UTF8 * 99)[:-9], "the gzip file is damaged or cut"),
    "cut bzip2": (bz2.compress(UTF8 * 99)[:-9], "the bzip2 file is damaged or cut"),
    "cut xz": (lzma.compress(UTF8 * 99)[:-20], "the xz file is damaged or cut"),
    "cut Zstandard": (READ["Zstandard"][:-9], "the Zstandard file is damaged"),
    "cut Feather": (READ["Feather"][:-30], "the Arrow file is damaged or unusual"),
    "a bomb": (bz2.compress(b"a,b\n" + b"1,2\n" * 9_000_000), "are allowed"),
    "commas and nothing else": (b"a,b" + b"," * 60_000_000, "may have 100,000 columns"),
    "JSON of two kinds": (b'{"a": 1}\n[2]\n', "line 2 must hold an object"),
    "JSON cut short": (b'{"a": 1}\n{"a": \n', "line 2 is not JSON"),
    "deep JSON": (b'{"a": ' + b"[" * 200_000, "line 1 is not JSON"),
    "lists in JSON": (b'{"a": [1, 2]}\n', "column 'a' must hold numbers, text"),
    "a NumPy array": (b"\x93NUMPY\x01\x00", "got a NumPy array"),
    "a web page": (b"<table border=1>\n<tr><td>1</td></tr>\n", "got a web page"),
    "a whole web page": (b"<!doctype html>\n<p>", "got a web page; export the table"),
    "a picture": (b"\x89PNG\r\n", "got a picture; give the table as text or Excel"),
    "a photo": (b"\xff\xd8\xff\xe0", "got a picture"),
    "a pickle": (b"\x80\x04\x95\x05\x00", "got a pickle of Python"),
    "an SPSS file": (b"$FL2@(#) SPSS\x00", "got an SPSS file"),
    "an ARFF file": (b"@RELATION iris\n@ATTRIBUTE a NUMERIC\n", "got an ARFF file"),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n", "got an HDF5 file"),
    "a damaged workbook": (
        sheet(b"<row><c"),
        "the workbook is damaged, locked or unusual",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(case, read):
    content, message = REFUSED[case]
    with pytest.raises(DataError) as caught:
        read(content)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_option_of_reading_is_refused_with_the_nearest_name():
    with pytest.raises(HyperparameterError, match="did you mean 'delimiter'"):
        read_table("table.csv", delimeter=";")


def test_a_header_of_numbers_may_be_a_row_of_values(read):
    note = "the first row is taken for the names of the columns, '5.1', '3.5', 'a'"
    assert read(b"5.1,3.5,a\n4.9,3.0,a\n").notes[0].startswith(note)
    assert read(b"0,1,2,y\n4.9,3.0,1,a\n").notes == ()  # columns that were numbered
    assert read(b"1990,1991,y\n4.9,3.0,a\n").notes == ()  # years


NESTED = {
    "list": pa.array([["a"], ["b", "c"]]),
    "struct": pa.array([{"x": 1}, {"x": 2}]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
}


@pytest.mark.parametrize("kind", NESTED)
def test_a_nested_column_of_Parquet_is_refused_by_name_and_may_be_left_out(kind, read):
    table = pa.table({"tags": NESTED[kind], "x": [1.0, 2.0]})
    content = in_arrow(lambda file: pq.write_table(table, file))
    with pytest.raises(DataError, match="column 'tags' must hold numbers, text"):
        read(content)
    assert values(read(content, drop=["tags"])) == {"x": [1.0, 2.0]}


def test_standard_input_is_read():
    program = "from walnet.tables import read_table; print(read_table('-'))"
    for content in (UTF8, gzip.compress(UTF8), READ["Parquet"]):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            input=content,
            stdout=subprocess.PIPE,
            check=True,
            timeout=100,
        )
        assert answer.stdout.startswith(b"<table: 2 rows, 2 columns")


def test_an_address_is_read(tmp_path):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path)

        def log_message(self, *_):
            pass

    (tmp_path / "a.csv").write_bytes(UTF8)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            assert values(read_table(address + "a.csv")) == VALUES
            with pytest.raises(DataError, match="cannot read 'http"):
                read_table(address + "b.csv")
        finally:
            server.shutdown()
    assert values(read_table(f"file://{tmp_path}/a.csv")) == VALUES
    with pytest.raises(DataError, match="the address cannot be read"):
        read_table("nothing://bucket/a.csv")


@pytest.mark.parametrize(
    "name",
    [
        *("a.csv", "a.txt", "a.tsv", "a", "a.data", "a.parquet", "a.pq", "a.feather"),
        *("a.arrow", "a.xlsx", "a.XLSX", "a.jsonl", "a.ndjson", "a.csv.gz", "a.gz"),
        *("a.tsv.bz2", "a.csv.xz", "a.jsonl.zst"),
    ],
)
def test_what_is_written_is_what_the_name_says_and_is_read_again(name, tmp_path):
    write_table(tmp_path / name, {"size": [1.5, None], "hue": ["=1+1", "ü"]}, raw=True)
    read = read_table(tmp_path / name, ReadOptions(kinds={"hue": "text"}))
    assert values(read) == {"size": [1.5, None], "hue": ["=1+1", "ü"]}


@pytest.mark.parametrize("name", ["orchid", "ORCID", "RDX_1", "rdx", "relation"])
def test_a_column_may_be_called_as_another_format_begins(name, tmp_path):
    (tmp_path / "a.csv").write_text(f"{name},b\n1,2\n3,4\n", "utf-8")
    assert read_table(tmp_path / "a.csv").names == (name, "b")


@pytest.mark.parametrize("start", [b"ORC\n\x03\x00", b"RDX3\nX\n\x00\x00"])
def test_binary_files_that_begin_with_letters_are_named(start, tmp_path):
    (tmp_path / "a.csv").write_bytes(start)
    with pytest.raises(DataError, match="expected a table, got a"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.xls", "a.zip", "a.json", "a.ods", "a.sqlite"])
def test_a_name_that_says_another_format_is_refused(name, tmp_path):
    with pytest.raises(DataError, match="a format that is not written; end it with"):
        write_table(tmp_path / name, {"a": [1]})
    assert not list(tmp_path.iterdir())


@pytest.fixture
def bucket(monkeypatch):
    """Serve an object store with a table in it; yield how to reach it."""
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {"ACCESS_KEY_ID": "one", "SECRET_ACCESS_KEY": "two", "REGION": "us-east-1"}
    for name, value in given.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    store, _ = fs.FileSystem.from_uri("s3://shop?allow_bucket_creation=true")
    store.create_dir("shop")
    for name, content in {
        "a.csv": UTF8,
        "a.csv.gz": gzip.compress(UTF8),
    }.items():
        with store.open_output_stream(f"shop/{name}") as file:
            file.write(content)
    yield "s3://shop"
    server.stop()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_an_object_store_is_read(bucket, name):
    assert values(read_table(f"{bucket}/{name}")) == VALUES
    assert values(read_table(Path(f"{bucket}/{name}"))) == VALUES


def test_what_an_object_store_does_not_have_is_one_sentence(bucket):
    for address in (f"{bucket}/b.csv", "s3://nowhere/a.csv"):
        with pytest.raises(DataError, match=f"cannot read '{address}': no such file"):
            read_table(address)
