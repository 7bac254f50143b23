"""One iteration written out: the object, and the function that makes it.

The same function writes predictions out, see `walnet.tracing.explanation`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.errors import HyperparameterError
from walnet.tracing.explanation import Explanation, explain_network
from walnet.tracing.html import write_html
from walnet.tracing.iteration import Iteration, next_iteration
from walnet.tracing.lines import Limits, Line, Stage, check_decimals, check_number
from walnet.tracing.nudge import Nudge, nudge
from walnet.tracing.passes import Pass
from walnet.tracing.plain_values import plain_values
from walnet.tracing.stages import Writer
from walnet.tracing.summary import Names, checked_names, summary
from walnet.tracing.text import write_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from walnet.engine.training import Training

DECIMALS = 6


@overload
def trace(
    model: Network,
    X: ArrayLike,
    y: ArrayLike,
    example: int | None = 0,
    settings: Settings | None = None,
    **options: Any,
) -> Trace: ...


@overload
def trace(model: Any, X: Any, y: Any = None, **options: Any) -> Explanation: ...


def trace(  # noqa: PLR0913
    model: Any,
    X: Any,
    y: Any = None,
    example: int | None = 0,
    settings: Settings | None = None,
    *,
    row: int | None = None,
    sample_weight: ArrayLike | None = None,
    features: Sequence[str] | None = None,
    classes: Sequence[object] | None = None,
    **options: Any,
) -> Trace | Explanation:
    """Write a prediction or an iteration of training out: every number, line by line.

    Of a network with targets it is the first iteration of :func:`walnet.train`, run on
    a copy of the network by the same compiled kernels: `Trace.after` holds, bit for
    bit, the parameters that training would have after it. Without targets, and of any
    other model, it is a prediction: from the row's values to the answer, with the bits
    that the model predicts. Of an ensemble one of its networks is written out, and how
    all of them make the answer. The model is not changed.

    Parameters
    ----------
    model : Network, estimator, or model of a table
        Its parameters are where the iteration starts.
    X : array_like of shape (examples, n_inputs), or table
        Inputs; of a model of a table whatever it predicts from.
    y : array_like of shape (examples,) or (examples, n_outputs), optional
        Targets. Of a model of a table they are in the table, if they are known.
    example : int or None, default 0
        The row of X that is followed through the network, counted from 0. None follows
        the examples of the batch, the first ones of a large batch.
    settings : Settings, optional
        All settings in one object; of a network alone.
    row : int, optional
        The row of a prediction, counted from 0: another word for `example`. The command
        line and what is printed count rows from 1.
    sample_weight : array_like of shape (examples,), optional
        Weights of the examples in the cost, ≥ 0; of a network alone.
    features : sequence of str, optional
        Names of the inputs; of a network alone.
    classes : sequence, optional
        Names of the labels 0, 1, …; of a network alone.
    **options
        Any of the names of :class:`Settings`, such as ``learning_rate=0.5``, and a
        ``cost`` as :func:`walnet.train` takes it. Of an
        ensemble also ``member``, which of its networks is written out, counted from 1;
        by default the one nearest to the mean of all.

    Returns
    -------
    Trace or Explanation
        An iteration of a network, or a prediction; ``print`` writes either out.

    Raises
    ------
    ShapeError, DataError, HyperparameterError
        If the data, the row or a setting cannot be used.
    DivergedError
        If the cost of this very iteration is not finite.

    See Also
    --------
    Trace.of : The next iteration of a training under way.

    Examples
    --------
    >>> import walnet
    >>> network = walnet.Network([1, 1], output="identity", initializer="zeros")
    >>> print(walnet.trace(network, [[2.0]], [3.0]))
    Iteration 1 of Network: 1 input → 1 identity; 1 layer, 2 parameters, float32
    ...
        w₁₁⁽¹⁾ ← w₁₁⁽¹⁾ − η·dW₁₁⁽¹⁾ = 0 − 0.1·(−12) = 1.200000
        b₁⁽¹⁾ ← b₁⁽¹⁾ − η·db₁⁽¹⁾ = 0 − 0.1·(−6) = 0.600000
    ...
    >>> walnet.trace(network, [[2.0]])
    Explanation: Row 1 (counted from 1): the output is 0
    """
    if not isinstance(model, Network):
        return _explained(model, X, example if row is None else row, y, options)
    if y is None:
        for name in options:
            raise HyperparameterError(f"{name} is of training: give y, or leave it out")
        return explain_network(model, X, example if row is None else row, features)
    from walnet.engine.driver import take_own_cost
    from walnet.engine.training import Training

    own_cost = take_own_cost(options)
    if settings is None:
        settings = Settings.from_dict(options, beside=trace.__annotations__)
    else:
        settings = settings.replace(**options)
    training = Training(
        model, X, y, settings, sample_weight=sample_weight, own_cost=own_cost
    )
    example = example if row is None else row
    try:
        return Trace.of(training, example, features=features, classes=classes)
    finally:
        training.close()


def _explained(
    model: Any, X: Any, row: int | None, y: Any, options: dict[str, Any]
) -> Explanation:
    """Ask a model to explain its prediction of a row."""
    explain = getattr(model, "explain", None)
    if explain is None:
        raise HyperparameterError(
            "trace takes a Network or a model that walnet has trained, got "
            f"{type(model).__name__}"
        )
    given = options if y is None else {"y": y, **options}
    known = inspect.signature(explain).parameters
    takes_settings = any(each.kind == each.VAR_KEYWORD for each in known.values())
    for name in given:
        if name not in known and not takes_settings:
            raise HyperparameterError(
                f"{type(model).__name__} takes no {name} in trace"
            )
    found: Explanation = explain(X, 0 if row is None else row, **given)
    return found


class Trace:
    """One iteration of training, with every number it was computed from.

    ``print(trace)`` writes it out; a notebook shows it as a page. Made by :func:`trace`
    and :meth:`Trace.of`.

    Parameters
    ----------
    iteration : Iteration
        The arrays that the kernels left.
    whole_batch : bool
        Whether all examples shown are followed, or the first one only.
    features, classes : sequence, optional
        Names of the inputs and of the labels.
    """

    def __init__(
        self,
        iteration: Iteration,
        *,
        whole_batch: bool = False,
        features: Sequence[str] | None = None,
        classes: Sequence[object] | None = None,
    ) -> None:
        self.whole_batch = whole_batch
        network = iteration.network
        n_classes = network.n_outputs if network.n_outputs > 1 else 2
        self.names = Names(
            checked_names(features, network.n_inputs, "features", "inputs"),
            checked_names(classes, n_classes, "classes", "labels"),
            float(iteration.rule["threshold"]),
        )
        self.iteration = replace(iteration, features=self.names.features)

    @classmethod
    def of(
        cls,
        training: Training,
        example: int | None = 0,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[object] | None = None,
    ) -> Self:
        """Write out the next iteration of a training under way, which stays as it is.

        Parameters
        ----------
        training : Training
            It is copied; neither its network nor its history change.
        example : int or None, default 0
            The row of the training data that is followed; None follows those of the
            batch. An example that is not in the batch is followed as well: the trace
            says so, and it has no part in dW.
        features, classes : sequence, optional
            Names of the inputs and of the labels.

        Raises
        ------
        HyperparameterError, ShapeError
            If there is no such example, or names for another number of things.
        DivergedError
            If the cost of this iteration is not finite.
        """
        iteration = next_iteration(training, example)
        return cls(
            iteration, whole_batch=example is None, features=features, classes=classes
        )

    # What happened, in arrays.

    @property
    def passed(self) -> Pass:
        """What the layers held for the examples that are followed."""
        return self.iteration

    @property
    def number(self) -> int:
        """Number of the iteration, counted from 1."""
        return self.iteration.before.iteration + 1

    @property
    def cost(self) -> float:
        """J of the batch before the update, penalties included."""
        return self.iteration.cost + self.iteration.penalty

    @property
    def learning_rate(self) -> float:
        """Learning rate of this iteration, its schedule included."""
        return self.iteration.learning_rate

    @property
    def rows(self) -> np.ndarray:
        """Rows of the training data that are the batch: (m,)."""
        return self.iteration.batch.numbers

    @property
    def before(self) -> np.ndarray:
        """Parameters before the update: (n_parameters,)."""
        return self.iteration.before.parameters

    @property
    def gradient(self) -> np.ndarray:
        """Derivatives of J that the update used: (n_parameters,)."""
        return self.iteration.gradient

    @property
    def after(self) -> np.ndarray:
        """Parameters after the update: (n_parameters,)."""
        return self.iteration.after.parameters

    # What happened, in words.

    def _writer(self, limits: Limits) -> Writer:
        """Return what writes the lines, within limits."""
        return Writer(self.iteration, limits, whole_batch=self.whole_batch)

    def stages(self, limits: Limits | None = None) -> list[Stage]:
        """Return feed-forward, cost, back-propagation and update, ready to print.

        Parameters
        ----------
        limits : Limits, optional
            How much is written out.

        Returns
        -------
        list of Stage
            Each with its lines in groups.
        """
        return self._writer(limits or Limits()).stages()

    def text(self, decimals: int = DECIMALS, **limits: Any) -> str:
        """Return the iteration as text.

        Parameters
        ----------
        decimals : int, default 6
            Of the printed numbers; 17 prints every digit. A sum whose printed terms do
            not give the printed result is marked ≈.
        **limits
            layers (a sequence of numbers from 1), neurons (4 a layer), terms (6 a sum),
            examples (3 of a batch): how much is written out. The rest is counted.

        Returns
        -------
        str
            Some lines for each neuron.
        """
        check_decimals(decimals)
        stages = self.stages(Limits(**limits))
        return write_text(self.title(), self.summary(decimals), stages, decimals)

    def title(self) -> str:
        """Return what this is, a line.

        Returns
        -------
        str
            Which iteration, of which network.
        """
        return f"Iteration {self.number} of {self.iteration.network}"

    def summary(self, decimals: int = DECIMALS) -> list[str]:
        """Return batch, example, inputs, target and prediction, a line each.

        Parameters
        ----------
        decimals : int, default 6
            Of the printed numbers.

        Returns
        -------
        list of str
            Lines to print.
        """
        return summary(
            self.iteration, self.names, decimals, whole_batch=self.whole_batch
        )

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        """Say which iteration this is."""
        m = len(self.rows)
        return (
            f"Trace of iteration {self.number}, a batch of {m:,}: cost {self.cost:.4g}"
        )

    def to_html(self, decimals: int = DECIMALS, **limits: Any) -> str:
        """Return the iteration as a piece of a page: formulas in MathML, no script.

        Parameters
        ----------
        decimals : int, default 6
            Of the printed numbers.
        **limits
            How much is written out, as for :meth:`text`.

        Returns
        -------
        str
            A piece of HTML.
        """
        check_decimals(decimals)
        stages = self.stages(Limits(**limits))
        return write_html(self.title(), self.summary(decimals), stages, decimals)

    def _repr_html_(self) -> str:
        """Show the page in a notebook."""
        return self.to_html()

    def lines(self, layer: int, neuron: int, **limits: Any) -> dict[str, list[Line]]:
        """Return the lines of one neuron, by stage.

        Parameters
        ----------
        layer, neuron : int
            Counted from 1.
        **limits
            As for :meth:`text`.

        Returns
        -------
        dict of str to list of Line
            "feed_forward", "cost", "back_propagation" and "update".
        """
        at, j = self._indices(layer, neuron)
        writer = self._writer(Limits(**limits))
        return writer.lines(writer.chain.dense[at], j)

    def nudge(self, layer: int, neuron: int, input: int | None = None) -> Nudge:  # noqa: A002
        """Change one parameter a little, up and down, and see how J changes.

        Parameters
        ----------
        layer, neuron : int
            Counted from 1.
        input : int or None, default None
            Which weight of the neuron, counted from 1; None is its bias.

        Returns
        -------
        Nudge
            The finite difference beside the back-propagated derivative.

        Examples
        --------
        >>> import walnet
        >>> network = walnet.Network([2, 3, 1])
        >>> step = walnet.trace(network, [[1.0, 2.0]], [0.5])
        >>> step.nudge(layer=1, neuron=2, input=1).agrees
        True
        """
        at, j = self._indices(layer, neuron)
        index = None if input is None else input - 1
        found = self._writer(Limits()).chain.dense[at]
        return nudge(self.iteration, found.parameter(j, index))

    def _indices(self, layer: int, neuron: int) -> tuple[int, int]:
        """Return layer and neuron counted from 0."""
        network = self.iteration.network
        check_number(layer, network.n_layers, "layer")
        size = network.layer_sizes[layer]
        check_number(neuron, size, f"neuron of layer {layer}")
        return layer - 1, neuron - 1

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values, ready for JSON.

        Returns
        -------
        dict
            See `walnet.tracing.plain_values` for its structure.
        """
        return plain_values(self.iteration, self.names)

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON.

        Returns
        -------
        str
            One object.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)
