"""Studies: the trials of a search, stored for several processes and later runs."""

from __future__ import annotations

import hashlib
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import numpy as np

from walnet.engine.signals import is_process
from walnet.errors import DataError, WalnetError
from walnet.tables import Table
from walnet.words import quoted, without_password

BEAT = 5.0  # seconds between two signs of life
GRACE = 60.0  # seconds without one, after which another worker is considered dead
_CONNECTIONS = 4  # tries
_ALIVE, _HOST, _PROCESS, _RETRIED = "alive", "host", "process", "retries trial"
_TABLE, _DEFAULT, _OPTIONS = "table", "default", "options"


def import_optuna() -> Any:
    """Return the library of the search, or say how to install it.

    Raises
    ------
    DataError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        message = "tuning needs optuna; install it with: pip install 'walnet[tune]'"
        raise DataError(message) from error
    return optuna


@contextmanager
def silent_optuna() -> Iterator[None]:
    """Let Optuna say nothing that is not an error, and leave it as it was."""
    optuna = import_optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def open_storage(storage: Any) -> Any:
    """Return Optuna's storage: a journal file, or the database of a URL.

    One that is opened already, such as a proxy, stays as it is.

    Raises
    ------
    DataError
        If it cannot be opened.
    """
    if not isinstance(storage, (str, os.PathLike)):
        return storage
    text = os.fspath(storage)
    if text.startswith("grpc"):
        raise DataError(
            "an address of a gRPC proxy does not tell what is behind it, and a journal "
            "behind one loses trials; name the database itself, postgresql://…, or, "
            "from Python, give tune a GrpcStorageProxy of one"
        )
    if "://" in text:
        return _open_database(text)
    import_optuna()
    from walnet.tuning.journal import open_journal

    return open_journal(text)


def _open_database(url: str) -> Any:
    """Return the storage in a database."""
    storages, options = import_optuna().storages, {}
    if not url.startswith("sqlite"):
        from sqlalchemy.pool import NullPool  # comes with Optuna

        # A trial takes minutes: nothing is held open, or found shut, in between.
        options = {"poolclass": NullPool}
    try:
        return _at_once(lambda: storages.RDBStorage(url, options))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        where = quoted(without_password(url))
        message = f"cannot open the study's database {where}: {reason}"
        if isinstance(error, ImportError) and url.startswith("postgresql"):
            message += "; install it with: pip install 'walnet[postgresql]'"
        raise DataError(message) from error


def _at_once(connect: Callable[[], Any]) -> Any:
    """Connect, also where another process makes the tables at the same moment."""
    from sqlalchemy.exc import DatabaseError

    for attempt in range(1, _CONNECTIONS):
        try:
            return connect()
        except DatabaseError:
            time.sleep(0.2 * attempt)
    return connect()


def open_study(
    storage: Any,
    name: str,
    table: Table,
    default: dict[str, Any],
    options: dict[str, Any],
) -> Any:
    """Return the study of a table, new or continued.

    Parameters
    ----------
    storage : str, path-like or Optuna's storage
        See `open_storage`.
    name : str
        The study's name in it.
    table : Table
        The rows that are learned from.
    default : dict
        What a new study tries first.
    options : dict
        What all its trials have in common.

    Raises
    ------
    DataError
        If the study is one of other rows or options: its losses could not be compared.
    """
    optuna = import_optuna()
    stored = open_storage(storage)
    mark = fingerprint(table)
    pruner = optuna.pruners.WilcoxonPruner(p_threshold=0.1, n_startup_steps=3)
    try:
        study = optuna.create_study(storage=stored, study_name=name, pruner=pruner)
        study.set_user_attr(_TABLE, mark)
        study.set_user_attr(_OPTIONS, options)
        study.enqueue_trial(default, user_attrs={_DEFAULT: True})
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(storage=stored, study_name=name, pruner=pruner)
    known = study.user_attrs.get(_TABLE, mark)
    if known != mark:
        message = f"the study {quoted(name)} is one of other rows than these"
        raise DataError(f"{message}; choose another study or storage")
    before = study.user_attrs.get(_OPTIONS, options)
    if before != options:
        message = f"the study {quoted(name)} was started with {before}, not {options}"
        raise DataError(f"{message}; choose another study or storage")
    return study


def fingerprint(table: Table) -> str:
    """Return a text that two tables share only if they hold the same.

    Examples
    --------
    >>> from walnet.tables import as_table
    >>> a, b = as_table({"x": [1.0, 2.0]}), as_table({"x": [1.0, 3.0]})
    >>> fingerprint(a) == fingerprint(b)
    False
    """
    digest = hashlib.sha256(repr([*table.kinds.items(), len(table)]).encode())
    for column in table.columns.values():
        if column.kind == "category":
            digest.update(repr(column.levels()).encode())
            digest.update(column.codes().tobytes())
        elif column.kind == "date":
            digest.update(column.dates().astype(np.int64).tobytes())
        elif column.kind != "empty":
            digest.update(column.numbers().tobytes())
    return digest.hexdigest()


class SignsOfLife:
    """Writes, while a trial runs, that the process is alive.

    Optuna's own heartbeat knows databases only, and trials of `Study.optimize` only.

    Parameters
    ----------
    trial : optuna Trial
        The trial.
    """

    def __init__(self, trial: Any) -> None:
        self._trial, self._over = trial, Event()
        trial.set_user_attr(_HOST, socket.gethostname())
        trial.set_user_attr(_PROCESS, os.getpid())
        trial.set_user_attr(_ALIVE, time.time())
        self._thread = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        """Write the time now and then; a storage out of reach ends that."""
        optuna = import_optuna()
        while not self._over.wait(BEAT):
            try:
                self._trial.set_user_attr(_ALIVE, time.time())
            except (
                OSError,
                RuntimeError,
                KeyError,
                WalnetError,
                optuna.exceptions.OptunaError,
            ):
                return


def queue_again(study: Any) -> list[int]:
    """Let trials of workers that have died be run again; return their numbers."""
    running = import_optuna().trial.TrialState.RUNNING
    return [
        trial.number
        for trial in study.get_trials(deepcopy=False, states=(running,))
        if _is_dead(trial) and give_back(study, trial)
    ]


def give_back(study: Any, trial: Any) -> bool:
    """Let a trial under way be run again; False if another process has seen to it."""
    try:
        study.tell(trial.number, state=import_optuna().trial.TrialState.FAIL)
    except (ValueError, RuntimeError):
        return False  # another worker was faster, or it lives after all
    study.enqueue_trial(trial.params, user_attrs={_RETRIED: trial.number})
    return True


def _is_dead(trial: Any) -> bool:
    """Tell whether nobody works on a running trial any more."""
    attributes, began = trial.user_attrs, trial.datetime_start
    last = attributes.get(_ALIVE, began.timestamp() if began else 0.0)
    silent = time.time() - float(last)
    if attributes.get(_HOST) == socket.gethostname() and _PROCESS in attributes:
        # A process number is used again some day: then missing signs of life decide.
        return not is_process(int(attributes[_PROCESS])) or silent > 10 * GRACE
    return silent > GRACE
