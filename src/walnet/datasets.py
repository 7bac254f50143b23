"""Small data sets made by a formula, with noise, to learn and to play with.

Each generator is called as ``moons(n=200, noise=0.1, seed=0)`` and returns a `Dataset`
that unpacks as ``X, y``. The same arguments give the same bits, on every machine and on
the page. `NAMES` lists them and `make` finds one by its name.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from walnet.engine.draws import checked_seed
from walnet.engine.kernels import datasets as kernels
from walnet.engine.kernels.draws import key_of
from walnet.errors import HyperparameterError

Task = Literal["classification", "regression"]
Array = NDArray[np.float64]
Labels = NDArray[np.int64]

MAX_EXAMPLES = 10_000_000
# Of how many features an input is derived.
DERIVED = {"square": 1, "product": 2, "sine": 1}


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples with their targets, and what they are called.

    Parameters
    ----------
    X : ndarray of shape (examples, features), float64
        The features.
    y : ndarray of shape (examples,), int64 or float64
        The class of each example, counted from 0, or its number in a regression.
    feature_names : tuple of str
        One name for each column of ``X``.
    target_name : str
        What ``y`` is.
    task : {"classification", "regression"}
        Whether ``y`` holds classes or numbers.
    name : str
        The name of the data set.
    class_names : tuple of str
        One name for each class; empty in a regression.

    Examples
    --------
    >>> X, y = moons(n=4)
    >>> X.shape, y.shape
    ((4, 2), (4,))
    >>> moons()
    <moons: 200 examples, 2 features, 2 classes>
    """

    X: Array
    y: Array | Labels
    feature_names: tuple[str, ...]
    target_name: str
    task: Task
    name: str
    class_names: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Array | Labels]:
        """Yield ``X``, then ``y``."""
        yield self.X
        yield self.y

    def __repr__(self) -> str:
        examples, features = self.X.shape
        target = f"{len(self.class_names)} classes" if self.class_names else "a number"
        plural = "s" if features > 1 else ""
        return (
            f"<{self.name}: {examples} examples, {features} feature{plural}, {target}>"
        )


Generator = TypeVar("Generator", bound=Callable[..., Dataset])

# What all generators take; `_documented` writes it into their docstrings.
_ARGUMENTS = """\
n : int
    Number of examples, at least 1.
noise : float
    Standard deviation of the normal noise added to {noise_on}.
seed : int
    Seed of the random numbers, 0 to 2^63 - 1."""


def _documented(*, noise_on: str) -> Callable[[Generator], Generator]:
    """Return a decorator that writes the arguments that all sets share."""

    def decorate(generator: Generator) -> Generator:
        arguments = _ARGUMENTS.format(noise_on=noise_on)
        text = cleandoc(generator.__doc__ or "")  # there is none under python -OO
        generator.__doc__ = text.replace("{n, noise, seed}", arguments)
        return generator

    return decorate


@_documented(noise_on="both features")
def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    r"""Return two half circles that reach into each other.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features and the classes 0 (upper moon) and 1 (lower moon).

    Notes
    -----
    With :math:`t` uniform in :math:`[0, \pi]` the upper moon is
    :math:`(\cos t - 0.5, \sin t - 0.25)` and the lower one is the upper one turned by
    half a turn about the origin.

    Examples
    --------
    >>> X, y = moons(n=200, noise=0.1, seed=0)
    >>> X.shape, y[:5]
    ((200, 2), array([0, 1, 1, 0, 0]))
    """
    return _classification("moons", n, noise, seed)


@_documented(noise_on="both features")
def circles(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return a circle inside another.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features and the classes 0 (radius 1) and 1 (radius 0.5).

    Examples
    --------
    >>> X, y = circles(n=100, noise=0.0)
    >>> [round(float(np.hypot(*X[y == k].T).mean()), 6) for k in (0, 1)]
    [1.0, 0.5]
    """
    return _classification("circles", n, noise, seed)


@_documented(noise_on="both features")
def xor(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return a square of four quarters, opposite quarters of one class.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features, uniform in [-1, 1] before the noise, and the classes 0 (both
        features have the same sign) and 1 (they have different signs).

    Examples
    --------
    >>> X, y = xor(n=100, noise=0.0)
    >>> bool(np.all((X[:, 0] * X[:, 1] < 0) == (y == 1)))
    True
    """
    return _classification("xor", n, noise, seed)


@_documented(noise_on="both features")
def spirals(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    r"""Return two spirals wound about each other.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features and the classes 0 and 1.

    Notes
    -----
    With :math:`t` uniform in [0, 1] the arm of class 0 has the radius :math:`2t` and
    the angle :math:`3 \pi t`, one and a half turns; the arm of class 1 starts half a
    turn later.

    Examples
    --------
    >>> X, y = spirals(n=100, noise=0.0)
    >>> bool(np.hypot(*X.T).max() <= 2)
    True
    """
    return _classification("spirals", n, noise, seed)


@_documented(noise_on="both features of a cloud's centre")
def gaussians(n: int = 200, noise: float = 0.5, seed: int = 0) -> Dataset:
    """Return two round clouds, the easiest set of all.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features and the classes 0 (centre (1, 1)) and 1 (centre (-1, -1)).

    Examples
    --------
    >>> X, y = gaussians(n=100, noise=0.0)
    >>> np.unique(X[y == 0], axis=0)
    array([[1., 1.]])
    """
    return _classification("gaussians", n, noise, seed)


@_documented(noise_on="both features of a cloud's centre")
def blobs(
    n: int = 200, noise: float = 0.5, seed: int = 0, *, classes: int = 3
) -> Dataset:
    """Return three or more round clouds, one for each class.

    Parameters
    ----------
    {n, noise, seed}
    classes : int
        Number of clouds, 2 to 100. Their centres lie evenly on a circle of radius 2.

    Returns
    -------
    Dataset
        Two features and the classes 0 to ``classes - 1``.

    Examples
    --------
    >>> blobs(classes=5)
    <blobs: 200 examples, 2 features, 5 classes>
    """
    _check_whole("classes", classes, 2, 100)
    return _classification("blobs", n, noise, seed, classes)


@_documented(noise_on="the height")
def plane(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return heights of a tilted plane, which a network without hidden layers learns.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features, uniform in [-1, 1], and ``y = 0.8 x1 - 0.5 x2 + 0.3``.

    Examples
    --------
    >>> X, y = plane(n=3, noise=0.0)
    >>> bool(np.allclose(y, 0.8 * X[:, 0] - 0.5 * X[:, 1] + 0.3))
    True
    """
    return _regression("plane", n, noise, seed)


@_documented(noise_on="the sine")
def sine(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    r"""Return points on one period of a sine, a curve of one feature.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        One feature, uniform in :math:`[-\pi, \pi]`, and its sine.

    Examples
    --------
    >>> X, y = sine(n=3, noise=0.0)
    >>> X.shape, bool(np.allclose(y, np.sin(X[:, 0])))
    ((3, 1), True)
    """
    return _regression("sine", n, noise, seed, features=1)


@_documented(noise_on="the height")
def bumpy(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return heights of a surface with hills and hollows.

    Parameters
    ----------
    {n, noise, seed}

    Returns
    -------
    Dataset
        Two features, uniform in [-2, 2], and ``y = sin(2 x1) cos(2 x2)``.

    Examples
    --------
    >>> bumpy()
    <bumpy: 200 examples, 2 features, a number>
    """
    return _regression("bumpy", n, noise, seed)


GENERATORS: MappingProxyType[str, Callable[..., Dataset]] = MappingProxyType(
    {
        generator.__name__: generator
        for generator in (
            moons,
            circles,
            xor,
            spirals,
            gaussians,
            blobs,
            plane,
            sine,
            bumpy,
        )
    }
)
NAMES: tuple[str, ...] = tuple(GENERATORS)


def make(name: str, n: int = 200, noise: float | None = None, seed: int = 0) -> Dataset:
    """Return the data set of a name.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    n : int
        Number of examples, at least 1.
    noise : float, optional
        Standard deviation of the noise. By default that of the generator.
    seed : int
        Seed of the random numbers, 0 to 2^63 - 1.

    Returns
    -------
    Dataset
        The examples.

    Raises
    ------
    HyperparameterError
        If there is no such data set, or a number is outside its range.

    Examples
    --------
    >>> make("circles", n=50)
    <circles: 50 examples, 2 features, 2 classes>
    """
    generator = GENERATORS.get(name)
    if generator is None:
        near = difflib.get_close_matches(str(name), NAMES, n=1)
        hint = (
            f"; did you mean {near[0]!r}?" if near else f"; choose {', '.join(NAMES)}"
        )
        message = f"there is no data set named {name!r}{hint}"
        raise HyperparameterError(message)
    if noise is None:
        return generator(n=n, seed=seed)
    return generator(n=n, noise=noise, seed=seed)


def with_derived(X: ArrayLike, derived: Iterable[str]) -> Array:
    """Return features, followed by inputs that are made of them.

    Parameters
    ----------
    X : array_like of shape (examples, features)
        The features.
    derived : iterable of str
        ``"square 1"``, ``"product 1 2"``, ``"sine 2"``: what to make, and of which
        features, counted from 1.

    Returns
    -------
    ndarray of shape (examples, features + derived), float64
        The same numbers, to the last bit, as in the playground.

    Raises
    ------
    HyperparameterError
        If an input cannot be made of these features.

    Examples
    --------
    >>> with_derived([[1.0, 3.0], [2.0, 0.5]], ["square 2", "product 1 2"])
    array([[1.  , 3.  , 9.  , 3.  ],
           [2.  , 0.5 , 0.25, 1.  ]])
    """
    features = np.atleast_2d(np.asarray(X, dtype=np.float64))
    columns = [_derived(features, text) for text in derived]
    return np.column_stack([features, *columns])


def _derived(X: Array, text: str) -> Array:
    """Return one derived input."""
    kind, *numbers = text.split(" ")
    places = [int(number) - 1 for number in numbers if number.isdecimal()]
    known = len(places) == len(numbers) == DERIVED.get(kind)
    if not known or not all(0 <= place < X.shape[1] for place in places):
        message = (
            f"an input {text!r} cannot be made of {X.shape[1]} features; expected "
            "'square 1', 'product 1 2' or 'sine 1', features counted from 1"
        )
        raise HyperparameterError(message)
    first, last = X[:, places[0]], X[:, places[-1]]
    if kind != "sine":
        made: Array = first * last
        return made
    out = np.empty(len(X))
    kernels.sines(np.ascontiguousarray(first), out)
    return out


def _key(n: int, noise: float, seed: int) -> int:
    """Check the arguments that all data sets share and return the random key."""
    _check_whole("n", n, 1, MAX_EXAMPLES)
    number = isinstance(noise, (int, float, np.integer, np.floating))
    if not number or isinstance(noise, bool) or not 0 <= noise < math.inf:
        message = f"noise must be a finite number of at least 0, got {noise!r}"
        raise HyperparameterError(message)
    key: int = key_of(checked_seed(seed))
    return key


def _check_whole(name: str, value: int, least: int, most: int) -> None:
    """Raise an error unless the value is a whole number in its range."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        message = f"{name} must be a whole number from {least} to {most}, got {value!r}"
        raise HyperparameterError(message)


def _classification(
    name: str, n: int, noise: float, seed: int, classes: int = 2
) -> Dataset:
    """Return a data set of classes, with noise added to the features."""
    key = _key(n, noise, seed)
    X, y = np.empty((n, 2)), np.empty(n, np.int64)
    kernels.draw_classes(kernels.CODES[name], classes, float(noise), key, X, y)
    return Dataset(
        X=X,
        y=y,
        feature_names=("x1", "x2"),
        target_name="label",
        task="classification",
        name=name,
        class_names=tuple(str(label) for label in range(classes)),
    )


def _regression(
    name: str, n: int, noise: float, seed: int, features: int = 2
) -> Dataset:
    """Return a data set of numbers, with noise added to the target."""
    key = _key(n, noise, seed)
    X, y = np.empty((n, features)), np.empty(n)
    kernels.draw_heights(kernels.CODES[name], float(noise), key, X, y)
    return Dataset(
        X=X,
        y=y,
        feature_names=tuple(f"x{i + 1}" for i in range(features)),
        target_name="y",
        task="regression",
        name=name,
    )
