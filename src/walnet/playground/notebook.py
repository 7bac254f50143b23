"""The playground inside a notebook: the same page, read and written by Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.errors import (
    DataError,
    HyperparameterError,
    ShapeError,
    check_whole_number,
)
from walnet.playground.opening import (
    DECAYING,
    KNOBS,
    Examples,
    Names,
    dropout_of,
    layers_of,
    state_of,
    unpacked,
    values_of,
)
from walnet.playground.widget import make_widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

MAX_RATE = 1_000.0
CURVE = ("iteration", "train_cost", "test_cost", "train_accuracy", "test_accuracy")
_UNTOLD = (
    "the playground has not told of its run yet: show it first, and read it in a later "
    "cell, for news come between cells"
)


class Playground:
    """The playground in a notebook: a page on which a network is seen learning.

    The page trains by itself, in the browser and with the same kernels, so the same
    seed and settings give the same bits as :func:`walnet.train`. It tells Python of its
    run some times a second, between cells; what Python sets, the page takes over at
    once. A notebook that is saved with its widgets (JupyterLab: Settings, Save Widget
    State Automatically) holds the page, the examples and the run: it opens where it
    was, and goes on moving where there is no Python.

    Parameters
    ----------
    network : Network, optional
        Of plain dense layers in float32: up to 8 hidden layers of up to 32 neurons, and
        one identity output for a number, one sigmoid output for two classes, or a
        softmax of more. It is copied. Without it the page opens as it does elsewhere.
    X : array_like of shape (examples, n_inputs)
        Inputs, which are taken as they are: neither scaled nor mixed nor split.
    y : array_like of shape (examples,) or (examples, n_outputs)
        A number of each example, or its class, 0 … classes - 1.
    settings : Settings, optional
        How the page trains: `cost`, `optimizer`, `learning_rate`, `batch_size`, `l1`,
        `l2`, `weight_decay`, `dropout` and `seed`.
    test : tuple of (X, y), optional
        Examples that are looked at, never learned from.
    feature_names, class_names : sequence of str, optional
        What inputs and classes are called; a table's columns have names already.
    height : int, default 760
        Height of the page in the notebook, in pixels, at least 200.
    site : str, default ""
        The address of a playground that others can reach: links on the page lead there.
        Without one the page shows no links.
    **options
        Single settings by name, on top of `settings`.

    Attributes
    ----------
    network : Network
        A copy of the network as the page told of it last. Set it, to one that fits the
        same examples, and the page goes on with its layers and parameters; rewinding,
        links and exported Python repeat that like any change by hand.
    learning_rate : float
        The learning rate that holds; ≥ 0, it can be set while the page trains.
    settings : Settings
        The settings that hold.
    iteration : int
        Updates done.
    epoch : float
        Passes over the examples done, with the part of the one under way.
    playing : bool
        Whether the page trains.
    history : dict of str to ndarray
        The points of the cost curve: `iteration`, `train_cost`, `test_cost`,
        `train_accuracy` and `test_accuracy`; NaN where there is none.
    widget : anywidget.AnyWidget
        What is shown, to put into layouts.

    Raises
    ------
    WalnetError
        If anywidget is missing, or the page was not built into this installation.
    HyperparameterError
        If the page cannot show such a network, or has no such setting.
    ShapeError
        If the shapes of network, X and y do not fit each other.
    DataError
        If a value is missing, or y holds no labels where it should.

    Examples
    --------
    >>> import walnet
    >>> X, y = walnet.datasets.circles(n=200, seed=1)
    >>> network = walnet.Network([2, 4, 1], output="sigmoid", seed=1)
    >>> playground = walnet.Playground(network, X, y, learning_rate=0.3)
    >>> playground.learning_rate
    0.3
    >>> playground.network.layer_sizes
    (2, 4, 1)
    """

    def __init__(  # noqa: PLR0913
        self,
        network: Network | None = None,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        settings: Settings | None = None,
        *,
        test: tuple[ArrayLike, ArrayLike] | None = None,
        feature_names: Sequence[str] = (),
        class_names: Sequence[str] = (),
        height: int = 760,
        site: str = "",
        **options: Any,
    ) -> None:
        check_whole_number("height", height, at_least=200)
        settings = settings.replace(**options) if settings else Settings(**options)
        self._first: Network | None = None
        self._settings = settings
        opening: dict[str, Any] = {"state": {}, "examples": "", "site": site}
        if network is not None:
            if X is None or y is None:
                raise DataError("a network needs examples, X and y, to learn from")
            names = Names(feature_names, class_names)
            examples = Examples(network, (X, y), test, names)
            opening["examples"] = examples.text
            opening["state"] = state_of(network, settings, examples.file)
            self._first = network.copy()
        elif X is not None or y is not None:
            raise DataError("X and y need a network that learns from them")
        self.widget = make_widget(opening, height)
        self._serial = 0
        self._asked: dict[str, tuple[int, Any]] = {}

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Show the page: Jupyter, VS Code and Colab ask for this."""
        return self.widget._repr_mimebundle_(**options)

    def _display_(self) -> Any:
        """Show the page: marimo asks for this."""
        return self.widget

    @property
    def network(self) -> Network:
        """A copy of the network as it is, or as it was set last."""
        asked: Network | None = self._pending("network")
        known = asked if asked is not None else self._first
        if self._run and asked is None:
            return self._told_network()
        if known is None:
            raise DataError(_UNTOLD)
        return known.copy()

    @network.setter
    def network(self, network: Network) -> None:
        here = self.network
        old, new = _ends(here), _ends(network)
        if old != new:
            message = f"the playground's examples need a network with {old}"
            raise ShapeError(f"{message}; this one has {new}")
        same_depth = here.n_layers == network.n_layers
        rates = self._dropout() if same_depth else [0.0] * (network.n_layers - 1)
        fields = {"layers": layers_of(network, rates), "values": values_of(network)}
        self._ask("network", network.copy(), **fields)

    @property
    def learning_rate(self) -> float:
        """The learning rate that holds, or that was set last."""
        asked = self._pending("learning_rate")
        return float(self.settings.learning_rate if asked is None else asked)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        Settings(learning_rate=value)  # refuses what is no learning rate
        if not 0 < value <= MAX_RATE:
            message = f"learning_rate must be above 0 and at most {MAX_RATE:g} here"
            raise HyperparameterError(f"{message}, got {value!r}")
        self._ask("learning_rate", float(value), value=float(value))

    @property
    def settings(self) -> Settings:
        """The settings that hold: `walnet.train` with them repeats the page's run."""
        if not self._run:
            return self._settings
        told = self._run["state"]["training"]
        values = {name: told[name] for name in (*KNOBS, "seed")}
        values |= {"cost": self._run["cost"], "batch_size": told["batch_size"] or None}
        if told["optimizer"] not in DECAYING:
            del values["weight_decay"]
        rates = self._dropout()
        return Settings(**values, dropout=tuple(rates) if any(rates) else 0.0)

    @property
    def iteration(self) -> int:
        """Updates done."""
        return int(self._run.get("iteration", 0))

    @property
    def epoch(self) -> float:
        """Passes over the examples done, with the part of the one under way."""
        return float(self._run.get("epoch", 0.0))

    @property
    def playing(self) -> bool:
        """Whether the page trains."""
        return bool(self._run.get("playing", False))

    @property
    def history(self) -> dict[str, np.ndarray]:
        """The points of the cost curve, oldest first."""
        points = unpacked(self.widget._curve, "<f8").reshape(-1, len(CURVE))  # noqa: SLF001
        columns = {name: points[:, k].copy() for k, name in enumerate(CURVE)}
        return columns | {"iteration": columns["iteration"].astype(np.int64)}

    def play(self) -> None:
        """Let the page train, at the speed that is chosen on it."""
        self._ask("play", None)

    def pause(self) -> None:
        """Let the page stop training; it can go on."""
        self._ask("pause", None)

    def seek(self, iteration: int) -> None:
        """Go to an iteration that the run has been at: forth and back, exactly.

        Parameters
        ----------
        iteration : int
            Updates from the start, at least 0; at most the furthest is gone to.
        """
        check_whole_number("iteration", iteration)
        self._ask("seek", None, iteration=int(iteration))

    @property
    def _run(self) -> dict[str, Any]:
        """What the page told last; empty where it has told nothing."""
        run: dict[str, Any] = self.widget._run  # noqa: SLF001
        return run

    def _told_network(self) -> Network:
        run = self._run
        config = {
            "layer_sizes": run["sizes"],
            "activation": run["activations"][:-1],
            "output": run["activations"][-1],
            "initializer": run["state"]["network"]["initializer"],
            "seed": run["state"]["network"]["seed"],
            "dtype": "float32",
        }
        return Network.from_config(config, unpacked(self.widget._parameters))  # noqa: SLF001

    def _dropout(self) -> list[float]:
        if self._run:
            return [each["dropout"] for each in self._run["state"]["network"]["layers"]]
        return [] if self._first is None else dropout_of(self._first, self._settings)

    def _ask(self, kind: str, meanwhile: Any, **fields: Any) -> None:
        """Ask the page for something; it reads as `meanwhile` until it is granted."""
        self._serial += 1
        self._asked[kind] = (self._serial, meanwhile)
        waiting = [wish for wish in self.widget._wishes if self._waits(wish["serial"])]  # noqa: SLF001
        wish = {"serial": self._serial, "kind": kind, **fields}
        self.widget._wishes = [*waiting, wish]  # noqa: SLF001

    def _pending(self, kind: str) -> Any:
        """Return what was asked for last and is not granted yet."""
        serial, value = self._asked.get(kind, (0, None))
        return value if self._waits(serial) else None

    def _waits(self, serial: int) -> bool:
        return serial > int(self._run.get("granted", 0))


def _ends(network: Network) -> str:
    """Return what examples ask of a network, in words."""
    output = network.activations[-1]
    return f"{network.n_inputs} inputs and {network.n_outputs} outputs by {output}"
