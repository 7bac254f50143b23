"""What the layers of a network held for some examples, read from a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.normalization import EPSILON
from walnet.engine.kernels.types import DENSE
from walnet.engine.layout import weights_view

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Workspace
    from walnet.engine.layout import Layout
    from walnet.engine.network import Network


@dataclass(frozen=True)
class Rows:
    """Some rows of data.

    Attributes
    ----------
    numbers : ndarray of shape (rows,), int
        Which ones.
    X : ndarray of shape (rows, columns of numbers)
        Inputs that are numbers.
    codes : ndarray of shape (rows, columns of levels), int32
        Inputs that are levels, as rows in the tables of their layers.
    Y : ndarray of shape (rows, n_outputs)
        Targets; (rows, 0) where there are none.
    w : ndarray of shape (rows,) or (0,)
        Their weights, where there are any.
    """

    numbers: np.ndarray
    X: np.ndarray
    codes: np.ndarray
    Y: np.ndarray
    w: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def columns(self, layout: Layout) -> np.ndarray:
        """Return the inputs in the order of X's columns: (rows, n_inputs)."""
        n = len(layout.dense_columns) + len(layout.code_columns)
        whole = np.empty((len(self), n), self.X.dtype)
        whole[:, layout.dense_columns] = self.X
        whole[:, layout.code_columns] = self.codes - layout.table_starts
        return whole


@dataclass(frozen=True)
class Normalized:
    """How a layer's weighted inputs were normalised.

    Attributes
    ----------
    U, hat : ndarray of shape (shown, neurons)
        Weighted inputs before, and with mean 0 and deviation 1.
    mean, deviation : ndarray of shape (neurons,), float64
        Of the batch, or the running ones; ``deviation`` is √(variance + 1e-5).
    of_batch : bool
        Whether they are those of the batch.
    """

    U: np.ndarray
    hat: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    of_batch: bool


@dataclass(frozen=True)
class Held:
    """What one layer held for the examples that are written out.

    Attributes
    ----------
    A : ndarray of shape (shown, n_out)
        What it gave to the next layer.
    Z, G : ndarray of shape (shown, neurons)
        Of a dense layer: weighted inputs, and the activation function's values.
    dZ : ndarray of shape (shown, neurons)
        Derivatives of J by the weighted inputs (U, where those are normalised); empty
        where nothing went back.
    mask : ndarray of shape (shown, neurons) or None
        What dropout multiplied with: 0, or 1 / (1 - rate).
    normalized : Normalized or None
        Of a layer that is normalised.
    """

    A: np.ndarray
    Z: np.ndarray
    G: np.ndarray
    dZ: np.ndarray
    mask: np.ndarray | None = None
    normalized: Normalized | None = None


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Some examples on their way through a network.

    Attributes
    ----------
    network : Network
        With the parameters of the pass.
    records : ndarray of LAYER
        The layers as the kernels read them.
    shown : Rows
        The examples that are written out.
    held : list of Held
        One a record.
    features : sequence of str, optional
        Names of the inputs.
    """

    network: Network
    records: np.ndarray
    shown: Rows
    held: list[Held]
    features: Sequence[str] | None = None

    @property
    def layers(self) -> list[Held]:
        """What the dense layers held, the output last."""
        pairs = zip(self.records, self.held, strict=True)
        return [held for record, held in pairs if record["kind"] == DENSE]


@dataclass(frozen=True)
class Reading:
    """Where the arrays of a pass are found.

    Attributes
    ----------
    network : Network
        Its parameters and running statistics are those of the pass.
    work : Workspace
        What a kernel left.
    m : int
        How many examples it worked on.
    columns : ndarray of int
        Those that are written out.
    learns : bool
        Whether they went back, too, and the batch normalised itself.
    drops : bool
        Whether activations were dropped.
    """

    network: Network
    work: Workspace
    m: int
    columns: np.ndarray
    learns: bool
    drops: bool = False

    def layer(self, record: Any) -> Held:
        """Return what one layer held."""
        work, kind = self.work, record["kind"]
        A = self._part(work.A, record)
        if kind != DENSE:
            return Held(A, A[:, :0], A[:, :0], A[:, :0])
        Z = self._part(work.Z, record)
        is_dropped = self.drops and record["dropout"] > 0
        apart = is_dropped or record["slopes"] >= 0
        return Held(
            A,
            Z,
            self._part(work.G, record) if apart else A,
            self._part(work.dZ, record) if self.learns else Z[:, :0],
            self._part(work.masks, record) if is_dropped else None,
            self._normalized(record, Z) if record["gammas"] >= 0 else None,
        )

    def _whole(self, buffer: np.ndarray, record: Any) -> np.ndarray:
        """Return a layer's part of a buffer, (n_out, m)."""
        start = int(record["target"]) * self.work.capacity
        start += int(record["target_row"]) * self.m
        return matrix(buffer, start, int(record["n_out"]), self.m)

    def _part(self, buffer: np.ndarray, record: Any) -> np.ndarray:
        """Return a layer's part of a buffer, an example a row."""
        part: np.ndarray = self._whole(buffer, record)[:, self.columns].T.copy()
        return part

    def _normalized(self, record: Any, Z: np.ndarray) -> Normalized:
        """Return how Z was made; the kernels keep neither U nor its mean."""
        network, work = self.network, self.work
        start = int(record["source"]) * work.capacity
        A_prev = matrix(work.A, start, int(record["n_in"]), self.m).astype(float)
        U = weights_view(record, network.parameters).astype(float) @ A_prev
        neurons = slice(int(record["target"]), int(record["target"] + record["n_out"]))
        shown = U[:, self.columns].T.astype(Z.dtype)
        if self.learns:
            hat = self._part(work.hat, record)
            mean, deviation = U.mean(axis=1), work.deviation[neurons].copy()
            return Normalized(shown, hat, mean, deviation, of_batch=True)
        mean, variance = network.statistics[:, neurons]
        deviation = np.sqrt(variance + EPSILON)
        hat = ((U[:, self.columns].T - mean) / deviation).astype(Z.dtype)
        return Normalized(shown, hat, mean.copy(), deviation, of_batch=False)


def forward_pass(
    network: Network,
    X: np.ndarray,
    codes: np.ndarray,
    features: Sequence[str] | None = None,
) -> Pass:
    """Return checked rows on their way through a network, as for a prediction.

    Parameters
    ----------
    network : Network
        The network.
    X, codes : ndarray
        Numbers and codes of levels, as `Network.inputs` returns them.
    features : sequence of str, optional
        Names of the inputs.
    """
    m = len(X)
    reading = Reading(
        network, network.workspace_of(X, codes), m, np.arange(m), learns=False
    )
    none = np.empty((m, 0), network.dtype)
    rows = Rows(np.arange(m), X, codes, none, none[0])
    records = network.layout.records
    return Pass(
        network=network,
        records=records,
        shown=rows,
        held=[reading.layer(each) for each in records],
        features=features,
    )
