"""Columns of text in data frames and Parquet files, read as those of a text file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from walnet.tables.codes import as_code
from walnet.tables.column_reading import (
    Finding,
    Reading,
    consider_points,
    convert,
    readings_of,
)
from walnet.tables.missing_words import clean_text
from walnet.tables.options import ReadOptions
from walnet.tables.table import Column
from walnet.tables.tally import Cells
from walnet.tables.text import CATEGORY


class TextColumn:
    """A column of text, plain or as a dictionary, and what is found out about it.

    Parameters
    ----------
    name : str
        Its name.
    values : pyarrow.ChunkedArray
        The texts.
    options : ReadOptions
        What is known of it.
    """

    def __init__(self, name: str, values: Any, options: ReadOptions) -> None:
        is_dictionary = pa.types.is_dictionary(values.type)
        self.values = values.cast(CATEGORY if is_dictionary else pa.string())
        self.finding = Finding(name, options)
        for chunk in self.values.chunks:
            self.finding.look(_different(chunk))

    @staticmethod
    def columns_of(texts: Sequence[TextColumn], options: ReadOptions) -> list[Column]:
        """Return columns of text as what they are together.

        Parameters
        ----------
        texts : sequence of TextColumn
            All columns of text of a table.
        options : ReadOptions
            What is known of them.

        Returns
        -------
        list of Column
            One for each.
        """
        findings = [each.finding for each in texts]
        consider_points(findings, options)
        for each in texts:
            each.count()
        readings = readings_of(findings, options)
        pairs = zip(texts, readings, strict=True)
        return [each.column(reading, options) for each, reading in pairs]

    def count(self) -> None:
        """Count the cells, where that is needed."""
        if not self.finding.needs_count:
            return
        row = 0
        for chunk in self.values.chunks:
            self.finding.count(Cells.of(chunk, row, self.finding.missing))
            row += len(chunk)

    def column(self, reading: Reading, options: ReadOptions) -> Column:
        """Return the column as it is read."""
        name, finding = self.finding.name, self.finding
        is_known = finding.asked is not None or name in options.expected
        if not is_known and reading.kind == "number" and self._was_chosen(reading):
            reading = Reading("category")
        chunks = [
            _converted(each, reading, finding.missing) for each in self.values.chunks
        ]
        values = pa.chunked_array(chunks, reading.arrow_type).unify_dictionaries()
        column = column_of(name, values, reading)
        return column if is_known else as_code(column)

    def _was_chosen(self, reading: Reading) -> bool:
        """Tell whether all cells are whole numbers: somebody made text of them."""
        if reading.form is not None or self.finding.has_fractions:
            return False
        return all(_are_whole(_different(chunk)) for chunk in self.values.chunks)


def column_of(name: str, values: Any, reading: Reading) -> Column:
    """Return a column of values that were read from text.

    Parameters
    ----------
    name : str
        Its name.
    values : pyarrow.ChunkedArray
        The values.
    reading : Reading
        How they were read.
    """
    return Column(
        name,
        reading.kind,
        values,
        form=reading.form,
        is_asked=reading.is_asked,
        example=reading.example,
        notes=reading.notes,
    )


def _different(chunk: Any) -> Any:
    """Return the texts of a block; of a dictionary each one that occurs, once."""
    if not pa.types.is_dictionary(chunk.type):
        return chunk
    return chunk.dictionary.take(pc.unique(chunk.indices.drop_null()))


def _are_whole(texts: Any) -> bool:
    """Tell whether all texts are whole numbers, or what NaN is as text."""
    is_whole = pc.match_substring_regex(texts, r"^(?:-?\d+|nan|<NA>|None)$")
    return bool(pc.all(is_whole, min_count=0).as_py())


def _converted(chunk: Any, reading: Reading, missing: tuple[str, ...]) -> Any:
    """Return a block of texts as the values that they are read as."""
    if not pa.types.is_dictionary(chunk.type):
        return convert(chunk, reading, missing)
    if reading.kind == "category":
        levels = clean_text(chunk.dictionary, missing).dictionary_encode()
        indices = levels.indices.cast(pa.int32()).take(chunk.indices)
        return pa.DictionaryArray.from_arrays(indices, levels.dictionary)
    if reading.kind == "empty":
        return pa.nulls(len(chunk))
    # A level that does not occur may be of another form.
    used = pc.unique(chunk.indices.drop_null())
    values = convert(chunk.dictionary.take(used), reading, missing)
    place = np.zeros(len(chunk.dictionary) + 1, np.int64)
    place[np.asarray(used)] = np.arange(len(used))
    codes = np.asarray(pc.fill_null(chunk.indices, len(chunk.dictionary)))
    is_missing = np.asarray(chunk.indices.is_null())
    return values.take(pa.array(place[codes], mask=is_missing))
