"""A fit that is refused leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from walnet.errors import DivergedError
from walnet.estimators.callbacks import FitCallbacks


@contextmanager
def unchanged_if_refused(model: Any, callbacks: FitCallbacks) -> Iterator[None]:
    """Bring an estimator's attributes back if its fit fails before an epoch is done.

    A fit writes new attributes and never into the old ones, so holding them is enough.
    What diverged is kept, so that its parameters can be looked at.

    Parameters
    ----------
    model : estimator
        The one that is being fitted.
    callbacks : FitCallbacks
        Knows whether an epoch is done.
    """
    before = dict(vars(model))
    try:
        yield
    except DivergedError:
        raise
    except BaseException:
        if not callbacks.epoch_done:
            vars(model).clear()
            vars(model).update(before)
        raise
