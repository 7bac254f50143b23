"""Writing files: the old one or the new one, never a half."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from walnet.errors import DataError
from walnet.saving.atomic import open_atomically, write_atomically


def names_in(folder):
    """Return the names in a folder."""
    return [path.name for path in folder.iterdir()]


def fail_half_way(path, error):
    """Write the first half of a file."""
    with open_atomically(path) as file:
        file.write(b"half of the new")
        raise error


def test_a_new_file_gets_the_permissions_of_any_other(tmp_path):
    path, other = tmp_path / "new", tmp_path / "other"
    other.touch()
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode == other.stat().st_mode


def test_an_old_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_written_through(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error):
        fail_half_way(path, error)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


def test_every_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    for place, reason in {
        tmp_path: "it is a folder",
        tmp_path / "none" / "file": "no such file or folder",
        tmp_path / "file" / "file": "is a file, not a folder",
        tmp_path / ("x" * 300): "the name is too long",
        "/dev/full": "the disk is full",
        "a\0b": "NUL",
    }.items():
        with pytest.raises(DataError, match=reason) as caught:
            write_atomically(place, b"content")
        assert "\n" not in str(caught.value)
    assert names_in(tmp_path) == ["file"]


WRITE = """
import resource, signal, sys
from walnet.saving.atomic import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(sys.argv[1], b"n" * 2000)
except ValueError as error:
    print(error)
"""


def test_a_file_that_grows_too_large_leaves_the_old_one(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", WRITE, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "larger than this system allows" in answer.stdout
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


TRY = """
import os, sys
from walnet.saving.atomic import write_atomically
if os.geteuid() == 0:
    os.setuid(65534)  # root may write anything: be somebody else
for path in sys.argv[1:]:
    try:
        write_atomically(path, b"new")
    except ValueError as error:
        print(error)
"""


def test_a_write_protected_file_or_folder_is_left_alone():
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "file"
        path.write_bytes(b"old")
        path.chmod(0o444)
        folder.chmod(0o555)
        command = [sys.executable, "-c", TRY, str(path), str(folder / "new")]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        assert answer.stdout.count("permission is denied; choose a file or folder") == 2
        assert path.read_bytes() == b"old"
        assert names_in(folder) == ["file"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_the_standard_output_is_written_to_itself():
    code = (
        "from walnet.saving.atomic import *; "
        "write_atomically('/dev/stdout', b'content')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True
    )
    assert answer.stdout == b"content"
