"""A folder of checkpoints: a file for each member of an ensemble."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.errors import DataError, HyperparameterError
from walnet.saving.atomic import explain_os_error, write_atomically
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import Widths

_MARK = "ensemble.json"
_SAMPLE = np.linspace(-2.0, 2.0, 6, dtype=np.float32)  # by which own costs are compared


class CheckpointFolder:
    """The folder of one ensemble, made where there is none.

    Parameters
    ----------
    path : path
        The folder.
    mark : str
        What only this ensemble has: see `fingerprint`.

    Raises
    ------
    DataError
        If it cannot be made or written to, or belongs to another ensemble.
    HyperparameterError
        If it is no path.
    """

    def __init__(self, path: str | os.PathLike[str], mark: str) -> None:
        if not isinstance(path, (str, os.PathLike)):
            message = "checkpoint must be the path of a folder"
            raise HyperparameterError(f"{message}, got {path!r}")
        self.path = Path(path)
        try:
            self.path.mkdir(exist_ok=True)
        except FileExistsError:
            message = f"checkpoint must be a folder, and {str(self.path)!r} is a file"
            raise DataError(f"{message}; choose another name") from None
        except OSError as error:
            message = f"cannot make the folder {str(self.path)!r}"
            raise DataError(f"{message}: {explain_os_error(error)}") from error
        self._check(mark)

    def file(self, index: int) -> Path:
        """Return the file of a member, by its index among all."""
        return self.path / f"member-{index + 1}"

    def _check(self, mark: str) -> None:
        """Write whose folder it is, or raise an error if it is another ensemble's."""
        file = self.path / _MARK
        try:
            found = json.loads(file.read_bytes())
        except FileNotFoundError:
            write_atomically(file, json.dumps(mark).encode())
            return
        except (OSError, ValueError):
            found = None
        if found != mark:
            raise DataError(
                f"the checkpoints in {str(self.path)!r} belong to other data, another "
                "recipe, preset or seed; take another folder, or delete it to begin "
                "anew"
            )


def fingerprint(
    widths: Widths, plan: EnsemblePlan, arrays: Iterable[NDArray[Any]]
) -> str:
    """Return a hash of all that a continuation must have in common with its start.

    Parameters
    ----------
    widths : Widths
        How wide both ends of a member are.
    plan : EnsemblePlan
        How the members are trained; the number of threads does not matter.
    arrays : iterable of ndarray
        The rows.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    facts = [plan.seed, asdict(widths)]
    facts += [_describe(spec, widths.outputs) for spec in plan.specs]
    digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()


def _describe(spec: BagSpec, n_outputs: int) -> dict[str, Any]:
    """Return what its members learn by, as plain values."""
    recipe = spec.recipe
    return {
        "members": [spec.members, spec.folds, spec.epochs, spec.share],
        "layers": [recipe.hidden_layers, recipe.activation],
        "kinds": [recipe.numbers, recipe.batch_norm],
        "settings": recipe.settings.to_dict(),
        "cost": [] if recipe.own_cost is None else _sample(recipe.own_cost, n_outputs),
    }


def _sample(own_cost: Any, n_outputs: int) -> list[str]:
    """Return a user's cost and its derivative of a few rows, to be compared."""
    y = _SAMPLE[:, None]
    if n_outputs > 1:
        y = np.eye(n_outputs, dtype=np.float32)
    predicted = (y[::-1] + 1 / n_outputs) / 2  # probabilities, if there are classes
    values = (np.asarray(each(y, predicted.copy())) for each in own_cost)
    return [each.tobytes().hex() for each in values]
