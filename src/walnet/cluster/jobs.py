"""Calls that are done in other processes, wherever joblib sends them.

``joblib.parallel_config("loky")``, ``"dask"``, ``"ray"`` or ``"spark"`` says where that
is. A call whose worker has died is done again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from walnet.engine.kernels.machine.sources import fingerprint
from walnet.errors import DataError
from walnet.words import count

_ROUNDS = 3  # in a row in which nothing comes back


def sends_work() -> bool:
    """Tell whether joblib has been told to send work to other processes."""
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend(prefer="threads")
    return not getattr(backend, "supports_sharedmem", False)


class _Answer(NamedTuple):
    """What a worker sends back: a value, or what went wrong."""

    key: int
    value: Any
    error: Exception | None = None


def answers(
    function: Callable[..., Any],
    calls: Mapping[int, tuple[Any, ...]],
    at_once: int,
    noun: str,
) -> Generator[tuple[int, Any], None, None]:
    """Call a function elsewhere; yield each key with its value as they come back.

    Parameters
    ----------
    function : callable
        What a worker runs: a function of a module.
    calls : mapping of int to tuple
        The arguments of each call. An array that several calls have is sent to a worker
        once.
    at_once : int
        How many calls are under way at the same time.
    noun : str
        What comes back, for the error.

    Raises
    ------
    Exception
        What the function raised.
    DataError
        If a worker has another walnet, or none, or no call comes back.
    """
    left, rounds = dict(calls), 0
    while left:
        before, lost = len(left), _Lost()
        for key, value in lost.or_answers(_sent(function, left, at_once)):
            left.pop(key, None)
            yield key, value
        rounds = rounds + 1 if len(left) == before else 0
        if left and rounds == _ROUNDS:
            raise DataError(
                f"{count(len(left), noun)} did not come back from the workers, "
                f"{_ROUNDS} times in a row ({lost.reason}); see whether the cluster is "
                "there, and whether its workers have enough memory"
            )


class _Lost:
    """Why calls did not come back."""

    reason = "their results were lost"

    def or_answers(self, came: Generator[Any, None, None]) -> Iterator[tuple[int, Any]]:
        """Yield keys and values, up to the end or to an error of the cluster's.

        Raises
        ------
        Exception
            What a call raised.
        """
        with closing(came):
            while True:
                answer = self._next(came)
                if answer is None:
                    return
                if answer.error is not None:
                    raise answer.error
                yield answer.key, answer.value

    def _next(self, came: Iterator[Any]) -> _Answer | None:
        """Return the next answer, or None at the end or after an error."""
        try:
            for each in came:
                if isinstance(each, _Answer):
                    return each  # else it is of a task that was lost with its worker
        except ImportError as error:
            raise DataError(_other_walnet(str(error))) from error
        except Exception as error:  # noqa: BLE001 - each backend has its own
            lines = str(error).splitlines() or [""]
            self.reason = f"{type(error).__name__}: {lines[0]}"[:200].rstrip(": ")
        return None


def _sent(
    function: Callable[..., Any], calls: Mapping[int, tuple[Any, ...]], at_once: int
) -> Generator[Any, None, None]:
    """Send calls to workers; yield what comes back, in any order."""
    from joblib import Parallel, delayed

    run = Parallel(at_once, prefer="threads", return_as="generator_unordered")
    tasks = [
        delayed(_run)(function, fingerprint(), key, *arguments)
        for key, arguments in calls.items()
    ]
    found = run(tasks)
    try:
        for each in found:  # noqa: UP028 - whoever has seen enough ends it below
            yield each
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", ".*tasks which were still being processed"
            )
            found.close()


def _run(
    function: Callable[..., Any], sources: str, key: int, *arguments: Any
) -> _Answer:
    """Do a call: what a worker runs."""
    try:
        if fingerprint() != sources:
            raise DataError(_other_walnet("its kernels are others"))  # noqa: TRY301
        return _Answer(key, function(*arguments))
    except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
        return _Answer(key, None, error)


def _other_walnet(reason: str) -> str:
    """Return the sentence about a worker that has another walnet, or none."""
    return (
        f"a worker has another walnet than this process, or none ({reason}); install "
        "the same version on all machines"
    )
