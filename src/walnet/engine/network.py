"""The network: layers of neurons, their parameters, feed-forward, back-propagation.

Layer l holds weights ``W[l]`` of shape (n_out, n_in) and biases ``b[l]`` of shape
(n_out,). All parameters are one flat vector, of which every W and b is a view.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.arrays import (
    as_examples,
    check_answers,
    check_inputs,
    check_sparse_inputs,
    check_target_values,
    check_targets,
    check_weights,
    is_sparse,
    sparse_examples,
    split_columns,
)
from walnet.engine.building import as_layers, in_words
from walnet.engine.draws import checked_seed
from walnet.engine.gradients import GradientCheck, Gradients, compare_gradients
from walnet.engine.initializers import initialize
from walnet.engine.kernels import inference, stages
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.machine.entries import Call
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import (
    Dropout,
    Examples,
    Forward,
    Span,
    State,
    Workspace,
)
from walnet.engine.knots import set_knots
from walnet.engine.layers import Dense, Layer, embedded_names
from walnet.engine.layout import (
    make_forward_workspace,
    make_workspace,
    neurons_view,
    weights_view,
)
from walnet.engine.network_file import NetworkFile
from walnet.engine.plan import cost_plan, cost_rule
from walnet.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_SPARSE_ROWS_AT_ONCE = 4096  # made dense to predict


class Network(NetworkFile):
    """A feed-forward neural network: input, hidden layers, output.

    Parameters
    ----------
    layers : sequence of int, or of layers
        Neurons of the input, of each hidden layer, and of the output: ``[2, 4, 1]``
        has two inputs, one hidden layer of four neurons, one output. Or layers of
        kinds: `Inputs`, `NumberEmbedding` and `LevelEmbedding` read the inputs, side by
        side, then `Scale`, if there is one, and `Dense` layers, the last of which is
        the output; a number among them is a dense layer.
    activation : str or sequence of str, default "tanh"
        Of all hidden layers that are numbers, or one name for each: identity, sigmoid,
        tanh, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, softmax,
        exponential.
    output : str, default "identity"
        Activation of the output layer, if it is a number.
    initializer : str, default "auto"
        glorot, he, lecun, normal, uniform or zeros; "auto" takes what suits the
        activation: he for the relu family, lecun for selu, glorot otherwise.
    dtype : {"float32", "float64"}, default "float32"
        Precision of the parameters and of all arithmetic.
    seed : int, default 0
        Where the random weights come from, 0 to 2^63 - 1. The same seed gives the same
        weights.

    Attributes
    ----------
    layers : tuple of layers
        What the network is made of.
    parameters : ndarray of shape (n_parameters,)
        All of them; `weights` and `biases` are views.
    statistics : ndarray of shape (2, neurons), float64
        Running mean and variance of weighted inputs, where a layer is normalised over
        the batch; the inputs have columns too.

    Raises
    ------
    HyperparameterError
        If a size is not a positive whole number, a name is not known, or layers do not
        follow on each other.

    Examples
    --------
    >>> import walnet
    >>> network = walnet.Network([2, 4, 1], output="sigmoid")
    >>> network
    Network: 2 inputs → 4 tanh → 1 sigmoid; 2 layers, 17 parameters, float32
    >>> network.feed_forward([[0.5, -1.0], [2.0, 0.0]]).shape
    (2, 1)

    Five numbers, a category of twelve levels, three classes:

    >>> from walnet import Dense, LevelEmbedding, NumberEmbedding, Scale
    >>> embeddings = NumberEmbedding(5), LevelEmbedding([12], width=8)
    >>> hidden = Dense(16, "selu", slopes=True, dropout=0.15)
    >>> network = walnet.Network([*embeddings, Scale(), hidden, Dense(3, "softmax")])
    >>> network.n_inputs, network.n_outputs
    (6, 3)
    """

    def __init__(
        self,
        layers: Sequence[int | Layer],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str = "identity",
        initializer: str = "auto",
        dtype: str | np.dtype[Any] = "float32",
        seed: int = 0,
    ) -> None:
        self._prepare(as_layers(layers, activation, output), initializer, dtype, seed)
        self.initialize(self.seed)

    @property
    def output_layer(self) -> Dense:
        """The last layer."""
        last = self.layers[-1]
        assert isinstance(last, Dense)  # noqa: S101 - the constructor has seen to it
        return last

    @property
    def n_outputs(self) -> int:
        """Number of neurons of the output layer."""
        return self.layout.room.outputs

    @property
    def n_layers(self) -> int:
        """Number of layers L: the hidden ones and the output; the input is not one."""
        return len(self.layout.dense)

    @property
    def n_parameters(self) -> int:
        """Number of weights, biases and whatever else is learned."""
        return self.parameters.size

    @property
    def weights(self) -> list[np.ndarray]:
        """W of each dense layer, (n_out, n_in): views of the network's parameters."""
        return [weights_view(layer, self.parameters) for layer in self.layout.dense]

    @property
    def biases(self) -> list[np.ndarray]:
        """B of each dense layer, (n_out,): views of the network's parameters."""
        return [
            neurons_view(layer, "biases", self.parameters)
            for layer in self.layout.dense
        ]

    def embedded_names(self, names: Sequence[str]) -> list[str]:
        """Return a name for each number that the first dense layer reads.

        Of inputs that are taken as they are, their own; `names` has one a column of X.
        """
        return embedded_names(self.layers, names)

    def initialize(self, seed: int) -> None:
        """Draw new random parameters, in place; nothing learned is left.

        Parameters
        ----------
        seed : int
            Where the random numbers come from; at least 0.
        """
        self.seed = checked_seed(seed)
        self.statistics[0], self.statistics[1] = 0.0, 1.0
        initialize(self.layout, self.parameters, self.initializer, self.seed)

    def feed_forward(self, X: ArrayLike) -> np.ndarray:
        r"""Return the outputs of the network, its predictions.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (examples, n_inputs)
            Inputs, one example a row.

        Returns
        -------
        ndarray of shape (examples, n_outputs)

        Raises
        ------
        ShapeError, DataError
            If X has another number of columns, or NaN, infinity or text in it, or
            an output would be NaN or infinite.

        Notes
        -----
        .. math:: Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \quad
                  A^{[l]} = g^{[l]}(Z^{[l]}), \quad A^{[0]} = X^T
        """
        if is_sparse(X):
            rows = check_sparse_inputs(X, self.layout, self.dtype)
            starts = range(0, max(rows.shape[0], 1), _SPARSE_ROWS_AT_ONCE)
            parts = (rows[lo : lo + _SPARSE_ROWS_AT_ONCE].toarray() for lo in starts)
            answers = [self.outputs(*self.inputs(part)) for part in parts]
            return check_answers(np.concatenate(answers))
        return check_answers(self.outputs(*self.inputs(X)))

    def set_knots(self, X: ArrayLike) -> None:
        """Put the ramps of embedded numbers where the data is.

        Each number of a ``NumberEmbedding(n, "ramps")`` gets its ramps between 33
        quantiles of its column. Before that they stand evenly from -3 to 3, which suits
        standardised inputs. Training does not move them.

        Parameters
        ----------
        X : array-like of shape (examples, inputs)
            The training data.

        Raises
        ------
        ShapeError
            If X has no rows, or another number of columns.
        DataError
            If X is not finite.

        Examples
        --------
        >>> from walnet import Dense, Network, NumberEmbedding
        >>> network = Network([NumberEmbedding(1, "ramps"), Dense(1, "identity")])
        >>> network.set_knots([[10.0], [20.0], [40.0]])
        """
        numbers, _ = self.inputs(X)
        if not len(numbers):
            raise ShapeError("X must have at least one row, got none")
        set_knots(self.layout, self.parameters, numbers)

    def inputs(self, X: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return checked numbers and codes of levels, as the kernels take them."""
        checked = check_inputs(X, self.n_inputs, self.dtype)
        return split_columns(checked, self.layout)

    def outputs(
        self, X: np.ndarray, codes: np.ndarray, *, weighted: bool = False
    ) -> np.ndarray:
        """Return the outputs of rows that are checked already.

        Parameters
        ----------
        X : ndarray of shape (examples, numbers)
            The numbers, in the network's precision.
        codes : ndarray of shape (examples, columns of levels), int32
            Rows in the tables of levels.
        weighted : bool
            Whether to return the output layer's weighted inputs Z instead of A.
        """
        m = len(X)
        out = np.empty((m, self.n_outputs), self.dtype)
        if m == 1 and not weighted:
            self._predict_one(X, codes, out)
            return out
        records = self.layout.records
        if weighted:
            records = records.copy()
            records["activation"][-1] = ACTIVATIONS["identity"].code
        network = Forward(records, self.parameters, self.statistics)
        capacity = min(max(m, 1), inference.CHUNK)
        work = make_forward_workspace(self.layout, capacity, self.dtype)
        inference.predict(network, X, codes, work, out)
        return out

    def _predict_one(self, X: np.ndarray, codes: np.ndarray, out: np.ndarray) -> None:
        """Write the outputs of one row, by a call that is kept for the next one."""
        try:
            call = self._calls_of_one.pop()  # so that no other thread has it
        except IndexError:
            network = Forward(self.layout.records, self.parameters, self.statistics)
            work = make_forward_workspace(self.layout, 1, self.dtype)
            arguments = (network, X, codes, work, out)
            call = Call(inference.predict, arguments, changing=(1, 2, 4))
        call(X, codes, out)
        self._calls_of_one.append(call)

    @cached_property
    def _calls_of_one(self) -> list[Call]:
        """Calls that predict one example and that no thread has now."""
        return []

    def layer_outputs(self, X: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (Z, A) of every layer, each of shape (examples, neurons).

        Parameters
        ----------
        X : array_like of shape (examples, n_inputs)
            Inputs, one example a row.

        Returns
        -------
        list of tuple (Z, A)
            Weighted inputs and activations, a pair for each layer.
        """
        return self.layers_of_rows(*self.inputs(X))

    def layers_of_rows(
        self, numbers: np.ndarray, codes: np.ndarray
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (Z, A) of every dense layer for rows that are checked already."""
        m, work = len(numbers), self.workspace_of(numbers, codes)
        return [
            (_layer_part(work.Z, layer, m), _layer_part(work.A, layer, m))
            for layer in self.layout.dense
        ]

    def workspace_of(self, numbers: np.ndarray, codes: np.ndarray) -> Workspace:
        """Return a workspace with all layers' arrays of checked rows."""
        m = len(numbers)
        work = make_workspace(self.layout, m, self.dtype)
        work.A[: numbers.size] = numbers.T.ravel()
        work.codes[: codes.size] = codes.T.ravel()
        network = Forward(self.layout.records, self.parameters, self.statistics)
        inference.forward(network, m, work)
        return work

    def back_propagate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        cost: str = "mse",
        *,
        cost_parameter: float = 1.0,
        sample_weight: ArrayLike | None = None,
    ) -> Gradients:
        r"""Return the cost and its derivatives with respect to every parameter.

        Parameters
        ----------
        X : array_like of shape (examples, n_inputs)
            Inputs.
        y : array_like of shape (examples,) or (examples, n_outputs)
            Targets; whole numbers 0 … n_outputs - 1 are labels.
        cost : str, default "mse"
            mse, mae, huber, quantile, poisson, binary_cross_entropy or
            categorical_cross_entropy.
        cost_parameter : float, default 1.0
            Huber's delta, or the level of the quantile.
        sample_weight : array_like of shape (examples,), optional
            Weights of the examples in the mean.

        Returns
        -------
        Gradients

        Notes
        -----
        Layers that are normalised over the batch take the mean of these very rows, as
        in training, and so does the cost returned.

        .. math::
            dZ^{[l]} = dA^{[l]} * g'(Z^{[l]}), \quad
            dW^{[l]} = dZ^{[l]} A^{[l-1]T}, \quad
            db^{[l]} = \textstyle\sum dZ^{[l]}, \quad
            dA^{[l-1]} = W^{[l]T} dZ^{[l]}

        The 1/m is in the derivative of the cost. Rumelhart, Hinton, Williams (1986).
        """
        examples = self.examples(X, y, sample_weight, cost)
        m = len(examples.Y)
        plan = cost_plan(
            self.layout, cost_rule(cost, cost_parameter, self.output_layer)
        )
        flat = np.empty_like(self.parameters)
        weight = float(examples.w.sum(dtype=np.float64)) if examples.w.size else m
        rows: Span = (0, m, 0, float(plan.rule["cost_scale"]) / weight)
        no_dropout: Dropout = (np.uint64(0), 0.0)
        J, _ = stages.shard_gradient(
            plan,
            self.still_state(),
            flat,
            examples,
            np.arange(m),
            rows,
            no_dropout,
            make_workspace(self.layout, m, self.dtype),
        )
        dW = [weights_view(layer, flat) for layer in self.layout.dense]
        db = [neurons_view(layer, "biases", flat) for layer in self.layout.dense]
        return Gradients(float(J), dW, db, flat)

    def still_state(self) -> State:
        """Return the state of a training that is not under way."""
        none = self.parameters[:0]
        counters = np.zeros(4, np.int64)
        statistics = self.statistics.copy()  # a batch moves them
        return State(
            self.parameters, statistics, none, none.reshape(0, 0), counters, np.zeros(5)
        )

    def cost(
        self,
        X: ArrayLike,
        y: ArrayLike,
        cost: str = "mse",
        *,
        cost_parameter: float = 1.0,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Return J of the network's predictions, without penalties.

        Parameters
        ----------
        X : array_like of shape (examples, n_inputs)
            Inputs.
        y : array_like of shape (examples,) or (examples, n_outputs)
            Targets; whole numbers 0 … n_outputs - 1 are labels.
        cost, cost_parameter, sample_weight : str, float, array_like
            As of :meth:`back_propagate`.

        Returns
        -------
        float
            The mean over the examples.
        """
        examples = self.examples(X, y, sample_weight, cost)
        m = len(examples.Y)
        plan = cost_plan(
            self.layout, cost_rule(cost, cost_parameter, self.output_layer)
        )
        work = make_workspace(self.layout, min(m, inference.CHUNK), self.dtype)
        J, _ = inference.evaluate(
            plan, self.still_state(), examples, np.arange(m), work
        )
        return float(J)

    def check_gradients(
        self,
        X: ArrayLike,
        y: ArrayLike,
        cost: str = "mse",
        *,
        cost_parameter: float = 1.0,
    ) -> GradientCheck:
        r"""Compare back-propagation with central differences, in float64.

        Parameters
        ----------
        X, y, cost, cost_parameter : array_like, array_like, str, float
            As for :meth:`back_propagate`.

        Returns
        -------
        GradientCheck
            Both gradients and their largest difference; printed, a sentence.

        Notes
        -----
        .. math:: \frac{\partial J}{\partial \theta} \approx
                  \frac{J(\theta + h) - J(\theta - h)}{2h}, \quad
                  h = \epsilon^{1/3} \max(1, |\theta|)

        Where ramps of numbers stand does not learn: these derivatives are 0, unchecked.

        Examples
        --------
        >>> import numpy as np, walnet
        >>> network = walnet.Network([2, 3, 1], seed=1)
        >>> check = network.check_gradients(np.eye(2), [0.0, 1.0])
        >>> check.passed
        True
        """
        twin = self.astype("float64")
        how: Any = {"cost": cost, "cost_parameter": cost_parameter}

        def cost_now() -> float:
            if twin.layout.room.normalizes:  # over these very rows, as training does
                return twin.back_propagate(X, y, **how).cost
            return twin.cost(X, y, **how)

        analytic = twin.back_propagate(X, y, **how).flat
        learned = twin.layout.learned
        return compare_gradients(analytic, twin.parameters, cost_now, learned)

    def examples(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, cost: str
    ) -> Examples:
        """Return checked arrays as the kernels take them, whatever the door."""
        rows: Any
        codes: np.ndarray | None = None
        if is_sparse(X):
            rows = check_sparse_inputs(X, self.layout, self.dtype)
        else:
            rows, codes = self.inputs(X)
        m = rows.shape[0]
        if m == 0:
            raise ShapeError("X must have at least one row, got none")
        targets = check_targets(y, m, self.n_outputs, self.dtype)
        check_target_values(targets, cost)
        weights = check_weights(sample_weight, m, self.dtype)
        if codes is None:
            return sparse_examples(rows, targets, weights, self.dtype)
        return as_examples(rows, codes, targets, weights)

    def __repr__(self) -> str:
        """Read the network as a sentence."""
        layers = " → ".join(in_words(each) for each in self.layers)
        count = "1 layer" if self.n_layers == 1 else f"{self.n_layers} layers"
        return (
            f"Network: {layers}; {count}, "
            f"{self.n_parameters:,} parameters, {self.dtype.name}"
        )


def _layer_part(buffer: np.ndarray, layer: np.void, m: int) -> np.ndarray:
    """Return one layer's (examples, neurons) out of a full workspace of m examples."""
    part = matrix(buffer, layer["target"] * m, layer["n_out"], m)
    return np.ascontiguousarray(part.T)
