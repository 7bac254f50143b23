"""The small data sets."""

from __future__ import annotations

from inspect import getdoc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walnet import datasets
from walnet.errors import HyperparameterError

N_CLASSES = {"blobs": 3, "plane": 0, "sine": 0, "bumpy": 0}


@given(
    name=st.sampled_from(datasets.NAMES),
    n=st.integers(1, 60),
    noise=st.floats(0, 2),
    seed=st.integers(0, 2**40),
)
def test_every_set_has_the_shape_it_says_and_the_same_bits_again(name, n, noise, seed):
    data = datasets.make(name, n, noise, seed)
    X, y = data
    n_features = 1 if name == "sine" else 2
    assert X.shape == (n, n_features) == (n, len(data.feature_names))
    assert y.shape == (n,)
    assert X.dtype == np.float64
    assert y.dtype == (np.float64 if data.task == "regression" else np.int64)
    assert len(data.class_names) == N_CLASSES.get(name, 2)
    again = datasets.make(name, n, noise, seed)
    assert again.X.tobytes() == X.tobytes()
    assert again.y.tobytes() == y.tobytes()


@pytest.mark.parametrize("name", datasets.NAMES)
def test_another_seed_gives_other_examples(name):
    first, second = datasets.make(name, seed=1), datasets.make(name, seed=2)
    assert not np.array_equal(first.X, second.X)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_the_noise_has_the_deviation_asked_for(name):
    without, with_noise = (datasets.make(name, 5000, noise) for noise in (0, 0.3))
    which = "y" if without.task == "regression" else "X"
    noise = getattr(with_noise, which) - getattr(without, which)
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("name", ["moons", "circles", "xor", "spirals", "blobs"])
def test_classes_are_of_equal_size_and_mixed(name):
    _, y = datasets.make(name, n=301)
    sizes = np.bincount(y)
    assert sizes.max() - sizes.min() <= 1
    assert 50 < np.count_nonzero(np.diff(y)) < 290


def test_examples_without_noise_lie_where_the_formulas_say():
    X, y = datasets.moons(n=100, noise=0)
    centre = np.where(y == 0, -1, 1)[:, None] * [0.5, 0.25]
    assert np.allclose(np.hypot(*(X - centre).T), 1)
    X, y = datasets.spirals(n=100, noise=0)
    turned = np.arctan2(X[:, 1], X[:, 0]) - np.pi * y
    assert np.allclose(np.cos(turned), np.cos(3 * np.pi * np.hypot(*X.T) / 2))
    X, y = datasets.blobs(n=100, noise=0, classes=7)
    assert len(np.unique(X.round(9), axis=0)) == len(np.unique(y)) == 7
    X, y = datasets.bumpy(n=100, noise=0)
    assert np.allclose(y, np.sin(2 * X[:, 0]) * np.cos(2 * X[:, 1]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be a whole number from 1 to 10000000, got 0"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"n": True}, "n must be a whole number"),
        ({"n": 10**12}, "n must be a whole number"),
        ({"noise": -1}, "noise must be a finite number of at least 0, got -1"),
        ({"noise": float("nan")}, "noise must be"),
        ({"noise": "much"}, "noise must be"),
        ({"seed": -1}, r"seed must be a whole number from 0 to 2\^63 - 1, got -1"),
    ],
)
def test_numbers_outside_their_range_are_refused(arguments, message):
    for name in datasets.NAMES:
        with pytest.raises(HyperparameterError, match=message):
            datasets.make(name, **arguments)


def test_an_unknown_name_is_refused_and_the_nearest_suggested():
    with pytest.raises(HyperparameterError, match="did you mean 'moons'"):
        datasets.make("moon")
    with pytest.raises(HyperparameterError, match="choose moons, circles"):
        datasets.make("?")
    with pytest.raises(HyperparameterError, match="classes must be"):
        datasets.blobs(classes=1)


def test_a_set_introduces_itself():
    assert repr(datasets.sine(n=5)) == "<sine: 5 examples, 1 feature, a number>"


@pytest.mark.parametrize("name", datasets.NAMES)
def test_the_help_of_every_set_names_its_arguments(name):
    text = getdoc(datasets.GENERATORS[name])
    places = [text.index(f"\n{word} : ") for word in ("n", "noise", "seed")]
    assert places == sorted(places)
    assert "{" not in text
