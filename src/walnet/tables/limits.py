"""The limits of what a table may be, in one place.

They stop a damaged or malicious file before it fills the memory, and keep columns
that nothing can be learned from out of a network.
"""

from __future__ import annotations

MAX_COLUMNS = 100_000
"""Columns of one table."""

MAX_CELLS = 1_000_000_000
"""Rows × columns of one table, and examples × features of one encoded matrix."""

MAX_ROW_BYTES = 16 * 2**20
"""Bytes of one row of a CSV file; also the size of the blocks that it is read in."""

MAX_UNPACKED_BYTES = 64 * 2**30
"""Bytes that a compressed file may unpack to."""

MAX_UNPACKED_RATIO = 200
"""How many times larger than the file its content may be when unpacked.

Ordinary tables shrink to a tenth or a twentieth; bombs unpack to a thousand times.
"""

SMALL_UNPACKED_BYTES = 16 * 2**20
"""Content up to this size is read whatever its ratio."""

MAX_LEVELS = 100
"""Levels of one category that get an input of their own; the rest share one."""

MAX_RARE_LEVELS = 10_000
"""Levels that share an input and are remembered, to tell new ones from them."""

MAX_CLASSES = 10_000
"""Classes of a target."""

MAX_INTEGER_CLASSES = 10
"""Different whole numbers up to which a target is taken for classes."""

MIN_ROWS_PER_LEVEL = 2
"""Rows that a level has on average, or else the column is an identifier."""

MAX_STANDARDISED = 1e6
"""A standardised number is kept within ± this many standard deviations."""
