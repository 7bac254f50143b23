"""A slow, obvious neural network, written from the textbook: the oracle of the tests.

Nothing here is shared with walnet. Arrays are (examples, neurons); a network is a list
of layers ``(W, b, activation)`` with W of shape (n_out, n_in). Everything down to the
cost also takes complex numbers, so that ``Im J(θ + ih) / h`` gives a derivative without
a difference and therefore without rounding (Squire, Trapp, 1998).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from scipy.special import erf

LEAKY_SLOPE = 0.01
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
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


def layer_outputs(layers, X):
    """Return (Z, A) of each layer: one sum for each neuron of each example."""
    outputs, A = [], np.asarray(X)
    for W, b, activation in layers:
        kind = np.result_type(A, W, b)
        Z = np.empty((len(A), len(b)), kind)
        for i in range(len(A)):
            for j in range(len(b)):
                Z[i, j] = b[j] + sum(W[j, k] * A[i, k] for k in range(A.shape[1]))
        A = ACTIVATIONS[activation](Z)
        outputs.append((Z, A))
    return outputs


def feed_forward(layers, X):
    return layer_outputs(layers, X)[-1][1]


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


def cost(layers, X, Y, name="mse", parameter=1.0, w=None):
    """Return J, the weighted mean over examples (and outputs, but for entropies)."""
    each = COSTS[name](feed_forward(layers, X), Y, parameter).sum(axis=1)
    return (shares(name, Y, w) * each).sum()


def error_signal(activation, z, a, da):
    """Return dZ of one example: the derivative times the whole Jacobian of g."""
    if activation == "softmax":
        return (np.diag(a) - np.outer(a, a)) @ da
    return da * SLOPES[activation](z)


def back_propagate(layers, X, Y, name="mse", parameter=1.0, w=None):
    """Return [(dW, db)] of each layer, one example and one product at a time."""
    outputs = layer_outputs(layers, X)
    gradients = [(np.zeros_like(W), np.zeros_like(b)) for W, b, _ in layers]
    for i, share in enumerate(shares(name, Y, w)):
        da = share * COST_SLOPES[name](outputs[-1][1][i], Y[i], parameter)
        for number in reversed(range(len(layers))):
            W, b, activation = layers[number]
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


def layers_of(sizes, activations, parameters):
    """Return the layers of a flat parameter vector."""
    layers, place = [], 0
    for (n_in, n_out), activation in zip(pairwise(sizes), activations, strict=True):
        W = parameters[place : place + n_in * n_out].reshape(n_out, n_in)
        place += n_in * n_out
        layers.append((W, parameters[place : place + n_out], activation))
        place += n_out
    return layers


def complex_step(J, theta, h=1e-30):
    """Return the gradient of a real-analytic J: Im J(θ + ih) / h, exact to rounding."""
    gradient = np.empty(len(theta))
    for place in range(len(theta)):
        nudged = theta.astype(complex)
        nudged[place] += 1j * h
        gradient[place] = J(nudged).imag / h
    return gradient


class UpdateRules:
    """The update rules as their papers print them, with memory of their own."""

    def __init__(self, theta):
        self.theta, self.t = np.array(theta, float), 0
        self.v, self.m, self.s = (np.zeros_like(self.theta) for _ in range(3))

    def gradient_descent(self, gradient, eta, **_):
        self.theta = self.theta - eta * gradient(self.theta)

    def momentum(self, gradient, eta, mu=0.9, **_):
        """Polyak (1964): v = μ v - η ∇J(θ), θ = θ + v."""
        self.v = mu * self.v - eta * gradient(self.theta)
        self.theta = self.theta + self.v

    def nesterov(self, gradient, eta, mu=0.9, **_):
        """Sutskever et al. (2013), eq. 3: the gradient is taken at θ + μ v."""
        self.v = mu * self.v - eta * gradient(self.theta + mu * self.v)
        self.theta = self.theta + self.v

    def rmsprop(self, gradient, eta, rho=0.9, epsilon=1e-8, **_):
        """Tieleman, Hinton (2012), lecture 6e."""
        g = gradient(self.theta)
        self.s = rho * self.s + (1 - rho) * g**2
        self.theta = self.theta - eta * g / (np.sqrt(self.s) + epsilon)

    def adam(self, gradient, eta, beta_1=0.9, beta_2=0.999, epsilon=1e-8, decay=0.0):
        """Kingma, Ba (2015), algorithm 1; decay: Loshchilov, Hutter (2019)."""
        self.t += 1
        g = gradient(self.theta)
        self.m = beta_1 * self.m + (1 - beta_1) * g
        self.s = beta_2 * self.s + (1 - beta_2) * g**2
        m_hat = self.m / (1 - beta_1**self.t)
        s_hat = self.s / (1 - beta_2**self.t)
        step = m_hat / (np.sqrt(s_hat) + epsilon) + decay * self.theta
        self.theta = self.theta - eta * step

    def adamw(self, gradient, eta, decay=0.01, **options):
        self.adam(gradient, eta, decay=decay, **options)
