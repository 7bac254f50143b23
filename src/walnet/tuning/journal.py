"""A study in a file: one process writes at a time, and what is no study is told."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO

from optuna.storages import JournalStorage
from optuna.storages.journal import (
    JournalFileBackend,
    JournalFileOpenLock,
)

from walnet.errors import DataError
from walnet.saving.atomic import explain_os_error
from walnet.words import quoted

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

_ENTRIES = range(11)  # the kinds that Optuna knows
PATIENCE = 60.0  # seconds; a process holds the file for milliseconds
_PAUSE = 0.01


def open_journal(name: str) -> JournalStorage:
    """Return the storage in a file, less what a killed process left of a line.

    Parameters
    ----------
    name : str
        The file; a new one where there is none.

    Raises
    ------
    DataError
        If it cannot be read and written, is no study's, or another process holds it.
    """
    path = Path(name).absolute()
    try:
        _check_regular(path)
        backend = _Journal(path)
        backend.cut_half_line()
        _check_lines(path)
        return JournalStorage(backend)
    except DataError:
        raise
    except OSError as error:
        raise _unusable(path, error) from error
    except Exception as error:  # whatever Optuna trips over in entries of another kind
        message = f"{quoted(name)} is no file of a study; choose another file"
        raise DataError(message) from error


class _Journal(JournalFileBackend):
    """Optuna's file of lines, whose errors are sentences."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lock: Any = FileLock(path) if fcntl else JournalFileOpenLock(str(path))
        self.lock = lock
        super().__init__(str(path), lock_obj=self.lock)

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        """Yield the lines from one on."""
        try:
            yield from super().read_logs(log_number_from)
        except OSError as error:
            raise _unusable(self.path, error) from error

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write some lines."""
        try:
            super().append_logs(logs)
        except OSError as error:
            raise _unusable(self.path, error) from error

    def cut_half_line(self) -> None:
        """Remove what a process that was killed left of a last line."""
        self.lock.acquire()
        try:
            with self.path.open("rb+") as file:
                _cut_half_line(file)
        finally:
            self.lock.release()


class FileLock:
    """A lock that ends with the process that holds it, however that ends.

    The operating system keeps it (``flock`` on the file itself): no file is left that
    a killed process could leave behind.

    Parameters
    ----------
    path : Path
        The file that one process at a time may write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._descriptor = -1

    def acquire(self) -> bool:
        """Wait for the lock and take it.

        Raises
        ------
        DataError
            If another process holds it for longer than any should.
        OSError
            If the file cannot be opened for writing.
        """
        self._threads.acquire()
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._wait()
        except BaseException:
            self._leave()
            raise
        return True

    def _wait(self) -> None:
        """Wait until no other process holds the file."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise DataError(
                        f"another process has been writing to the study's file "
                        f"{quoted(self._path)} for {PATIENCE:g} s; end it, or choose "
                        "another file"
                    ) from error
                time.sleep(_PAUSE)
            else:
                return

    def release(self) -> None:
        """Let others write."""
        self._leave()

    def _leave(self) -> None:
        """Close the file, which ends the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._threads.release()


def _cut_half_line(file: BinaryIO) -> None:
    """Remove what a file has behind its last whole line."""
    size = file.seek(0, os.SEEK_END)
    back = min(size, 2**20)
    file.seek(size - back)
    tail = file.read(back)
    whole = tail.rfind(b"\n") + 1
    if not whole and size > back:
        raise ValueError(size)
    file.truncate(size - back + whole)


def _check_regular(path: Path) -> None:
    """Refuse what is no file: opening a pipe would wait, a device never ends."""
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise DataError(f"the study's file {quoted(path)} must be a regular file")


def _unusable(path: Path, error: OSError) -> DataError:
    """Return the error of a file that cannot be read or written."""
    reason = explain_os_error(error)
    return DataError(f"cannot use the study's file {quoted(path)}: {reason}")


def _check_lines(path: Path) -> None:
    """Refuse a file of which a line is no entry of a study."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not _is_entry(line):
                raise DataError(
                    f"{quoted(path)} is no file of a study: line {number} is none of "
                    "its entries; remove the line, or choose another file"
                )


def _is_entry(line: bytes) -> bool:
    """Tell whether a line is what Optuna writes."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and entry.get("op_code") in _ENTRIES
