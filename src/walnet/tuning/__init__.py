"""A search for the hyper-parameters that suit a table.

Begin with `search` (tune); `studies` keeps what was tried.
"""

from __future__ import annotations

from walnet.tuning.search import tune

__all__ = ["tune"]
