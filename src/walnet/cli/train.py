"""``walnet train``: a table in, a model and a report out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from walnet.cli import arguments as a
from walnet.cli import distributed
from walnet.cli import machines as m
from walnet.cli import table_options as t
from walnet.cli.distributed import together
from walnet.cli.files import Outputs, is_full
from walnet.cli.fit_options import merge_options
from walnet.cli.sampling import part_of, sampled, split_of
from walnet.cli.terminal import Screen
from walnet.errors import HyperparameterError
from walnet.models.script import TrainRequest

if TYPE_CHECKING:
    from walnet.cli.interruption import Interruption
    from walnet.cli.run import Run
    from walnet.engine.communicator import Communicator
    from walnet.models.split import Split
    from walnet.models.table_model import TableModel
    from walnet.tables import Table


def train(
    file: a.TableFile,
    target: t.AskedTarget = None,
    test_share: a.TestShare = 0.25,
    test: t.TestFile = None,
    group: t.Group = None,
    time: t.InTime = None,
    task: a.TaskName = None,
    seed: a.Seed = 0,
    delimiter: a.Delimiter = None,
    drop: t.Drop = None,
    kind: t.KindOf = None,
    missing: t.Missing = None,
    decimal: t.Decimal = None,
    encoding: t.Encoding = None,
    sheet: t.Sheet = None,
    model: a.ModelName = "tabular",
    preset: a.Preset = None,
    time_limit: a.TimeLimit = None,
    stream: a.Streamed = False,
    hidden_layers: a.HiddenLayers = None,
    activation: a.Activation = None,
    epochs: a.Epochs = None,
    iterations: a.Iterations = None,
    batch_size: a.BatchSize = None,
    learning_rate: a.LearningRate = None,
    optimizer: a.Optimizer = None,
    dropout: a.Dropout = None,
    validation_share: a.ValidationShare = None,
    patience: a.Patience = None,
    further: a.Further = None,
    checkpoint: a.Checkpoint = None,
    dask: m.Dask = None,
    distributed: m.Distributed = False,
    model_out: a.ModelOut = None,
    report: t.ReportOut = None,
    no_report: a.NoReport = False,
    as_json: a.Json = False,
    quiet: a.Quiet = False,
) -> int:
    """Learn a column of a table from its other columns.

    Some rows are kept to test with. Written are the model, and a report with pictures,
    settings and the Python code that repeats the run. Ctrl-C keeps what was learned.
    FILE may be a folder of Parquet or CSV files, together larger than memory.
    """
    work = _Work.of(locals())
    return together(work.share) if work.request.distributed else work.do()


@dataclass(frozen=True)
class _Work:
    """What ``walnet train`` was asked for.

    Attributes
    ----------
    request : TrainRequest
        What is to be learned from what.
    model : str
        The kind of model.
    files : Outputs
        What is written.
    full : bool
        Whether the report may take longer than the training.
    screen : Screen
        What people are told.
    as_json : bool
        Whether programs are.
    dask : str or None
        The address of a cluster that does the work.
    """

    request: TrainRequest
    model: str
    files: Outputs
    full: bool
    screen: Screen
    as_json: bool
    dask: str | None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Return what the arguments of the command ask for."""
        given = dict(arguments)
        files = Outputs.of(given)
        request = TrainRequest(
            **t.of_table(given),
            model_file=str(files.model),
            stream=given["stream"] or given["file"].is_dir(),
            distributed=given["distributed"],
            options=merge_options(given, given["further"] or [], given["model"]),
        )
        as_json, dask = given["as_json"], given["dask"]
        screen = Screen(quiet=given["quiet"] or as_json)
        full = is_full(given["report"])
        work = cls(request, given["model"], files, full, screen, as_json, dask)
        if given["distributed"]:
            distributed.check(request, work.kind, given)
        elif dask is not None and (request.stream or given["model"] != "tabular"):
            raise HyperparameterError(
                "--dask shares out the networks of a tabular model that learns from a "
                "table in memory; leave it out"
            )
        return work

    @property
    def kind(self) -> type[TableModel]:
        """The kind of model."""
        from walnet.cli.run import KINDS

        return KINDS[self.model]

    def do(self) -> int:
        """Learn, write the files and print the result; return the exit code."""
        return self.write(_learn_stream(self) if self.request.stream else _learn(self))

    def share(self, communicator: Communicator) -> int:
        """Do the same together with other processes, of which one writes the files."""
        screen = Screen(quiet=True) if communicator.rank else self.screen
        self.files.announce(screen)
        made = distributed.learn(self.request, self.kind, screen, communicator)
        return 0 if made is None else self.write(made)

    def write(self, made: Run) -> int:
        """Write the files and print the result; return the exit code."""
        import walnet
        from walnet.cli import run
        from walnet.cli.report import write_report_of

        run.say_result(made, self.screen)
        walnet.save(made.model, self.request.model_file)
        page = self.files.page
        if page is not None:
            with self.screen.busy("Drawing the report …"):
                write_report_of(made, page, full=self.full)
        if self.as_json:
            print(json.dumps(run.facts(made, page), allow_nan=False))
        run.say_files(made, page, self.screen)
        return made.interruption.exit_code


def _learn(work: _Work) -> Run:
    """Read the table, split it, learn and evaluate."""
    from walnet.cli import run
    from walnet.cli.interruption import Interruption
    from walnet.cli.reading import read_split

    request, screen = work.request, work.screen
    began = time.monotonic()
    split = read_split(request, screen)
    work.files.announce(screen)
    with Interruption() as interruption:
        started = time.monotonic()
        with (
            m.workers(work.dask),
            run.followed(work.kind, screen, interruption) as callback,
        ):
            model = work.kind.fit(
                split.train_table,
                request.target,
                task=request.task,
                seed=request.seed,
                callback=callback,
                **_limit(request, began),
                **request.apart,
                **request.options,
            )
        seconds = time.monotonic() - started
        with screen.busy("Measuring how good it is …"):
            return run.evaluated(request, split, model, seconds, interruption)


def _limit(request: TrainRequest, began: float) -> dict[str, Any]:
    """Return when a time limit began, which counts reading as well."""
    is_limited = request.options.get("time_limit") is not None
    return {"started": began} if is_limited else {}


def _learn_stream(work: _Work) -> Run:
    """Learn from rows that are read in blocks, and evaluate on a sample of them."""
    from walnet.cli import run
    from walnet.cli.interruption import Interruption
    from walnet.cli.reading import say_stream

    request, screen = work.request, work.screen
    if request.apart:
        raise HyperparameterError(
            "--group and --time need a table that fits into memory, one file; keep the "
            "rows to test with in a file or folder of their own, and give it as --test"
        )
    say_stream(request, screen)
    work.files.announce(screen)
    with Interruption() as interruption:
        started = time.monotonic()
        model = _fit_stream(work, interruption)
        seconds = time.monotonic() - started
        with screen.busy("Reading rows to test with …"):
            split = _sampled_split(model, request)
        with screen.busy("Measuring how good it is …"):
            return run.evaluated(request, split, model, seconds, interruption)


def _fit_stream(work: _Work, interruption: Interruption) -> TableModel:
    """Learn, with a progress bar, until the end or a signal."""
    from walnet.cli import run
    from walnet.tables import ReadOptions, Stream

    request = work.request
    rest = part_of(request, is_test=False)
    with run.followed(work.kind, work.screen, interruption) as callback:
        return work.kind.fit_stream(
            Stream(request.file, ReadOptions(**request.reading), part=rest),
            request.target,
            task=request.task,
            seed=request.seed,
            callback=callback,
            **request.options,
        )


def _sampled_split(model: TableModel, request: TrainRequest) -> Split:
    """Return rows that were learned from and others, as many as can be measured on."""
    notes: list[str] = []
    learned = _sample(model, request, notes, is_test=False)
    others = _sample(model, request, notes, is_test=True)
    return split_of(learned, others, [*model.warnings, *notes])


def _sample(
    model: TableModel, request: TrainRequest, notes: list[str], *, is_test: bool
) -> Table:
    """Return rows to test with, or some that were learned from."""
    from walnet.tables import Stream
    from walnet.words import count

    given = {"encoding", "delimiter"} & {*request.reading}
    known = {name: request.reading[name] for name in given}
    read = replace(model.schema.read_options, **known)
    file = request.test if is_test and request.test is not None else request.file
    stream = Stream(file, read, part_of(request, is_test=is_test))
    rows, seen = sampled(enumerate(stream.blocks()), request, is_test=is_test)
    if len(rows) < seen:
        what = "to test with" if is_test else "that were learned from"
        notes.append(
            f"of the {count(seen, 'row')} {what}, {len(rows):,} are measured and "
            "shown, chosen at random"
        )
    return rows
