"""Rows that are read block by block by one process: surveyed, then stored encoded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from walnet.engine.communicator import ALONE, Communicator
from walnet.tables import Table
from walnet.tables.streams import Stream
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.columns.sample import Survey, labelled, survey

Encode = Callable[[Table], tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]


@dataclass(frozen=True)
class StreamedRows:
    """The rows of a stream; `SharedRows` are the same of several processes.

    Attributes
    ----------
    stream : Stream
        The rows.
    """

    stream: Stream
    communicator: ClassVar[Communicator] = ALONE

    def survey(self, target: str, seed: int) -> Survey:
        """Return a sample of the rows, and facts that it does not show."""
        return survey(self.stream, target, seed)

    def store(
        self, opened: ExitStack, target: str, encode: Encode, seed: int, **how: Any
    ) -> StoredRows:
        """Return the encoded rows in a file, until the end of `opened`.

        Parameters
        ----------
        opened : ExitStack
            Closes the file.
        target : str
            The column to be predicted.
        encode : callable
            Returns what `StoredRows.add` takes of a block.
        seed : int
            Where the choice of rows that are kept apart comes from.
        **how
            As for `StoredRows`.
        """
        stored = opened.enter_context(StoredRows(seed=seed, **how))
        for block in self.stream.blocks():
            rows, _ = labelled(block, target)
            stored.add(*encode(rows))
        return stored
