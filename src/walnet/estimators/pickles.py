"""Pickles of estimators know the version of walnet that made them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sklearn import exceptions
from sklearn.base import BaseEstimator

from walnet.errors import warn_caller

_KEY, _UNKNOWN = "_walnet_version", "an unknown version"


class InconsistentVersionWarning(exceptions.InconsistentVersionWarning):
    """An estimator was unpickled by another version of walnet than pickled it.

    Attributes
    ----------
    estimator_name : str
        Its class.
    original_version, current_version : str
        That of the pickle, and the present one.
    """

    def __init__(self, estimator_name: str, original: str, current: str) -> None:
        self.estimator_name = estimator_name
        self.original_version, self.current_version = original, current

    def __str__(self) -> str:
        return (
            f"this {self.estimator_name} was pickled by walnet {self.original_version} "
            f"and is unpickled by {self.current_version}, which may give other results "
            "or none: walnet.save writes files that later versions read"
        )


class VersionedPickle(BaseEstimator):
    """An estimator whose pickles hold walnet's version."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state, with the version."""
        return {**super().__getstate__(), _KEY: _version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state over, and warn of one of another version."""
        state = dict(state)
        made_by = state.pop(_KEY, _UNKNOWN)
        if made_by != _version():
            name = type(self).__name__
            warn_caller(InconsistentVersionWarning(name, made_by, _version()))
        super().__setstate__(state)


@cache
def _version() -> str:
    """Return the version that is installed."""
    try:
        return version("walnet")
    except PackageNotFoundError:  # it runs from its source
        return _UNKNOWN
