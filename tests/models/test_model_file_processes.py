"""Saving and loading seen from outside: what is opened, what a crash leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from walnet.engine.network import Network
from walnet.models.model_file import save
from walnet.saving.container import read_model_file, write_model_file


def run(script, *arguments, before=()):
    """Run a Python script in a process of its own and return what it printed."""
    command = [*before, sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=110, check=True
    ).stdout


# F3: what loading does

LOADING_HEARD = """
import sys
from walnet.models.model_file import load
from walnet.engine.network import Network

# Kernels fetch their machine code from the cache at their first call.
Network([1, 1])

def listen(event, arguments):
    if heard is not None:
        heard.append((event, str(arguments[0]) if arguments else ""))

heard = None
sys.addaudithook(listen)
for path in sys.argv[1:]:
    heard = []
    try:
        load(path)
    except ValueError:
        outcome = "refused"
    else:
        outcome = "loaded"
    events, heard = heard, None
    print(outcome, *[event for event, _ in events])
    assert {where for _, where in events} <= {path}, events
"""


def test_loading_opens_that_file_and_does_nothing_else(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    save(Network([2, 4, 1], output="sigmoid"), good)
    content = good.read_bytes()
    bad.write_bytes(content[:-1] + b"\1")
    heard = run(LOADING_HEARD, good, bad).splitlines()
    assert heard == ["loaded open", "refused open"]


# F4: a crash while saving

KILLED_WHILE_SAVING = """
import os, random, signal, sys, time
import numpy as np
from walnet.saving.container import read_model_file, write_model_file

path, kills, folder = sys.argv[1], int(sys.argv[2]), os.path.dirname(sys.argv[1])
contents = [np.full(300_000, 1.0), np.full(500_000, 2.0)]

def save(i):
    write_model_file(path, {"x": contents[i]}, {"i": i})

def save_for_ever():
    while True:
        for i in (0, 1):
            save(i)

start = time.perf_counter()
save(1)
save(0)
pair = time.perf_counter() - start
draw, interrupted, seen = random.Random(0), 0, set()
for _ in range(kills):
    child = os.fork()
    if child == 0:
        save_for_ever()
    time.sleep(draw.uniform(0, 2 * pair))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    arrays, header = read_model_file(path)
    assert arrays["x"].tobytes() == contents[header["i"]].tobytes()
    seen.add(header["i"])
    left = [name for name in os.listdir(folder) if os.path.join(folder, name) != path]
    interrupted += len(left)
    assert len(left) < 2, left  # those of earlier kills are cleared
write_model_file(path, {}, {})
assert os.listdir(folder) == [os.path.basename(path)]
print(interrupted, len(seen))
"""


def killed_while_saving(path, kills):
    """Return how many of the kills came in the middle of a file."""
    interrupted, seen = map(int, run(KILLED_WHILE_SAVING, path, kills).split())
    print(f"{interrupted} of {kills} kills interrupted the writing of a file")
    assert interrupted > kills / 10
    assert seen == 2
    return interrupted


def test_30_kills_leave_the_old_file_or_the_new_one(tmp_path):
    killed_while_saving(tmp_path / "m", 30)


@pytest.mark.slow
def test_200_kills_leave_the_old_file_or_the_new_one(tmp_path):
    killed_while_saving(tmp_path / "m", 200)


SAVE_AND_SAY_WHY_NOT = """
import resource, sys
import numpy as np
from walnet.errors import DataError
from walnet.saving.container import write_model_file

limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_model_file(sys.argv[1], {"x": np.zeros(100_000)}, {"old": False})
except DataError as error:
    print(error)
"""


def old_file(path):
    write_model_file(path, {"x": np.ones(9)}, {"old": True})
    return path


@pytest.mark.parametrize("limit", [1, 300, 4096, 700_000])
def test_a_file_that_may_not_grow_leaves_the_old_one(tmp_path, limit):
    path = old_file(tmp_path / "m")
    assert "larger than this system allows" in run(SAVE_AND_SAY_WHY_NOT, path, limit)
    assert read_model_file(path)[1] == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


IN_A_TINY_FILE_SYSTEM = """
import os, subprocess, sys
import numpy as np
from walnet.saving.container import read_model_file, write_model_file

folder, then, save = sys.argv[1:]
mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
subprocess.run(mount, check=True)
path = os.path.join(folder, "m")
write_model_file(path, {"x": np.ones(9)}, {"old": True})
if then == "read-only":
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
subprocess.run([sys.executable, "-c", save, path, "0"], check=True)
assert read_model_file(path)[1] == {"old": True}
assert os.listdir(folder) == ["m"]
"""
OWN_MOUNTS = ("unshare", "--mount", "--map-root-user")


def can_mount():
    """Say whether a process of ours may mount a file system that only it sees."""
    if shutil.which("unshare") is None:
        return False
    command = [*OWN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]  # noqa: S108
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("then", "words"), [("full", "disk is full"), ("read-only", "permission is denied")]
)
def test_a_full_or_read_only_disk_leaves_the_old_file(tmp_path, then, words):
    if not can_mount():
        pytest.skip("mounting a small file system is not allowed here")
    script, save = IN_A_TINY_FILE_SYSTEM, SAVE_AND_SAY_WHY_NOT
    assert words in run(script, tmp_path, then, save, before=OWN_MOUNTS)


def test_a_full_device_is_named(tmp_path):
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    assert "the disk is full" in run(SAVE_AND_SAY_WHY_NOT, path, 0)


def test_a_folder_that_is_none_is_named(tmp_path):
    path = old_file(tmp_path / "m")
    assert "not a folder" in run(SAVE_AND_SAY_WHY_NOT, path / "below", 0)
    assert "no such" in run(SAVE_AND_SAY_WHY_NOT, tmp_path / "none" / "m", 0)
    assert read_model_file(path)[1] == {"old": True}


def test_the_file_is_flushed_before_it_takes_its_name(tmp_path):
    calls = []

    def note(frame, event, function):
        name = getattr(function, "__name__", "")
        if event == "c_call" and name in {"fsync", "replace", "rename"}:
            is_name = function in {os.fsync, os.replace, os.rename}
            calls.extend([name] * is_name)

    sys.setprofile(note)
    try:
        write_model_file(tmp_path / "m", {"x": np.zeros(9)}, {})
    finally:
        sys.setprofile(None)
    assert calls == ["fsync", "replace", "fsync"]


def traced(path, log):
    """Return the system calls of one save, or none where tracing is not allowed."""
    before = ["strace", "-f", "-y", "-o", log]
    before += ["-e", "trace=write,fsync,fdatasync,rename,renameat,renameat2"]
    try:
        run(SAVE_AND_SAY_WHY_NOT, path, 0, before=before)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []
    return Path(log).read_text(encoding="utf-8").splitlines()


def test_the_system_sees_write_flush_rename_flush(tmp_path):
    path, log = old_file(tmp_path / "m"), tmp_path / "log"
    lines = [line for line in traced(path, log) if str(tmp_path) in line]
    if not lines:
        pytest.skip("strace is not there or may not trace")
    calls = [re.search(r"(\w+)\((.*)", line).groups() for line in lines]
    names = [name for name, _ in calls]
    while names[0] == names[1] == "write":
        names.pop(0)
    assert names == ["write", "fsync", "rename", "fsync"]
    (_, flushed), (_, renamed), (_, folder) = calls[-3:]
    temporary = re.search(r"<(.*)>", flushed)[1]
    assert f'"{temporary}", "{path}"' in renamed
    assert re.search(r"<(.*)>", folder)[1] == str(tmp_path)
