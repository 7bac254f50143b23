"""Checkpoints: a training on disk, to go on from after a crash, to the same bits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.early_stopping import Best
from walnet.engine.schedules import Clock
from walnet.engine.training_state import TrainingState
from walnet.errors import DataError
from walnet.saving.container import read_model_file, write_model_file

if TYPE_CHECKING:
    import os

    from walnet.engine.training import Training

SECONDS_BETWEEN = 5.0
# Settings that may change between a run and its continuation.
_MAY_CHANGE = (
    "iterations",
    "epochs",
    "threads",
    "stop_cost",
    "stop_accuracy",
    "time_limit",
)


class Checkpoint:
    """Keeps the checkpoint file of one training; an existing file is gone on from.

    Parameters
    ----------
    path : path
        The file. Written atomically: a crash leaves the old or the new one.
    training : Training
        Restored from the file where there is one.
    seconds : float, optional
        Time between two writings, at least; 0 writes at every chance, 5 by default.

    Raises
    ------
    DataError
        If the file belongs to other data, another network or other settings.
    FileFormatError
        If the file is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        training: Training,
        seconds: float | None = None,
    ) -> None:
        self.path = Path(path)
        self.training = training
        self.seconds = SECONDS_BETWEEN if seconds is None else seconds
        self.fingerprint = fingerprint(training)
        self._is_final = False
        if self.path.exists():
            self._restore()
        self._written = time.monotonic()

    def write_when_due(self) -> None:
        """Write the file if the last time is long enough ago."""
        if time.monotonic() - self._written >= self.seconds:
            self.write()

    def write(self) -> None:
        """Write the training's present state to the file.

        Of a training that cools down the file keeps the schedule as planned: it is not
        written again.
        """
        if self._is_final:
            return
        self._is_final = self.training.cools
        state = self.training.state()
        learned = state.parameters, state.statistics, state.memory
        if not all(np.isfinite(each).all() for each in learned):
            return  # about to diverge: the file keeps the last good state
        history = self.training.history
        arrays = {
            "parameters": state.parameters,
            "statistics": state.statistics,
            "memory": state.memory,
            "counters": state.counters,
            "sums": state.sums,
            # As bits: the cost of validation data may well be infinite.
            "history": history.rows().view(np.int64),
        }
        if state.best is not None:
            arrays["best"] = state.best.parameters
            arrays["best.statistics"] = state.best.statistics
        for epoch, parameters in history.snapshots.items():
            arrays[f"snapshot.{epoch}"] = parameters
        write_model_file(self.path, arrays, self._header(state))
        self._written = time.monotonic()

    def _header(self, state: TrainingState) -> dict[str, Any]:
        """Return the numbers beside the arrays. Floats are text, to keep every bit."""
        clock, stopping = state.clock, state.stopping
        return {
            "kind": "checkpoint",
            "fingerprint": self.fingerprint,
            "epochs": state.epochs,
            "learning_rate": float(state.learning_rate).hex(),
            "plateau": float(state.plateau).hex(),
            "clock": [clock.total, clock.iteration, float(clock.time).hex()],
            "planned": _planned(self.training),
            "stopping": [float(stopping.cost).hex(), stopping.epoch, stopping.waited],
            "notes": self.training.notes,
        }

    def _restore(self) -> None:
        """Put the training where the file's was."""
        arrays, header = read_model_file(self.path)
        if header.get("kind") != "checkpoint":
            raise DataError(f"{self.path} is a model file, not a checkpoint")
        if header["fingerprint"] != self.fingerprint:
            raise DataError(
                f"the checkpoint {self.path} belongs to other data, another network or "
                "other settings; take another file, or delete it to begin anew"
            )
        self._restore_history(arrays, header["epochs"])
        self.training.notes.update(header["notes"])
        self.training.restore(self._state(arrays, header))
        if header["planned"] != _planned(self.training):  # more is asked for, or less
            self._plan_anew()
        self.training.stop_if_reached()

    def _plan_anew(self) -> None:
        """Let the training end where it is asked to now."""
        training = self.training
        if training.settings.is_steady:  # nothing depends on training time
            training.clock = Clock(training.planned)
        else:
            training.clock.end_at(training.planned, training.iteration)

    def _state(
        self, arrays: dict[str, np.ndarray], header: dict[str, Any]
    ) -> TrainingState:
        """Return the moment of a file."""
        total, iteration, now = header["clock"]
        cost, epoch, waited = header["stopping"]
        best = None
        if "best" in arrays:
            best = Best(arrays["best"], arrays["best.statistics"])
        return TrainingState(
            arrays["parameters"],
            arrays["statistics"],
            arrays["memory"],
            arrays["counters"],
            arrays["sums"],
            header["epochs"],
            float.fromhex(header["learning_rate"]),
            float.fromhex(header["plateau"]),
            Clock(total, iteration, float.fromhex(now)),
            dataclasses.replace(
                self.training.stopping,
                cost=float.fromhex(cost),
                epoch=epoch,
                waited=waited,
            ),
            best,
        )

    def _restore_history(self, arrays: dict[str, np.ndarray], epochs: int) -> None:
        """Write the file's epochs and snapshots into the training's history."""
        history = self.training.history
        history.room(epochs)[:] = arrays["history"].view(np.float64)
        history.add(epochs)
        names = [name for name in arrays if name.startswith("snapshot.")]
        epochs_kept = sorted(int(name.removeprefix("snapshot.")) for name in names)
        history.snapshots = {e: arrays[f"snapshot.{e}"] for e in epochs_kept}


def _planned(training: Training) -> list[Any]:
    """Return what says how long a training takes: iterations, seconds as text."""
    limit = training.settings.time_limit
    return [training.planned, None if limit is None else float(limit).hex()]


def fingerprint(training: Training) -> str:
    """Return a hash of all that a continuation must have in common with its start."""
    digest = hashlib.sha256()
    for array in training.data_arrays():
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    settings = training.settings.to_dict()
    total = settings["iterations"], settings["epochs"]
    for name in _MAY_CHANGE:
        settings.pop(name)
    timed = settings["schedule"] in ("cosine", "coslog4")
    if timed or settings["fade"] != "constant":  # whose course depends on its end
        settings["total"] = total
    config = training.network.config()
    conventions = {name: str(value) for name, value in training.conventions.items()}
    facts = [settings, config, conventions, training.own_cost is not None]
    digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()
