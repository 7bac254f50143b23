"""A slow, obvious neural network, written from the textbook: the oracle of the tests.

Nothing here is shared with walnet. Arrays are (examples, neurons); a network is a list
of layers, the tuples below. Everything down to the cost also takes complex numbers, so
that ``Im J(θ + ih) / h`` gives a derivative without a difference and therefore without
rounding (Squire, Trapp, 1998).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import erf

LEAKY_SLOPE = 0.01
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
BATCH_EPSILON = 1e-5  # beside the variance of a normalised layer
CROSS_ENTROPIES = ("binary_cross_entropy", "categorical_cross_entropy")


def above_zero(z):
    return np.real(z) > 0


def sigmoid(z):
    grown = np.exp(np.where(above_zero(z), -z, z))
    return np.where(above_zero(z), 1 / (1 + grown), grown / (1 + grown))


def softplus(z):
    rest = np.log1p(np.exp(np.where(above_zero(z), -z, z)))
    return np.where(above_zero(z), z + rest, rest)


def elu(z, scale=1.0, alpha=1.0):
    below = alpha * np.expm1(np.where(above_zero(z), 0, z))
    return scale * np.where(above_zero(z), z, below)


def softmax(z):
    grown = np.exp(z - np.real(z).max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(above_zero(z), z, 0 * z),
    "leaky_relu": lambda z: np.where(above_zero(z), z, LEAKY_SLOPE * z),
    "elu": elu,
    "selu": lambda z: elu(z, SELU_SCALE, SELU_ALPHA),
    "gelu": lambda z: z * (1 + erf(z / math.sqrt(2))) / 2,
    "silu": lambda z: z * sigmoid(z),
    "mish": lambda z: z * np.tanh(softplus(z)),
    "softplus": softplus,
    "softmax": softmax,
    "exponential": np.exp,
}
KINKED = {"relu", "leaky_relu", "selu"}  # g' jumps at 0; elu's does not


def mish_slope(z):
    t = np.tanh(softplus(z))
    return t + z * (1 - t**2) * sigmoid(z)


def gelu_slope(z):
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return (1 + erf(z / math.sqrt(2))) / 2 + z * density


# g'(z), from the weighted input z alone.
SLOPES = {
    "identity": np.ones_like,
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, 1.0, LEAKY_SLOPE),
    "elu": lambda z: np.exp(np.minimum(z, 0)),
    "selu": lambda z: (
        SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0)))
    ),
    "gelu": gelu_slope,
    "silu": lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
    "mish": mish_slope,
    "softplus": sigmoid,
    "exponential": np.exp,
}


class Inputs(NamedTuple):
    """Numbers as they are."""

    n: int

    def read(self, X):
        return X


class Numbers(NamedTuple):
    """Each x becomes x and W2 cos(2π w1 x + b1) + b2, all four its own."""

    w1: np.ndarray  # (numbers, frequencies)
    b1: np.ndarray
    W2: np.ndarray  # (numbers, mixtures, frequencies)
    b2: np.ndarray

    @property
    def n(self):
        return len(self.w1)

    def read(self, X):
        columns = []
        for k, x in enumerate(X.T):
            waves = np.cos(2 * np.pi * np.outer(x, self.w1[k]) + self.b1[k])
            columns += [x[:, None], waves @ self.W2[k].T + self.b2[k]]
        return np.hstack(columns)


class Ramps(Numbers):
    """Each x becomes x and W2 min(max(w1 x + b1, 0), 1) + b2; w1 and b1 stay."""

    def read(self, X):
        columns = []
        for k, x in enumerate(X.T):
            heights = np.outer(x.real, self.w1[k].real) + self.b1[k].real
            ramps = np.clip(heights, 0.0, 1.0)
            columns += [x[:, None], ramps @ self.W2[k].T + self.b2[k]]
        return np.hstack(columns)


class Levels(NamedTuple):
    """Each level becomes its row of a table; the categories' rows follow each other."""

    table: np.ndarray
    counts: tuple

    @property
    def n(self):
        return len(self.counts)

    def read(self, X):
        starts = np.cumsum([0, *self.counts])
        codes = [X[:, c].real.astype(int) + starts[c] for c in range(self.n)]
        return np.hstack([self.table[each] for each in codes])


class Scale(NamedTuple):
    s: np.ndarray


class Dense(NamedTuple):
    W: np.ndarray  # (n_out, n_in)
    b: np.ndarray
    activation: str
    slopes: np.ndarray | None = None
    gammas: np.ndarray | None = None


def normalised(layer, Z, statistics):
    """Return γ (Z - μ) / sqrt(σ² + ε) + b, of the batch or of given μ and σ²."""
    mean, variance = Z.mean(axis=0), ((Z - Z.mean(axis=0)) ** 2).mean(axis=0)
    if statistics is not None:
        mean, variance = statistics
    return layer.gammas * (Z - mean) / np.sqrt(variance + BATCH_EPSILON) + layer.b


def first_activations(layers, X):
    """Return what the first dense layer reads of X, and the dense layers."""
    X, column, parts = np.asarray(X), 0, []
    front = [layer for layer in layers if isinstance(layer, Inputs | Numbers | Levels)]
    for layer in front:
        parts.append(layer.read(X[:, column : column + layer.n]))
        column += layer.n
    A = np.hstack(parts) if parts else X
    rest = layers[len(front) :]
    if isinstance(rest[0], Scale):
        return A * rest[0].s, rest[1:]
    return A, rest


def layer_outputs(layers, X, masks=None, statistics=None):
    """Return (Z, A) of each dense layer: one sum for each neuron of each example.

    `masks` of dropout, one (examples, neurons) or None a layer; `statistics`, (mean,
    variance) or None a layer: None normalises over the batch.
    """
    A, dense = first_activations(layers, X)
    outputs = []
    for number, layer in enumerate(dense):
        W, b = layer.W, layer.b
        Z = np.empty((len(A), len(b)), np.result_type(A, W, b))
        for i in range(len(A)):
            for j in range(len(b)):
                Z[i, j] = sum(W[j, k] * A[i, k] for k in range(A.shape[1]))
        if layer.gammas is None:
            Z = Z + b
        else:
            Z = normalised(layer, Z, statistics[number] if statistics else None)
        A = ACTIVATIONS[layer.activation](Z)
        if layer.slopes is not None:
            A = Z + (A - Z) * layer.slopes
        if masks is not None and masks[number] is not None:
            A = A * masks[number]
        outputs.append((Z, A))
    return outputs


def feed_forward(layers, X, **options):
    return layer_outputs(layers, X, **options)[-1][1]


def _size(d):
    return np.where(np.real(d) < 0, -d, d)


def _huber(a, y, delta):
    d = a - y
    return np.where(_size(d) <= delta, d**2 / 2, delta * (_size(d) - delta / 2))


def _quantile(a, y, level):
    return np.where(np.real(a) < y, level * (y - a), (1 - level) * (a - y))


def _poisson(a, y, _):
    return np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / a), 0) - y + a


# c(a, y) of one output of one example.
COSTS = {
    "mse": lambda a, y, _: (a - y) ** 2,
    "mae": lambda a, y, _: _size(a - y),
    "huber": _huber,
    "quantile": _quantile,
    "poisson": _poisson,
    "binary_cross_entropy": lambda a, y, _: -(y * np.log(a) + (1 - y) * np.log(1 - a)),
    "categorical_cross_entropy": lambda a, y, _: -y * np.log(a),
}
# ∂c/∂a
COST_SLOPES = {
    "mse": lambda a, y, _: 2 * (a - y),
    "mae": lambda a, y, _: np.sign(a - y),
    "huber": lambda a, y, delta: np.clip(a - y, -delta, delta),
    "quantile": lambda a, y, level: np.where(a < y, -level, 1 - level),
    "poisson": lambda a, y, _: 1 - y / a,
    "binary_cross_entropy": lambda a, y, _: (a - y) / (a * (1 - a)),
    "categorical_cross_entropy": lambda a, y, _: -y / a,
}


def shares(name, Y, w):
    """Return what each example's sum over outputs is multiplied with in the mean."""
    w = np.ones(len(Y)) if w is None else np.asarray(w, float)
    outputs = 1 if name in CROSS_ENTROPIES else Y.shape[1]
    return w / (w.sum() * outputs)


def smoothed(name, Y, smoothing):
    """Return (1 - ε) Y + ε/K of K classes; each sigmoid tells two apart."""
    classes = 2 if name == "binary_cross_entropy" else Y.shape[1]
    return (1 - smoothing) * Y + smoothing / classes


def cost(layers, X, Y, name="mse", parameter=1.0, w=None, *, smoothing=0.0, **options):
    """Return J, the weighted mean over examples (and outputs, but for entropies)."""
    Y = smoothed(name, Y, smoothing) if smoothing else Y
    each = COSTS[name](feed_forward(layers, X, **options), Y, parameter).sum(axis=1)
    return (shares(name, Y, w) * each).sum()


def error_signal(activation, z, a, da):
    """Return dZ of one example: the derivative times the whole Jacobian of g."""
    if activation == "softmax":
        return (np.diag(a) - np.outer(a, a)) @ da
    return da * SLOPES[activation](z)


def back_propagate(layers, X, Y, name="mse", parameter=1.0, w=None):
    """Return [(dW, db)] of each layer, one example and one product at a time.

    Of dense layers alone; for the derivatives of all others there is `complex_step`.
    """
    assert all(type(layer) is Dense and layer[3:] == (None, None) for layer in layers)
    outputs = layer_outputs(layers, X)
    gradients = [(np.zeros_like(W), np.zeros_like(b)) for W, b, *_ in layers]
    for i, share in enumerate(shares(name, Y, w)):
        da = share * COST_SLOPES[name](outputs[-1][1][i], Y[i], parameter)
        for number in reversed(range(len(layers))):
            W, b, activation, *_ = layers[number]
            dW, db = gradients[number]
            before = outputs[number - 1][1][i] if number else X[i]
            z, a = (array[i] for array in outputs[number])
            dz = error_signal(activation, z, a, da)
            for j, k in np.ndindex(W.shape):
                dW[j, k] += dz[j] * before[k]
            for j in range(len(b)):
                db[j] += dz[j]
            da = [
                sum(W[j, k] * dz[j] for j in range(len(b))) for k in range(len(before))
            ]
            da = np.array(da)
    return gradients


def flat(pairs):
    """Return the numbers of [(W, b)] in the order W of layer 1, b of layer 1, W …"""
    return np.concatenate([np.concatenate([W.ravel(), b]) for W, b in pairs])


FREQUENCIES, STEPS, MIXTURES = 16, 32, 3


def layers_of(kinds, parameters):
    """Return the layers of a flat parameter vector, by a network's layers."""
    place, width, layers = 0, 0, []

    def take(*shape):
        nonlocal place
        start, place = place, place + math.prod(shape)
        return parameters[start:place].reshape(shape)

    for kind in kinds:
        name = type(kind).__name__
        if name == "Inputs":
            layers.append(Inputs(kind.n))
            width += kind.n
        elif name == "NumberEmbedding":
            n, M = kind.n, MIXTURES
            ramps = kind.shape == "ramps"
            F = STEPS if ramps else FREQUENCIES
            arrays = take(n, F), take(n, F), take(n, M, F), take(n, M)
            layers.append((Ramps if ramps else Numbers)(*arrays))
            width += n * (1 + M)
        elif name == "LevelEmbedding":
            layers.append(Levels(take(sum(kind.levels), kind.width), kind.levels))
            width += len(kind.levels) * kind.width
        elif name == "Scale":
            layers.append(Scale(take(width)))
        else:
            W, b = take(kind.n, width), take(kind.n)
            slopes = take(kind.n) if kind.slopes else None
            gammas = take(kind.n) if kind.norm else None
            layers.append(Dense(W, b, kind.activation, slopes, gammas))
            width = kind.n
    assert place == len(parameters)
    plain = type(layers[0]) is Inputs and type(layers[1]) is Dense
    return layers[1:] if plain else layers


def complex_step(J, theta, h=1e-30):
    """Return the gradient of a real-analytic J: Im J(θ + ih) / h, exact to rounding."""
    gradient = np.empty(len(theta))
    for place in range(len(theta)):
        nudged = theta.astype(complex)
        nudged[place] += 1j * h
        gradient[place] = J(nudged).imag / h
    return gradient


class UpdateRules:
    """The update rules as their papers print them, with memory of their own.

    Parameters
    ----------
    theta : ndarray
        Where they begin.
    rate, decay, epsilon : float or ndarray like theta
        What each parameter's rate, weight decay and ε are multiplied with.
    """

    def __init__(self, theta, rate=1.0, decay=1.0, epsilon=1.0):
        self.theta, self.t = np.array(theta, float), 0
        self.factors = rate, decay, epsilon
        self.v, self.m, self.s = (np.zeros_like(self.theta) for _ in range(3))

    def step(self, name, gradient, eta, *, decay=0.0, **options):
        """Do one update; weights decay beside it: Loshchilov, Hutter (2019)."""
        rate, share, _ = self.factors
        shrunk = eta * decay * share * self.theta
        getattr(self, name)(gradient, eta * rate, **options)
        self.theta = self.theta - shrunk

    def gradient_descent(self, gradient, eta):
        self.theta = self.theta - eta * gradient(self.theta)

    def momentum(self, gradient, eta, mu=0.9):
        """Polyak (1964): v = μ v - η ∇J(θ), θ = θ + v."""
        self.v = mu * self.v - eta * gradient(self.theta)
        self.theta = self.theta + self.v

    def nesterov(self, gradient, eta, mu=0.9):
        """Sutskever et al. (2013), eq. 3: the gradient is taken at θ + μ v."""
        self.v = mu * self.v - eta * gradient(self.theta + mu * self.v)
        self.theta = self.theta + self.v

    def rmsprop(self, gradient, eta, rho=0.9, epsilon=1e-8):
        """Tieleman, Hinton (2012), lecture 6e."""
        g = gradient(self.theta)
        self.s = rho * self.s + (1 - rho) * g**2
        divisor = np.sqrt(self.s) + epsilon * self.factors[2]
        self.theta = self.theta - eta * g / divisor

    def adam(self, gradient, eta, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        """Kingma, Ba (2015), algorithm 1."""
        self.t += 1
        g = gradient(self.theta)
        self.m = beta_1 * self.m + (1 - beta_1) * g
        self.s = beta_2 * self.s + (1 - beta_2) * g**2
        m_hat = self.m / (1 - beta_1**self.t)
        s_hat = self.s / (1 - beta_2**self.t)
        divisor = np.sqrt(s_hat) + epsilon * self.factors[2]
        self.theta = self.theta - eta * m_hat / divisor

    adamw = adam  # whose weights decay by default


def coslog4(t):
    """Return the factor on the learning rate at training time t, from 0 to 1."""
    return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t))) / 2


def flat_cosine(t):
    """Return the factor on dropout and weight decay at training time t."""
    return 1.0 if t <= 0.5 else (1 + math.cos(math.pi * (2 * t - 1))) / 2
