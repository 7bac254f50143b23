"""The content of a report: the table, the model's predictions, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.network import Network
from walnet.errors import DataError
from walnet.inspection.baselines import Baseline
from walnet.inspection.effects import Effect
from walnet.inspection.evaluation import Evaluation
from walnet.inspection.importance import Importance
from walnet.plots.subjects import Curves
from walnet.tables import Schema, Table
from walnet.tables.target import ClassTarget


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """What a report is made of.

    Parameters
    ----------
    title : str
        Such as the name of the file and of the target.
    table : Table
        The rows that have a target.
    schema : Schema
        Of the training rows.
    training_rows, test_rows : ndarray of int64
        Rows of the table, as `walnet.tables.split_rows` gives them. Without test rows
        the report shows the training rows and says so.
    predict : callable
        From a table to outputs (rows, outputs), which ``schema.decode`` turns into
        answers; for two classes one column, the probability of the second, will do.
    on_training, on_test : Evaluation or None
        How good the predictions are on either; None where there are no rows.
    network : Network, optional
        For its diagram.
    history : History or LearningCurve, optional
        For the course of the training.
    importance : Importance, optional
        How much the columns matter.
    effects : sequence of Effect, optional
        What columns do to the predictions.
    baselines : sequence of Baseline, optional
        What simple models make of the same rows.
    doubts : sequence of str, optional
        What speaks against the result.
    test_file : str, optional
        The file of the test rows, if it is another one.
    interval : callable, optional
        From a table to the low and high ends of an interval for each number.
    coverage : float, default 0.9
        The share of new rows whose number is to lie in its interval.
    structure : dict, optional
        Names and values of what was learned.
    course : str, optional
        How the training went, in one sentence.
    drift : sequence of str, optional
        In which way the shown rows differ from the training rows.
    settings : dict, optional
        Names and values of what the training was set to.
    code : str, optional
        Python that repeats the run.
    notes : sequence of str, optional
        What was noticed, besides the warnings of the schema.
    """

    title: str
    table: Table
    schema: Schema
    training_rows: NDArray[np.int64]
    test_rows: NDArray[np.int64]
    predict: Callable[[Table], Any]
    on_training: Evaluation | None
    on_test: Evaluation | None
    network: Network | None = None
    history: Curves | None = None
    importance: Importance | None = None
    effects: Sequence[Effect] = ()
    baselines: Sequence[Baseline] = ()
    doubts: Sequence[str] = ()
    test_file: str = ""
    interval: Callable[[Table], tuple[Any, Any]] | None = None
    coverage: float = 0.9
    structure: Mapping[str, Any] = field(default_factory=dict)
    course: str = ""
    drift: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse a report about no rows."""
        if not len(self.training_rows) and not len(self.test_rows):
            raise DataError("a report needs training rows or test rows, got neither")
        pairs = (self.training_rows, self.on_training), (self.test_rows, self.on_test)
        if any(bool(len(rows)) != (found is not None) for rows, found in pairs):
            raise DataError("a report needs an evaluation of each kind of rows it has")

    @property
    def is_classification(self) -> bool:
        """Whether the target is learned as classes."""
        return self.schema.task == "classification"

    @property
    def is_tested(self) -> bool:
        """Whether there are rows that were not learned from."""
        return bool(len(self.test_rows))

    @property
    def shown_rows(self) -> NDArray[np.int64]:
        """The rows whose predictions are shown: test rows, else training rows."""
        return self.test_rows if self.is_tested else self.training_rows

    @property
    def rows_name(self) -> str:
        """What the shown rows are called."""
        return "test rows" if self.is_tested else "training rows"

    @property
    def evaluation(self) -> Evaluation:
        """How good the predictions are on the shown rows."""
        found = self.on_test if self.is_tested else self.on_training
        assert found is not None  # noqa: S101 - refused in `__post_init__`
        return found

    @property
    def labels(self) -> list[Any] | None:
        """The classes, or None for a number."""
        target = self.schema.target
        return list(target.labels) if isinstance(target, ClassTarget) else None

    @cached_property
    def shown(self) -> Table:
        """The rows whose predictions are shown."""
        return self.table.take(self.shown_rows)

    @cached_property
    def outputs(self) -> NDArray[np.float64]:
        """The outputs for the shown rows."""
        return self.outputs_of(self.shown)

    @cached_property
    def original(self) -> NDArray[Any]:
        """The original labels of the shown rows."""
        return self.answers(self.shown)

    @cached_property
    def predicted(self) -> NDArray[Any]:
        """The predicted labels of the shown rows."""
        return self.schema.decode(self.outputs)

    @cached_property
    def columns_by_importance(self) -> list[str]:
        """The columns that are used, those that matter most first."""
        found = self.importance
        if found is None:
            return self.schema.names
        rank = {found.names[index]: i for i, index in enumerate(found.order)}
        return sorted(self.schema.names, key=lambda name: rank.get(name, len(rank)))

    def answers(self, table: Table) -> NDArray[Any]:
        """Return the original labels of some rows."""
        return self.schema.decode(self.schema.encode_target(table))

    def outputs_of(self, table: Table) -> NDArray[np.float64]:
        """Return outputs of some rows: a column for each class, or one number."""
        outputs = np.asarray(self.predict(table), np.float64).reshape(len(table), -1)
        target = self.schema.target
        if isinstance(target, ClassTarget):
            return target.probabilities(outputs)
        return outputs
