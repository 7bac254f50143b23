"""The history of a training: cost, accuracy, gradient and rate, a row an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

COLUMNS = (
    "cost",
    "accuracy",
    "gradient_norm",
    "learning_rate",
    "validation_cost",
    "validation_accuracy",
)


class History:
    """The course of one training.

    With full batches an epoch is one iteration, so there is one value an iteration.
    The cost of an epoch is the mean over its batches, each taken before its update:
    the first value belongs to the random network.

    Parameters
    ----------
    iterations_per_epoch : int, default 1
        Updates an epoch.
    labelled : bool, default False
        Whether targets are labels, so that there is an accuracy.
    validated : bool, default False
        Whether there are validation data.

    Attributes
    ----------
    stopped : str
        Why training ended, a sentence; empty while it has not.
    diverged : bool
        Whether the cost became NaN or infinite.
    best_epoch : int or None
        The epoch (from 0) whose parameters were kept, where `patience` was set.
    iterations : int
        Updates done, those of an epoch that was not finished among them.
    seconds : float
        Time spent in training.
    snapshots : dict of int to ndarray of shape (n_parameters,)
        Parameters after so many epochs, where `snapshots` was set.
    """

    def __init__(
        self,
        iterations_per_epoch: int = 1,
        *,
        labelled: bool = False,
        validated: bool = False,
    ) -> None:
        self.iterations_per_epoch = iterations_per_epoch
        self.labelled = labelled
        self.validated = validated
        self.stopped = ""
        self.diverged = False
        self.best_epoch: int | None = None
        self.iterations = 0
        self.seconds = 0.0
        self.snapshots: dict[int, np.ndarray] = {}
        self._rows = np.zeros((16, len(COLUMNS)))
        self._length = 0

    def __len__(self) -> int:
        """Return the number of epochs recorded."""
        return self._length

    def _column(self, name: str) -> np.ndarray:
        return self._rows[: self._length, COLUMNS.index(name)]

    @property
    def cost(self) -> np.ndarray:
        """Cost J of each epoch, penalties included: ndarray of shape (epochs,)."""
        return self._column("cost")

    @property
    def accuracy(self) -> np.ndarray | None:
        """Share of right predictions of each epoch; None where targets are numbers."""
        return self._column("accuracy") if self.labelled else None

    @property
    def gradient_norm(self) -> np.ndarray:
        """Mean Euclidean length of the gradient in each epoch."""
        return self._column("gradient_norm")

    @property
    def learning_rate(self) -> np.ndarray:
        """Learning rate of the last iteration of each epoch."""
        return self._column("learning_rate")

    @property
    def validation_cost(self) -> np.ndarray | None:
        """Cost of the validation data after each epoch; None where there are none."""
        return self._column("validation_cost") if self.validated else None

    @property
    def validation_accuracy(self) -> np.ndarray | None:
        """Share of right predictions of the validation data after each epoch."""
        both = self.validated and self.labelled
        return self._column("validation_accuracy") if both else None

    def to_dict(self) -> dict[str, Any]:
        """Return the recorded columns as lists, ready for JSON.

        Returns
        -------
        dict of str to list of float
            A value for each epoch.
        """
        columns = {name: getattr(self, name) for name in COLUMNS}
        return {
            name: values.tolist()
            for name, values in columns.items()
            if values is not None
        }

    def plot(self, ax: Any = None) -> Any:
        """Draw the cost, and the accuracy where there is one, over the epochs.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        matplotlib Axes
            Those of the cost. :class:`walnet.plots.CostDisplay` has more options.
        """
        from walnet.plots import CostDisplay  # and matplotlib, which takes a second

        return CostDisplay(self).plot(ax).ax_

    def __repr__(self) -> str:
        """Read the training as a sentence."""
        if not self._length:
            return "History: nothing trained yet"
        epochs = "1 epoch" if self._length == 1 else f"{self._length:,} epochs"
        text = f"History: {epochs}, cost {self.cost[0]:.4g}"
        text += f" → {self.cost[-1]:.4g}"
        if self.accuracy is not None:
            text += f", accuracy {self.accuracy[0]:.3g} → {self.accuracy[-1]:.3g}"
        return f"{text}; {self.stopped}" if self.stopped else text

    # What follows is for the training that writes the history.

    def room(self, epochs: int) -> np.ndarray:
        """Return the rows that the next epochs will be written to."""
        needed = self._length + epochs
        if needed > len(self._rows):
            grown = np.zeros((max(needed, 2 * len(self._rows)), len(COLUMNS)))
            grown[: self._length] = self._rows[: self._length]
            self._rows = grown
        return self._rows[self._length : needed]

    def add(self, epochs: int) -> None:
        """Count rows that have been written."""
        self._length += epochs

    def last(self) -> np.ndarray:
        """Return the row of the last epoch, a view.

        Returns
        -------
        ndarray of shape (columns,)
            As in `COLUMNS`.
        """
        row: np.ndarray = self._rows[self._length - 1]
        return row

    def cut(self, epochs: int) -> None:
        """Forget all that came after so many epochs."""
        self._length = min(self._length, epochs)
        self.snapshots = {e: p for e, p in self.snapshots.items() if e <= epochs}

    def rows(self) -> np.ndarray:
        """Return a copy of the table: (epochs, columns) as in `COLUMNS`.

        Returns
        -------
        ndarray of shape (epochs, columns)
            Changing it changes nothing here.
        """
        return self._rows[: self._length].copy()
