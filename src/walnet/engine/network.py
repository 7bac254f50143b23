"""The network: layers of neurons, their parameters, feed-forward, back-propagation.

Layer l holds weights ``W[l]`` of shape (n_out, n_in) and biases ``b[l]`` of shape
(n_out,). All parameters are one flat vector, of which every W and b is a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from walnet.engine.arrays import (
    check_inputs,
    check_target_values,
    check_targets,
    check_weights,
)
from walnet.engine.initializers import INITIALIZERS, initial_layer, suited_initializer
from walnet.engine.kernels import inference, passes
from walnet.engine.kernels.epochs import shard_gradient
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import Examples
from walnet.engine.plan import (
    ACTIVATIONS,
    code_of,
    cost_rule,
    layer_plan,
    make_workspace,
    weights_of,
)
from walnet.errors import FileFormatError, HyperparameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

MAX_PARAMETERS = 500_000_000
_CONFIG = {"layer_sizes", "activation", "output", "initializer", "dtype", "seed"}


@dataclass(frozen=True)
class Gradients:
    """What back-propagation gives.

    Attributes
    ----------
    cost : float
        J of the examples it was computed from.
    dW : list of ndarray of shape (n_out, n_in)
        Derivative of J with respect to each layer's weights.
    db : list of ndarray of shape (n_out,)
        Derivative of J with respect to each layer's biases.
    flat : ndarray of shape (n_parameters,)
        The same numbers in the order of `Network.parameters`.
    """

    cost: float
    dW: list[np.ndarray]
    db: list[np.ndarray]
    flat: np.ndarray


@dataclass(frozen=True)
class GradientCheck:
    """Back-propagated derivatives beside central differences.

    Attributes
    ----------
    error : float
        Largest difference, relative to the largest derivative.
    analytic, numeric : ndarray of shape (n_parameters,), float64
        By back-propagation, and by nudging each parameter up and down.
    """

    error: float
    analytic: np.ndarray
    numeric: np.ndarray

    @property
    def passed(self) -> bool:
        """Whether the two agree to 1e-6."""
        return self.error < 1e-6

    def __repr__(self) -> str:
        verdict = "right" if self.passed else "WRONG"
        return (
            f"gradients {verdict}: largest relative error {self.error:.1e} "
            f"over {self.analytic.size} parameters"
        )


class Network:
    """A feed-forward neural network: input, hidden layers, output.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of the input, of each hidden layer, and of the output. ``[2, 4, 1]``
        has two inputs, one hidden layer of four neurons, one output.
    activation : str or sequence of str, default "tanh"
        Of all hidden layers, or one name for each: identity, sigmoid, tanh, relu,
        leaky_relu, elu, selu, gelu, silu, mish, softplus, softmax, exponential.
    output : str, default "identity"
        Activation of the output layer.
    initializer : str, default "auto"
        glorot, he, lecun, normal, uniform or zeros; "auto" takes he for the relu
        family, lecun for selu, glorot otherwise.
    dtype : {"float32", "float64"}, default "float32"
        Precision of the parameters and of all arithmetic.
    seed : int, default 0
        Where the random weights come from. The same seed gives the same weights.

    Raises
    ------
    HyperparameterError
        If a size is not a positive whole number or a name is not known.

    Examples
    --------
    >>> import walnet
    >>> network = walnet.Network([2, 4, 1], output="sigmoid")
    >>> network
    Network: 2 inputs → 4 tanh → 1 sigmoid; 2 layers, 17 parameters, float32
    >>> network.feed_forward([[0.5, -1.0], [2.0, 0.0]]).shape
    (2, 1)
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str = "identity",
        initializer: str = "auto",
        dtype: str | np.dtype[Any] = "float32",
        seed: int = 0,
    ) -> None:
        self.layer_sizes = _checked_sizes(layer_sizes)
        hidden = _one_each(activation, len(self.layer_sizes) - 2, "activation")
        self.activations = (*hidden, output)
        for name in self.activations:
            code_of(ACTIVATIONS, name, "activation")
        code_of(dict.fromkeys(INITIALIZERS, 0), initializer, "initializer")
        self.initializer = initializer
        self.dtype = _checked_dtype(dtype)
        self.seed = _checked_seed(seed)
        self.plan = layer_plan(self.layer_sizes, self.activations)
        size = int(((self.plan["n_in"] + 1) * self.plan["n_out"]).sum())
        self.parameters = np.empty(size, self.dtype)
        self.initialize(self.seed)

    @property
    def n_inputs(self) -> int:
        """Number of inputs (features)."""
        return self.layer_sizes[0]

    @property
    def n_outputs(self) -> int:
        """Number of neurons of the output layer."""
        return self.layer_sizes[-1]

    @property
    def n_layers(self) -> int:
        """Number of layers L: the hidden ones and the output; the input is not one."""
        return len(self.layer_sizes) - 1

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return self.parameters.size

    @property
    def weights(self) -> list[np.ndarray]:
        """W of each layer, (n_out, n_in): views of the network's parameters."""
        return [weights_of(layer, self.parameters) for layer in self.plan]

    @property
    def biases(self) -> list[np.ndarray]:
        """B of each layer, (n_out,): views of the network's parameters."""
        return [passes.biases_of(layer, self.parameters) for layer in self.plan]

    def initialize(self, seed: int) -> None:
        """Draw new random parameters, in place."""
        rng = np.random.default_rng(seed)
        layers = zip(self.activations, self.weights, self.biases, strict=True)
        for activation, W, b in layers:
            rule = self.initializer
            if rule == "auto":
                rule = suited_initializer(activation)
            W[:], b[:] = initial_layer(rng, W.shape[1], W.shape[0], rule)
        self.seed = seed

    def feed_forward(self, X: ArrayLike) -> np.ndarray:
        r"""Return the outputs of the network, its predictions.

        Parameters
        ----------
        X : array_like of shape (examples, n_inputs)
            Inputs, one example a row.

        Returns
        -------
        ndarray of shape (examples, n_outputs)

        Raises
        ------
        ShapeError, DataError
            If X has another number of columns, or NaN, infinity or text in it.

        Notes
        -----
        .. math:: Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \quad
                  A^{[l]} = g^{[l]}(Z^{[l]}), \quad A^{[0]} = X^T
        """
        inputs = check_inputs(X, self.n_inputs, self.dtype)
        out = np.empty((inputs.shape[0], self.n_outputs), self.dtype)
        with single_blas_thread(inputs.shape[0] * self.n_parameters):
            inference.predict(self.plan, self.parameters, inputs, out)
        return out

    def layer_outputs(self, X: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (Z, A) of every layer, each of shape (examples, neurons).

        Parameters
        ----------
        X : array_like of shape (examples, n_inputs)
            Inputs, one example a row.
        """
        inputs = check_inputs(X, self.n_inputs, self.dtype)
        m = inputs.shape[0]
        work = make_workspace(self.plan, m, self.dtype)
        work.A[: inputs.size] = inputs.T.ravel()
        with single_blas_thread(m * self.n_parameters):
            inference.forward(self.plan, self.parameters, m, work)
        return [
            (_layer_part(work.Z, layer, m), _layer_part(work.A, layer, m))
            for layer in self.plan
        ]

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
        .. math::
            dZ^{[l]} = dA^{[l]} * g'(Z^{[l]}), \quad
            dW^{[l]} = dZ^{[l]} A^{[l-1]T}, \quad
            db^{[l]} = \textstyle\sum dZ^{[l]}, \quad
            dA^{[l-1]} = W^{[l]T} dZ^{[l]}

        The 1/m is in the derivative of the cost. Rumelhart, Hinton, Williams (1986).
        """
        examples = self.examples(X, y, sample_weight, cost)
        m = examples.X.shape[0]
        rule = cost_rule(cost, cost_parameter, self.activations[-1], self.n_outputs)
        flat = np.empty_like(self.parameters)
        work = make_workspace(self.plan, m, self.dtype)
        weight = float(examples.w.sum(dtype=np.float64)) if examples.w.size else m
        span = (0, m, 0, float(rule["cost_scale"]) / weight, np.uint64(0))
        with single_blas_thread(m * self.n_parameters):
            J, _ = shard_gradient(
                self.plan,
                rule,
                self.parameters,
                flat,
                examples,
                np.arange(m),
                span,
                work,
            )
        dW = [weights_of(layer, flat) for layer in self.plan]
        db = [passes.biases_of(layer, flat) for layer in self.plan]
        return Gradients(float(J), dW, db, flat)

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

        The parameters are those of :meth:`back_propagate`.
        """
        examples = self.examples(X, y, sample_weight, cost)
        m = examples.X.shape[0]
        rule = cost_rule(cost, cost_parameter, self.activations[-1], self.n_outputs)
        work = make_workspace(self.plan, min(m, inference.CHUNK), self.dtype)
        with single_blas_thread(m * self.n_parameters):
            J, _ = inference.evaluate(
                self.plan, rule, self.parameters, examples, np.arange(m), work
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
        X, y, cost, cost_parameter
            As for :meth:`back_propagate`.

        Returns
        -------
        GradientCheck

        Notes
        -----
        .. math:: \frac{\partial J}{\partial \theta} \approx
                  \frac{J(\theta + h) - J(\theta - h)}{2h}, \quad
                  h = \epsilon^{1/3} \max(1, |\theta|)

        Examples
        --------
        >>> import numpy as np, walnet
        >>> network = walnet.Network([2, 3, 1], seed=1)
        >>> check = network.check_gradients(np.eye(2), [0.0, 1.0])
        >>> check.passed
        True
        """
        twin = self.astype("float64")
        analytic = twin.back_propagate(X, y, cost, cost_parameter=cost_parameter).flat
        numeric = np.empty_like(analytic)
        h = np.finfo(np.float64).eps ** (1 / 3) * np.maximum(1, abs(twin.parameters))
        for place, start in enumerate(twin.parameters.copy()):
            J = []
            for nudged in (start + h[place], start - h[place]):
                twin.parameters[place] = nudged
                J.append(twin.cost(X, y, cost, cost_parameter=cost_parameter))
            twin.parameters[place] = start
            numeric[place] = (J[0] - J[1]) / (2 * h[place])
        largest = max(float(abs(numeric).max()), np.finfo(np.float64).tiny)
        error = float(abs(analytic - numeric).max()) / largest
        return GradientCheck(error, analytic, numeric)

    def examples(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, cost: str
    ) -> Examples:
        """Return checked arrays as the kernels take them, whatever the door."""
        inputs = check_inputs(X, self.n_inputs, self.dtype)
        m = inputs.shape[0]
        if m == 0:
            raise ShapeError("X must have at least one row, got none")
        targets = check_targets(y, m, self.n_outputs, self.dtype)
        check_target_values(targets, cost)
        return Examples(inputs, targets, check_weights(sample_weight, m, self.dtype))

    def copy(self) -> Self:
        """Return an independent network with the same parameters."""
        return self.from_config(self.config(), self.parameters)

    def astype(self, dtype: str | np.dtype[Any]) -> Self:
        """Return a copy in another precision."""
        config = self.config() | {"dtype": _checked_dtype(dtype).name}
        return self.from_config(config, self.parameters)

    def config(self) -> dict[str, Any]:
        """Return what the constructor needs to make this network, as plain values."""
        return {
            "layer_sizes": list(self.layer_sizes),
            "activation": list(self.activations[:-1]),
            "output": self.activations[-1],
            "initializer": self.initializer,
            "dtype": self.dtype.name,
            "seed": self.seed,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], parameters: np.ndarray | None = None
    ) -> Self:
        """Return the network of a `config`, with given parameters if any.

        Raises
        ------
        ShapeError
            If there are more or fewer parameters than the network has.
        """
        network = cls(**config)
        if parameters is not None:
            if parameters.shape != network.parameters.shape:
                raise ShapeError(
                    f"parameters must have shape {network.parameters.shape}, "
                    f"got {parameters.shape}"
                )
            network.parameters[:] = parameters
        return network

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        return "network", self.config(), {"parameters": self.parameters}

    @classmethod
    def from_saved(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the network of a model file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError, HyperparameterError
            If they are not a network's, or do not belong together.
        """
        parameters = arrays.get("parameters", np.empty(0))
        if len(arrays) != 1 or header.keys() != _CONFIG:
            raise FileFormatError("a network or its description is not complete")
        # Sizes and precision are compared before anything as large is made.
        if (_sizes_need(header["layer_sizes"]),) != parameters.shape:
            raise FileFormatError(
                f"the layer sizes and the shape {parameters.shape} of the parameters "
                "do not belong together"
            )
        if header["dtype"] != parameters.dtype.name:
            raise FileFormatError(
                f"the parameters are {parameters.dtype.name}, not what is announced"
            )
        network = cls.from_config(header, parameters)
        if network.config() != header:
            raise FileFormatError("the description is not as a network writes it")
        return network

    def __eq__(self, other: object) -> bool:
        """Whether both compute the same: sizes, activations, precision, parameters."""
        if not isinstance(other, Network):
            return NotImplemented
        return (
            self.layer_sizes == other.layer_sizes
            and self.activations == other.activations
            and self.dtype == other.dtype
            and np.array_equal(self.parameters, other.parameters)
        )

    __hash__ = None  # type: ignore[assignment]  # parameters change: not a dict's key

    def __repr__(self) -> str:
        """Read the network as a sentence."""
        sizes = zip(self.layer_sizes[1:], self.activations, strict=True)
        layers = " → ".join(f"{n} {name}" for n, name in sizes)
        inputs = "1 input" if self.n_inputs == 1 else f"{self.n_inputs} inputs"
        count = "1 layer" if self.n_layers == 1 else f"{self.n_layers} layers"
        return (
            f"Network: {inputs} → {layers}; {count}, "
            f"{self.n_parameters:,} parameters, {self.dtype.name}"
        )


def _layer_part(buffer: np.ndarray, layer: np.void, m: int) -> np.ndarray:
    """Return one layer's (examples, neurons) out of a full workspace of m examples."""
    part = matrix(buffer, layer["neurons_before"] * m, layer["n_out"], m)
    return np.ascontiguousarray(part.T)


def _checked_sizes(layer_sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes as whole numbers, or say which one is not."""
    sizes = tuple(layer_sizes) if np.iterable(layer_sizes) else ()
    if len(sizes) < 2:
        raise HyperparameterError(
            "layer_sizes must name at least the input and the output, such as "
            f"[2, 4, 1]; got {layer_sizes!r}"
        )
    for size in sizes:
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not whole or size < 1:
            raise HyperparameterError(
                f"layer_sizes must be whole numbers of at least 1, got {size!r}"
            )
    numbers = tuple(int(size) for size in sizes)
    total = sum((a + 1) * b for a, b in pairwise(numbers))
    if total > MAX_PARAMETERS:
        raise HyperparameterError(
            f"layer_sizes {list(numbers)} make {total:,} parameters; "
            f"at most {MAX_PARAMETERS:,} are allowed"
        )
    return numbers


def _sizes_need(layer_sizes: object) -> int:
    """Return how many parameters sizes from a file need; -1 if they are no sizes."""
    if type(layer_sizes) is not list or len(layer_sizes) < 2:
        return -1
    if not all(type(size) is int and size > 0 for size in layer_sizes):
        return -1
    return sum((a + 1) * b for a, b in pairwise(layer_sizes))


def _one_each(value: Any, n: int, name: str) -> tuple[str, ...]:
    """Return one name a hidden layer."""
    one = isinstance(value, str) or not np.iterable(value)
    names = (value,) * n if one else tuple(value)
    if one:
        code_of(ACTIVATIONS, value, name)
    if len(names) != n:
        raise HyperparameterError(
            f"{name} must be one name, or one for each of the {n} hidden layers; "
            f"got {len(names)}"
        )
    return names


def _checked_dtype(dtype: str | np.dtype[Any]) -> np.dtype[Any]:
    """Return float32 or float64."""
    try:
        # To NumPy None is float64, as an argument and in a comparison.
        found = np.dtype("O" if dtype is None else dtype)
    except TypeError:
        found = np.dtype("O")
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise HyperparameterError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


def _checked_seed(seed: int) -> int:
    """Return a seed that NumPy takes."""
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise HyperparameterError(
            f"seed must be a whole number of at least 0, got {seed!r}"
        )
    return int(seed)
