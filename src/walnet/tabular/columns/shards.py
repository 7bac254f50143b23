"""Rows that several processes share: each surveys and stores its own shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.communicator import Communicator
from walnet.engine.distributed import ShardRows
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError
from walnet.tables.row_groups import RowGroups, difference
from walnet.tabular.columns.row_store import (
    Shape,
    StoredRows,
    as_examples,
    count_buffers,
    group_lengths,
    group_orders,
)
from walnet.tabular.columns.sample import (
    SAMPLED_ROWS,
    Survey,
    Surveyor,
    labelled,
    united,
)
from walnet.tabular.columns.streamed import Encode
from walnet.words import count


@dataclass(frozen=True)
class SharedRows:
    """Row groups, and the processes that share them.

    Attributes
    ----------
    groups : RowGroups
        The rows.
    communicator : Communicator
        The processes.
    """

    groups: RowGroups
    communicator: Communicator

    @property
    def own(self) -> range:
        """The shards of this process."""
        each = self.groups.shards // self.communicator.world
        rank = self.communicator.rank
        return range(rank * each, (rank + 1) * each)

    def check(self) -> None:
        """Refuse rows that processes do not find alike, or that are too few.

        Raises
        ------
        DataError
            In every process.
        """
        self.communicator.together(self.groups.look)
        found = self.communicator.of_all(self.groups.describe())
        for rank, other in enumerate(found):
            _compare(other, found[0], rank)
        groups, world = len(self.groups.groups), self.communicator.world
        if world > groups:
            raise DataError(
                f"{count(world, 'process', 'processes')} cannot share "
                f"{count(groups, 'row group')}; start fewer, or write the table in "
                "smaller row groups"
            )

    def survey(self, target: str, seed: int) -> Survey:
        """Return a sample of all rows: the same on any number of processes.

        Raises
        ------
        DataError
            In every process, if one cannot read its rows, or has none with a target.
        """
        parts = self.communicator.together(lambda: self._survey(target, seed))
        for rank, part in enumerate(parts):
            if not any(part) and any(map(any, parts)):
                raise DataError(
                    f"process {rank} has no row with a target among its row groups; "
                    "start fewer processes"
                )
        found = united([each for part in parts for each in part], target)
        self.groups.expect(found.sample.readings)
        return found

    def _survey(self, target: str, seed: int) -> list[Survey | None]:
        """Return what is found in each of the process's shards."""
        most = max(SAMPLED_ROWS // self.groups.shards, 1)
        surveyors = {shard: Surveyor(target, seed, most) for shard in self.own}
        for block in self.groups.blocks(self.own):
            surveyors[block.shard].add(block.first, block.rows)
        return [each.found() for each in surveyors.values()]

    def store(
        self, opened: ExitStack, target: str, encode: Encode, seed: int, **how: Any
    ) -> StoredShards:
        """Return the encoded rows of the process's shards, in a file for each.

        Parameters
        ----------
        opened, target, encode, seed, **how
            As for `StreamedRows.store`.

        Raises
        ------
        DataError
            In every process, if one cannot read or store its rows.
        """
        own: list[StoredRows] = []

        def store() -> list[_Facts]:
            own.extend(
                opened.enter_context(StoredRows(seed=[seed, shard], **how))
                for shard in self.own
            )
            return self._store(own, target, encode)

        found = self.communicator.together(store)
        return StoredShards.of(self, own, [each for part in found for each in part])

    def _store(
        self, stored: Sequence[StoredRows], target: str, encode: Encode
    ) -> list[_Facts]:
        """Store the rows of the process's shards; return what others have to know."""
        for block in self.groups.blocks(self.own):
            rows, _ = labelled(block.rows, target)
            if len(rows):
                stored[block.shard - self.own.start].add(*encode(rows))
        return [
            _Facts(each.n_rows, each.checksum, each.level_counts, each.apart_rows)
            for each in stored
        ]


@dataclass(frozen=True)
class _Facts:
    """What all processes know of a shard."""

    n_rows: int
    checksum: int
    level_counts: NDArray[np.int64]
    apart: NDArray[np.float32]


@dataclass(frozen=True)
class StoredShards:
    """Encoded rows, those of this process's shards in files.

    Attributes
    ----------
    shared : SharedRows
        Who shares them.
    own : sequence of StoredRows
        The rows of this process's shards.
    sizes : ndarray of int64
        Rows of each shard, of all processes.
    checksums : ndarray of int64
        CRC-32 of each.
    apart : Examples
        Rows of all shards that are kept apart, in every process.
    level_counts : ndarray of int64
        How many rows have each level.
    """

    shared: SharedRows
    own: Sequence[StoredRows]
    sizes: NDArray[np.int64]
    checksums: NDArray[np.int64]
    apart: Examples
    level_counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, shared: SharedRows, own: Sequence[StoredRows], facts: Sequence[_Facts]
    ) -> StoredShards:
        """Return the rows of all shards, whose facts are known."""
        return cls(
            shared,
            own,
            np.array([each.n_rows for each in facts]),
            np.array([each.checksum for each in facts]),
            as_examples(np.concatenate([each.apart for each in facts]), own[0].shape),
            np.sum([each.level_counts for each in facts], axis=0),
        )

    @property
    def communicator(self) -> Communicator:
        """The processes."""
        return self.shared.communicator

    @property
    def n_rows(self) -> int:
        """Rows of all shards."""
        return int(self.sizes.sum())

    @property
    def shape(self) -> Shape:
        """How wide a row is."""
        return self.own[0].shape

    def per_epoch(self, groups: int) -> int:
        """Return how many buffers a pass over all rows has."""
        return max(count_buffers(n, groups) for n in self.sizes.tolist())

    @staticmethod
    def rows_in(buffer: ShardRows) -> int:
        """Return how many rows a buffer has, of all processes."""
        return int(buffer.sizes.sum())

    def buffers(self, seed: int, epoch: int, groups: int) -> Iterator[ShardRows]:
        """Yield all rows once, some groups of each shard at a time, mixed in each.

        Parameters
        ----------
        seed, epoch : int
            What the order is a function of, with the shard, and of nothing else.
        groups : int
            Groups of a shard in a buffer.
        """
        own = self.shared.own
        for number, orders in enumerate(self._orders(seed, epoch, groups)):
            sizes = [
                int(group_lengths(order, n).sum())
                for order, n in zip(orders, self.sizes.tolist(), strict=True)
            ]
            rows = [each.read(orders[s]) for s, each in zip(own, self.own, strict=True)]
            starts = np.cumsum([0, *map(len, rows)])
            mixed = [
                start + _mixed([seed, s, 10, epoch, number], sizes[s])
                for s, start in zip(own, starts[:-1], strict=True)
            ]
            yield ShardRows(
                as_examples(np.concatenate(rows), self.shape),
                np.concatenate(mixed),
                np.array(sizes),
            )

    def _orders(
        self, seed: int, epoch: int, groups: int
    ) -> Iterator[list[NDArray[np.int64]]]:
        """Yield which groups each buffer has of each shard; a short one ends before."""
        orders = [
            list(group_orders(n, [seed, shard], epoch, groups))
            for shard, n in enumerate(self.sizes.tolist())
        ]
        nothing = np.zeros(0, np.int64)
        for number in range(max(map(len, orders))):
            yield [each[number] if number < len(each) else nothing for each in orders]


def _mixed(seed: list[int], n: int) -> NDArray[np.int64]:
    """Return the numbers below n in an order of their own."""
    order: NDArray[np.int64] = np.random.default_rng(seed).permutation(n)
    return order


def _compare(found: Any, known: Any, rank: int) -> None:
    """Refuse what a process has found that the first one has not."""
    (columns, groups), (other_columns, other_groups) = found, known
    if columns != other_columns:
        raise DataError(
            f"{difference(dict(columns), dict(other_columns))}: so read processes "
            f"{rank} and 0, and all must read the same files"
        )
    if groups != other_groups:
        raise DataError(
            f"process {rank} finds {count(len(groups), 'row group')} of "
            f"{count(sum(each[2] for each in groups), 'row')}, and process 0 "
            f"{count(len(other_groups), 'row group')} of "
            f"{count(sum(each[2] for each in other_groups), 'row')}; all must read the "
            "same files"
        )
