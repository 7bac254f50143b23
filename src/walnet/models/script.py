"""What a training from a file was asked to do, and the Python that repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal, NamedTuple


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """What a training of a table in a file was asked to do.

    Attributes
    ----------
    file : str
        The table's path.
    reading : dict
        Fields of `walnet.ReadOptions`, those that were given.
    target : str
        The column to be predicted.
    test_share : float
        Share of the rows to test with, in [0, 1); 0 for none.
    seed : int
        The source of all that is random.
    task : str or None
        Classification or regression, where it was given.
    test : str or None
        A table to test with, in place of a share of the rows.
    group, time : str or None
        The column that the rows are split by, where one was given.
    stream : bool
        Whether the rows are read block by block.
    distributed : bool
        Whether several processes share them.
    options : dict
        What else was given to `TableModel.fit`.
    model_file : str
        Where the model is saved.
    """

    file: str
    target: str
    model_file: str
    reading: Mapping[str, Any] = field(default_factory=dict)
    test_share: float = 0.25
    seed: int = 0
    task: Literal["classification", "regression"] | None = None
    test: str | None = None
    group: str | None = None
    time: str | None = None
    stream: bool = False
    distributed: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def apart(self) -> dict[str, str]:
        """The columns that rows are split by, those that were given."""
        ways = {"group": self.group, "time": self.time}
        return {name: column for name, column in ways.items() if column is not None}


class Repetition(NamedTuple):
    """How far a program repeats a training.

    Attributes
    ----------
    exception : str
        What is not repeated; empty if all is.
    stop_epoch : int
        The epoch after which the program stops the training; 0 for not at all.
    reason : str
        Why it is stopped there.
    """

    exception: str = ""
    stop_epoch: int = 0
    reason: str = ""


def python_script(request: TrainRequest, model: str, repetition: Repetition) -> str:
    """Return a Python program that repeats a training.

    Parameters
    ----------
    request : TrainRequest
        What was asked for.
    model : str
        The public name of the kind of model.
    repetition : Repetition
        How far the program repeats the training.

    Returns
    -------
    str
        The program.

    Examples
    --------
    >>> request = TrainRequest(file="nuts.csv", target="kind", model_file="n.walnet")
    >>> print(python_script(request, "EnsembleModel", Repetition()))
    # walnet ... gives the same numbers from the same file.
    import walnet
    <BLANKLINE>
    table = walnet.read_table('nuts.csv')
    train, test = walnet.split_table(table, 'kind', test_share=0.25, seed=0)
    model = walnet.EnsembleModel.fit(train, 'kind', seed=0)
    print(model.evaluate(test))
    walnet.save(model, 'n.walnet')
    """
    body = _stream_lines if request.stream else _table_lines
    body = _shared_lines if request.distributed else body
    return "\n".join(
        [
            *_promise(repetition.exception),
            *body(request, model, repetition),
            f"walnet.save(model, {request.model_file!r})",
        ]
    )


def _promise(exception: str) -> list[str]:
    """Return in comments how far the program gives the same numbers."""
    same = f"# walnet {version('walnet')} gives the same numbers from the same file"
    return [f"{same},", f"# {exception}."] if exception else [f"{same}."]


def _table_lines(
    request: TrainRequest, model: str, repetition: Repetition
) -> list[str]:
    """Return the lines for a table that is read whole."""
    lines = [
        "import walnet",
        "",
        f"table = {_call('walnet.read_table', repr(request.file), **request.reading)}",
    ]
    rows, tested = "table", "table"
    if request.test:
        tested = "test"
        lines.append(f"test = {_read_test(request)}")
    elif request.test_share:
        rows, tested = "train", "test"
        lines.append(f"train, test = {_split(request)}")
    fit = _fit(request, f"walnet.{model}.fit", rows)
    if repetition.stop_epoch:
        lines += _stop(repetition)
        fit = f"{fit[:-1]}, callback=stop)"
    return [*lines, f"model = {fit}", f"print(model.evaluate({tested}))"]


def _split(request: TrainRequest) -> str:
    """Return the call that splits the rows."""
    return _call(
        "walnet.split_table",
        *("table", repr(request.target)),
        test_share=request.test_share,
        seed=request.seed,
        **_task(request),
        **request.apart,
    )


def _read_test(request: TrainRequest) -> str:
    """Return the call that reads the table to test with as the other was read."""
    given = {
        name: value
        for name, value in request.reading.items()
        if name not in ("drop", "kinds")
    }
    arguments = [repr(request.test)]
    call = _call("walnet.read_table", *arguments, **given)
    return f"{call[:-1]}, expected=table.readings)"


def _stream_lines(request: TrainRequest, model: str, _: Repetition) -> list[str]:
    """Return the lines for rows that are read block by block."""
    rows, lines, named = repr(request.file), ["import walnet"], []
    if request.reading:
        named.append(_call("walnet.ReadOptions", **request.reading))
    if request.test_share and not request.test:
        part = f"Part({request.test_share!r}, {request.seed}, is_chosen=False)"
        named.append(f"part={part}")
        lines.append("from walnet.tables import Part, Stream")
    elif named:
        lines.append("from walnet.tables import Stream")
    if named:
        rows = f"Stream({', '.join([rows, *named])})"
    fit = _fit(request, f"walnet.{model}.fit_stream", rows)
    return [*lines, "", f"model = {fit}"]


def _shared_lines(request: TrainRequest, model: str, _: Repetition) -> list[str]:
    """Return the lines for row groups that processes share, of which one does, too."""
    lines = [
        "import walnet",
        "from walnet.cluster.processes import joined",
        "from walnet.engine.distributed import SHARDS",
        "from walnet.tables import Part",
        "from walnet.tables.row_groups import RowGroups",
    ]
    part = f"Part({request.test_share!r}, {request.seed}, is_chosen=False)"
    arguments = [repr(request.file), "SHARDS", f"part={part}"]
    if request.reading:
        arguments[2:2] = [_call("walnet.ReadOptions", **request.reading)]
    rows = _call("RowGroups", *arguments)
    fit = _fit(request, f"walnet.{model}.fit_stream", "rows")
    fit = f"{fit[:-1]}, communicator=processes.communicator)"
    joined = ["with joined() as processes:", f"    model = {fit}"]
    return [*lines, "", f"rows = {rows}", *joined]


def _fit(request: TrainRequest, function: str, rows: str) -> str:
    """Return the call that trains."""
    options = {**_task(request), **request.options, "seed": request.seed}
    options |= request.apart
    return _call(function, rows, repr(request.target), **options)


def _task(request: TrainRequest) -> dict[str, Any]:
    """Return the task, where it was given."""
    return {"task": request.task} if request.task else {}


def _call(function: str, *arguments: str, **named: Any) -> str:
    """Return a call as Python code."""
    parts = [*arguments, *(f"{name}={value!r}" for name, value in named.items())]
    return f"{function}({', '.join(parts)})"


def _stop(repetition: Repetition) -> list[str]:
    """Return the function that ends a training where it was stopped."""
    return [
        "",
        "",
        "def stop(training):",
        f"    if training.epoch == {repetition.stop_epoch}:",
        f"        training.stop({repetition.reason!r})",
        "",
        "",
    ]
