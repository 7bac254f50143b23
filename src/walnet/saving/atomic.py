"""Writing files so that a crash leaves the old file or the new one, never a half."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from walnet.errors import DataError

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".walnet-", ".tmp"
_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than this system allows",
    errno.EACCES: "permission is denied; choose a file or folder that you may use",
    errno.EPERM: "permission is denied; choose a file or folder that you may use",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOENT: "no such file or folder; check the spelling of the path",
    errno.ENOTDIR: "a part of the path is a file, not a folder; check the path",
    errno.EEXIST: "there is a file of that name already; choose another name",
    errno.EISDIR: "it is a folder; give the path of a file",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def explain_os_error(error: OSError) -> str:
    """Return the reason and the remedy of an operating system error in plain words.

    Parameters
    ----------
    error : OSError
        The error that opening, reading or writing a file raised.

    Returns
    -------
    str
        The reason, a semicolon and what to do, without the path.

    Examples
    --------
    >>> import errno
    >>> explain_os_error(OSError(errno.EISDIR, "Is a directory"))
    'it is a folder; give the path of a file'
    """
    if isinstance(error.__dict__.get("reason"), OSError):  # of an address
        error = error.__dict__["reason"]
    reason = error.strerror or next(iter(str(error).splitlines()), "unknown reason")
    return _ADVICE.get(error.errno or 0, reason)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write bytes to a file so that a crash leaves the old file or the new one.

    Parameters
    ----------
    path : str or path-like
        The file to write. An existing file is replaced and keeps its permissions.
    content : bytes
        The whole content.

    Raises
    ------
    DataError
        If the file cannot be written: no such folder, permission denied, disk full.
        An old file of that name is left as it was.

    Notes
    -----
    A temporary file in the same folder is written and flushed to the disk (fsync),
    renamed over ``path``, and the folder is flushed too, so that the new name itself
    survives a loss of power. What processes that were killed while they wrote have left
    in the folder is removed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> write_atomically(path, b"1 2 3")
    >>> path.read_bytes()
    b'1 2 3'
    """
    with open_atomically(path) as file:
        file.write(content)


@contextmanager
def open_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only when all is on the disk.

    Parameters
    ----------
    path : str or path-like
        The file to write, as in `write_atomically`.

    Yields
    ------
    binary file
        The file to write to. If the block raises, ``path`` is left as it was.

    Raises
    ------
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with open_atomically(path) as file:
    ...     _ = file.write(b"1 2 3")
    >>> path.read_bytes()
    b'1 2 3'
    """
    try:
        with _opened(Path(path)) as file:
            yield file
    except OSError as error:
        message = f"cannot write {str(path)!r}: {explain_os_error(error)}"
        raise DataError(message) from error
    except ValueError as error:
        if "\0" not in str(path):
            raise
        message = f"cannot write {str(path)!r}: a path cannot contain the NUL character"
        raise DataError(message) from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a pipe or device itself, and for anything else a temporary file."""
    # A link is written through, so that it still points to the file afterwards.
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode if target.exists() else stat.S_IFREG
    # Renaming would replace a write-protected file without a word.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    # /dev/stdout may lead to a regular file that others are writing to as well.
    if stat.S_ISREG(mode) and not path.is_relative_to("/dev"):
        with _temporary(target, stat.S_IMODE(mode)) as file:
            yield file
    else:
        with path.open("ab") as file:
            yield file


@contextmanager
def _temporary(target: Path, permissions: int) -> Iterator[BinaryIO]:
    """Write a temporary file beside the target and rename it at the end."""
    _clear_abandoned(target.parent)
    file = _new_temporary(target.parent)
    temporary = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            if permissions:
                temporary.chmod(permissions)
            os.fsync(file.fileno())
            if fcntl is None:  # where an open file cannot be renamed
                file.close()
            temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _new_temporary(folder: Path) -> BinaryIO:
    """Return a new file that is locked for as long as it is open."""
    while True:
        # The name does not contain the target's, which may be as long as names can be.
        path = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        file = path.open("xb")
        if _lock(file) and path.exists():
            return file
        file.close()  # taken for abandoned before it was locked


def _clear_abandoned(folder: Path) -> None:
    """Remove the temporary files of processes that were killed while they saved."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError), path.open("rb+") as file:
            if _lock(file):
                path.unlink()


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; return whether nobody else has done so.

    The lock ends with the process, however that ends.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here: whose the other files are is not known
        return file.mode == "xb"
    return True


def _flush_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can do it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
