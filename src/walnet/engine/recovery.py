"""What brings a training back that has diverged: its last good states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walnet.errors import DivergedError

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Examples
    from walnet.engine.network import Network
    from walnet.engine.training_state import TrainingState

_MOST_SAVED = 2_000_000  # parameters of which two older states are held


class Recovery:
    """Holds the states at the start of the last two stretches, and their courses.

    The cost reports a bad update one iteration late, so the last good parameters may
    belong to the stretch before. Of very large networks nothing is held: their
    parameters at the failing iteration are kept (a gradient that is not finite never
    moves them).
    """

    def __init__(self) -> None:
        self._saved: list[tuple[TrainingState, np.ndarray]] = []

    def holds(self, network: Network) -> bool:
        """Return whether a network is small enough for its states to be held."""
        return network.n_parameters <= _MOST_SAVED

    def spare(self) -> TrainingState | None:
        """Give away the older of two states: its arrays can take the next one."""
        return self._saved.pop(0)[0] if len(self._saved) > 1 else None

    def hold(self, state: TrainingState, course: np.ndarray) -> None:
        """Hold a state, and the course of the iterations that follow."""
        self._saved = [*self._saved[-1:], (state, course)]

    def forget(self) -> None:
        """Hold nothing more."""
        self._saved = []

    def before(self, iteration: int) -> tuple[TrainingState, np.ndarray] | None:
        """Return the newest state from before an iteration, and what led to it.

        Before the first iteration of all there is the state at that iteration alone.
        """
        saved = self._saved
        earlier = [each for each in saved if each[0].iteration < iteration] or saved
        if not earlier:
            return None
        state, course = earlier[-1]
        return state, course[: max(iteration - 1 - state.iteration, 0)]


def divergence(iteration: int, layer: int, layers: int, rate: float) -> DivergedError:
    """Return the error that says where training diverged, and what to change."""
    message = (
        f"the cost became NaN or infinite at iteration {iteration} "
        f"(layer {layer} of {layers}) with a learning rate of {rate:g}; the parameters "
        f"of the last finite cost are kept: try a learning rate of {rate / 10:g}, or "
        "standardise the inputs"
    )
    return DivergedError(message, iteration, layer)


def first_bad_layer(network: Network, examples: Examples, rows: np.ndarray) -> int:
    """Return the first layer (from 1) with a weighted input that is not finite.

    Of sparse rows, which are never made dense, it is the last one.
    """
    if examples.pointers.size:
        return network.n_layers
    X, codes = examples.X[rows], examples.codes[rows]
    for number, (Z, _) in enumerate(network.layers_of_rows(X, codes), 1):
        if not np.isfinite(Z).all():
            return number
    return network.n_layers
