"""What the page in a notebook begins with: a network, settings and examples.

The page has dense layers in float32 and draws what it shows, so it takes networks of a
size that can be drawn; what it cannot show is refused here, before anything is shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from walnet.engine.arrays import check_inputs, check_targets
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.plan import cost_rule
from walnet.engine.settings import TABLE
from walnet.errors import DataError, HyperparameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from walnet.engine.network import Network
    from walnet.engine.settings import Settings

# What the page's protocol and check.ts allow: a test compares them.
MAX_LAYERS = 8
MAX_NEURONS = 32
MAX_INPUTS = 400
MAX_CLASSES = 32
MAX_PARAMETER = 1_000_000.0
MAX_ROWS = 100_000
NOT_ON_THE_PAGE = ("softmax", "exponential", "quantile", "poisson")
# Settings that the page has; the others must be as they are by default.
KNOBS = ("cost", "learning_rate", "batch_size", "optimizer", "l1", "l2", "weight_decay")
DECAYING = tuple(name for name, row in OPTIMIZERS.items() if row.weight_decay > 0)
ALSO_READ = ("dropout", "seed")
_SHOWN = (
    "the playground shows one number by one identity output, two classes by one "
    "sigmoid output and more classes by a softmax of one output each"
)


class Names(NamedTuple):
    """What inputs and classes are called; empty where they have no names."""

    features: Sequence[str]
    classes: Sequence[str]


def layers_of(network: Network, dropout: Sequence[float]) -> list[dict[str, Any]]:
    """Return the hidden layers as the page has them.

    Raises
    ------
    HyperparameterError
        If the page cannot show them.
    """
    _refuse_kinds(network)
    sizes = network.layer_sizes[1:-1]
    if len(sizes) > MAX_LAYERS or max(sizes, default=0) > MAX_NEURONS:
        raise HyperparameterError(
            f"the playground shows up to {MAX_LAYERS} hidden layers of up to "
            f"{MAX_NEURONS} neurons, got {list(sizes)}"
        )
    hidden = network.activations[:-1]
    for name in hidden:
        if name in NOT_ON_THE_PAGE:
            message = f"the playground has no {name} in hidden layers"
            raise HyperparameterError(f"{message}; take another activation")
    layers = zip(sizes, hidden, dropout, strict=True)
    return [{"neurons": n, "activation": g, "dropout": p} for n, g, p in layers]


def _refuse_kinds(network: Network) -> None:
    if not network.is_plain:
        raise HyperparameterError(
            "the playground shows plain dense layers only: no embeddings, slopes, "
            "norms or dropout of a layer's own"
        )
    if network.dtype != np.float32:
        message = f"the playground computes in float32, got {network.dtype.name}"
        raise HyperparameterError(f"{message}; use network.astype('float32')")
    if network.n_inputs > MAX_INPUTS:
        message = f"the playground shows up to {MAX_INPUTS} inputs"
        raise HyperparameterError(f"{message}, got {network.n_inputs}")


def values_of(network: Network) -> str:
    """Return all parameters as text: their float32 bytes in base64.

    Raises
    ------
    HyperparameterError
        If they are larger than the page takes, or not finite.
    """
    if not np.all(np.abs(network.parameters) <= MAX_PARAMETER):
        message = f"parameters must be from {-MAX_PARAMETER:g} to {MAX_PARAMETER:g}"
        raise HyperparameterError(f"{message} in the playground")
    return packed(network.parameters)


def packed(values: np.ndarray) -> str:
    """Return numbers as the bytes of float32 in base64."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def unpacked(content: bytes, dtype: str = "<f4") -> np.ndarray:
    """Return the numbers of bytes that the page has sent."""
    return np.frombuffer(content, dtype).copy()


def dropout_of(network: Network, settings: Settings) -> list[float]:
    """Return the dropout of each hidden layer."""
    rates = settings.dropout
    hidden = network.n_layers - 1
    return list(rates) if isinstance(rates, tuple) else [float(rates)] * hidden


def training_of(settings: Settings) -> dict[str, Any]:
    """Return settings as the page has them.

    Raises
    ------
    HyperparameterError
        If one is set that the page has not.
    """
    for name, row in TABLE.items():
        usual = getattr(type(settings)(optimizer=settings.optimizer), name)
        if name not in KNOBS + ALSO_READ and getattr(settings, name) != usual:
            raise HyperparameterError(
                f"the playground has no setting {name} ({row.help}); "
                f"leave it at {usual!r}"
            )
    if settings.cost in NOT_ON_THE_PAGE:
        raise HyperparameterError(f"the playground has no cost {settings.cost!r}")
    values = {name: getattr(settings, name) for name in KNOBS}
    # Where the optimizer has none, the page keeps one for when another is chosen.
    if settings.optimizer not in DECAYING:
        del values["weight_decay"]
    return values | {"batch_size": settings.batch_size or 0, "seed": settings.seed}


def state_of(
    network: Network, settings: Settings, file: dict[str, Any]
) -> dict[str, Any]:
    """Return what differs from the state that the page begins with.

    Raises
    ------
    HyperparameterError
        If the page has not got something, or the network cannot have the cost.
    """
    cost_rule(settings.cost, settings.cost_parameter, network.output_layer)
    fresh = type(network).from_config(network.config())
    is_drawn = np.array_equal(fresh.parameters, network.parameters)
    given = {"iteration": 0, "kind": "parameters", "values": values_of(network)}
    shown = {"screen": "play", "components": network.n_inputs > 2}
    return {
        "data": {"source": "file", "file": file},
        "network": {
            "layers": layers_of(network, dropout_of(network, settings)),
            "initializer": network.initializer,
            "seed": network.seed,
        },
        "training": training_of(settings),
        "run": {"events": [] if is_drawn else [given]},
        "view": shown,
    }


class Examples:
    """Examples as the page takes them: nothing is scaled, mixed or split.

    Parameters
    ----------
    network : Network
        Its output layer says whether they are classes or numbers.
    train, test : tuple of (X, y)
        Examples to learn from, and others that are only looked at; None for none.
    names : Names
        What inputs and classes are called.

    Attributes
    ----------
    text : str
        All of it as JSON.
    file : dict
        What the page's state says of it.

    Raises
    ------
    DataError
        If a value is missing, or no label.
    HyperparameterError
        If the page has no such output layer.
    ShapeError
        If X and y do not fit each other or the network.
    """

    def __init__(
        self,
        network: Network,
        train: tuple[ArrayLike, ArrayLike],
        test: tuple[ArrayLike, ArrayLike] | None,
        names: Names,
    ) -> None:
        self._network = network
        self._n_classes = _count_classes(network)
        X, y = train
        features = self._features(X, names)
        content = {
            "name": "X, y",
            "features": features,
            "classes": self._classes(names),
            "target": "y",
            "train": self._rows(X, y),
            "test": {"X": "", "y": ""} if test is None else self._rows(*test),
        }
        self.text = json.dumps(content, ensure_ascii=False)
        self.file = {
            "name": "X, y",
            "sha256": hashlib.sha256(self.text.encode()).hexdigest(),
            "target": "y",
            "columns": features,
        }

    def _features(self, X: ArrayLike, names: Names) -> list[str]:
        own = [str(name) for name in getattr(X, "columns", ())]
        found = list(names.features) or own
        n = self._network.n_inputs
        found = found or [f"x{k + 1}" for k in range(n)]
        if len(found) != n or len(set(found)) != n:
            message = f"feature_names must be {n} different names, one for each input"
            raise ShapeError(f"{message}, got {found!r}")
        return found

    def _classes(self, names: Names) -> list[str]:
        found = [*names.classes] or [str(k) for k in range(self._n_classes)]
        if len(found) != self._n_classes:
            message = f"class_names must be {self._n_classes} names, one for each class"
            raise ShapeError(f"{message}, got {found!r}")
        return found

    def _rows(self, X: ArrayLike, y: ArrayLike) -> dict[str, str]:
        inputs = check_inputs(X, self._network.n_inputs, self._network.dtype)
        n = len(inputs)
        if n > MAX_ROWS:
            message = f"the playground takes up to {MAX_ROWS:,} rows, got {n:,}"
            raise DataError(f"{message}; give it some of them")
        return {"X": packed(inputs), "y": packed(self._targets(y, n))}

    def _targets(self, y: ArrayLike, n_rows: int) -> np.ndarray:
        """Return a number or a class of each row."""
        network = self._network
        Y = check_targets(y, n_rows, network.n_outputs, network.dtype)
        if self._n_classes == 0:
            return Y[:, 0]
        if not np.isin(Y, (0.0, 1.0)).all() or (
            self._n_classes > 2 and not (Y.sum(axis=1) == 1.0).all()
        ):
            last = self._n_classes - 1
            raise DataError(f"y must hold a class of each row, 0 … {last}")
        return Y[:, 0] if self._n_classes == 2 else Y.argmax(axis=1)


def _count_classes(network: Network) -> int:
    """Return how many classes an output layer tells apart; 0 of a number."""
    output, n = network.activations[-1], network.n_outputs
    if (output, n) == ("identity", 1):
        return 0
    if (output, n) == ("sigmoid", 1):
        return 2
    if output == "softmax" and 2 < n <= MAX_CLASSES:
        return n
    raise HyperparameterError(f"{_SHOWN}; this network has {n} by {output}")
