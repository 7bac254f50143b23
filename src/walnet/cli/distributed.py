"""``walnet train --distributed``: processes that train the same networks together."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from walnet.cli.sampling import part_of, sampled, split_of
from walnet.cli.terminal import Screen, fail
from walnet.errors import HyperparameterError, ProcessLostError, WalnetError

if TYPE_CHECKING:
    from walnet.cli.run import Run
    from walnet.cluster.launch import Processes
    from walnet.engine.communicator import Communicator
    from walnet.models.script import TrainRequest
    from walnet.models.split import Split
    from walnet.models.table_model import TableModel
    from walnet.tables import Part, ReadOptions, Table
    from walnet.tables.row_groups import RowGroups

OPTION = "--distributed"
_AFTER_SPEAKER = 0.4  # seconds: a launcher ends all when the first has ended
_SHOWN_GROUPS = 32  # row groups of which rows are measured and shown


def is_first() -> bool:
    """Tell whether this is the process that speaks for all."""
    from walnet.cluster.launch import Launch

    return Launch.of(os.environ).rank == 0


def together(work: Callable[[Communicator], int]) -> int:
    """Join the other processes and do a work; return the exit code.

    Where another process is lost, one says so, and all end.
    """
    from walnet.cluster.processes import joined

    processes: Processes | None = None
    try:
        with joined(_end_lost) as processes:
            return work(processes.communicator)
    except ProcessLostError:
        _end_lost(is_first() if processes is None else processes.speaks())
    except WalnetError:
        raise  # all processes have the same one
    except BaseException as error:
        if processes is None or processes.communicator.world == 1:
            raise
        _end(_told(error))  # the others are not there where they would be waited for


def _end_lost(speaks: bool) -> NoReturn:
    """End because another process is lost; one says so, and is not interrupted."""
    if speaks:
        _end(fail(str(ProcessLostError())))
    time.sleep(_AFTER_SPEAKER)
    _end(2)


def _told(error: BaseException) -> int:
    """Print an error of this process alone, and return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, KeyboardInterrupt):
        return 130
    traceback.print_exception(error)
    return 1


def _end(code: int) -> NoReturn:
    """End at once: libraries would wait for the processes that are lost."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def check(request: TrainRequest, kind: type[TableModel], options: Any) -> None:
    """Refuse what several processes cannot do.

    Raises
    ------
    HyperparameterError
        If an option does not go together with this one.
    """
    if not request.target:
        raise HyperparameterError(f"{OPTION} needs --target, the column to learn")
    if kind.__name__ != "EnsembleModel":
        message = f"{OPTION} trains tabular models; leave --model out, or set members=1"
        raise HyperparameterError(message)
    for name in ("test", "group", "time", "delimiter", "dask"):
        if options[name] is not None:
            raise HyperparameterError(f"--{name} cannot be given with {OPTION}")
    if options["time_limit"] is not None:
        raise HyperparameterError(
            f"several processes have no clock in common: with {OPTION} give --epochs, "
            "not --time-limit"
        )


def learn(
    request: TrainRequest,
    kind: type[TableModel],
    screen: Screen,
    communicator: Communicator,
) -> Run | None:
    """Learn with the other processes; the first one returns the run."""
    from walnet.cli import run
    from walnet.cli.interruption import Interruption

    rest = part_of(request, is_test=False)
    with Interruption() as interruption:
        started = time.monotonic()
        with run.followed(kind, screen, interruption) as callback:
            model = kind.fit_stream(
                _rows(request, rest, None),
                request.target,
                task=request.task,
                seed=request.seed,
                callback=callback,
                communicator=communicator,
                **request.options,
            )
        if communicator.rank:
            return None
        seconds = time.monotonic() - started
        with screen.busy("Reading rows to test with …"):
            split = _sampled_split(model, request)
        return run.evaluated(request, split, model, seconds, interruption)


def _rows(
    request: TrainRequest, part: Part | None, options: ReadOptions | None
) -> RowGroups:
    """Return the rows that all processes share."""
    from walnet.engine.distributed import SHARDS
    from walnet.tables import ReadOptions
    from walnet.tables.row_groups import RowGroups

    return RowGroups(
        request.file, SHARDS, options or ReadOptions(**request.reading), part
    )


def _sampled_split(model: TableModel, request: TrainRequest) -> Split:
    """Return rows that were learned from and others, of a few row groups."""
    learned, others = (
        _sample(model, request, is_test=is_test) for is_test in (False, True)
    )
    note = f"measured and shown are rows of at most {_SHOWN_GROUPS} row groups, chosen "
    note += "at random"
    return split_of(learned, others, [*model.warnings, note])


def _sample(model: TableModel, request: TrainRequest, *, is_test: bool) -> Table:
    """Return rows to test with, or some that were learned from."""
    part = part_of(request, is_test=is_test)
    rows = _rows(request, part, model.schema.read_options)
    found = rows.some_blocks(request.seed, _SHOWN_GROUPS)
    blocks = ((block.first, block.rows) for block in found)
    return sampled(blocks, request, is_test=is_test)[0]
