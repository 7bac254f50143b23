"""Random numbers and orders of a key: the right distributions, each place by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from walnet.engine.draws import checked_seed, normal, permutation
from walnet.engine.kernels.draws import draw_normal, draw_order, draw_uniform, key_of
from walnet.engine.kernels.machine.randomness import (
    DATA,
    DIRECTIONS,
    ROWS,
    WEIGHTS,
    stream,
)
from walnet.errors import HyperparameterError

N = 20_000
GOLDEN = 0x9E3779B97F4A7C15


def mixed(x):
    """SplitMix64's finaliser on Python's own whole numbers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def words(seed, number, n):
    """Return the first words of a stream."""
    key = mixed((seed + GOLDEN) % 2**64)
    start = mixed(key ^ mixed((number * GOLDEN + GOLDEN) % 2**64))
    return [mixed((start + i * GOLDEN) % 2**64) for i in range(n)]


def uniforms(n=N, seed=0, number=1, low=0.0, high=1.0):
    out = np.empty(n)
    draw_uniform(key_of(seed), number, low, high, out)
    return out


def normals(n=N, seed=0, number=1, mean=0.0, deviation=1.0):
    out = np.empty(n)
    draw_normal(key_of(seed), number, mean, deviation, out)
    return out


def distance(numbers, distribution):
    """Return how far the numbers' distribution is from another: Kolmogorov, Smirnov."""
    expected = np.array([distribution(x) for x in np.sort(numbers)])
    places = np.arange(len(numbers) + 1) / len(numbers)
    return max(abs(expected - places[1:]).max(), abs(expected - places[:-1]).max())


def normal_distribution(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


def test_a_uniform_number_is_the_upper_half_of_two_words():
    fractions = np.array(words(3, 7, 40)[::2], object) // 2**11 / 2**53
    expected = -2.0 + 5.0 * fractions.astype(float)
    assert uniforms(20, 3, 7, -2.0, 3.0).tolist() == expected.tolist()


def test_a_normal_number_is_that_of_Box_and_Muller():
    fractions = np.array(words(2**63 - 1, 5, 200), object) // 2**11 / 2**53
    u, v = fractions[::2].astype(float) + 2.0**-53, fractions[1::2].astype(float)
    expected = 3.0 + 0.5 * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    drawn = normals(100, 2**63 - 1, 5, 3.0, 0.5)
    np.testing.assert_allclose(drawn, expected, rtol=0, atol=1e-14)


def test_uniform_numbers_are_uniform():
    numbers = uniforms()
    assert numbers.min() >= 0
    assert numbers.max() <= 1
    assert distance(numbers, lambda x: x) < 1.63 / np.sqrt(N)  # 1 in 100 is further
    assert uniforms(1000, low=-0.5, high=0.25).min() == pytest.approx(-0.5, abs=0.01)


def test_normal_numbers_have_the_moments_and_the_tails():
    numbers = normals()
    assert distance(numbers, normal_distribution) < 1.63 / np.sqrt(N)
    # The m-th moments have the variances (E z^2m - E² z^m) / N.
    for m, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((numbers**m).mean() - moment) < 4 * np.sqrt(spread / N)
    for limit in (2.0, 3.0):
        for tail in (numbers > limit, numbers < -limit):
            share = 1 - normal_distribution(limit)
            assert abs(tail.mean() - share) < 4 * np.sqrt(share / N)


@pytest.mark.parametrize("draw", [uniforms, normals])
def test_neighbours_have_nothing_to_do_with_each_other(draw):
    first = draw() - draw().mean()
    others = [draw(number=2), draw(number=0), draw(seed=1), draw(seed=2**62)]
    for other in others:
        assert abs(np.corrcoef(first, other)[0, 1]) < 4 / np.sqrt(N)
    for lag in (1, 2, 3, 64):
        together = np.corrcoef(first[lag:], first[:-lag])[0, 1]
        squares = np.corrcoef(first[lag:] ** 2, first[:-lag] ** 2)[0, 1]
        assert abs(together) < 4 / np.sqrt(N)
        assert abs(squares) < 4 / np.sqrt(N)


def test_the_first_numbers_of_neighbouring_streams_and_seeds_are_spread_evenly():
    by_stream = [normals(1, number=WEIGHTS + i)[0] for i in range(2000)]
    by_seed = [normals(1, seed=i)[0] for i in range(2000)]
    for numbers in (by_stream, by_seed):
        assert distance(numbers, normal_distribution) < 1.63 / np.sqrt(2000)


@pytest.mark.parametrize("draw", [uniforms, normals])
def test_a_number_does_not_depend_on_how_many_are_drawn(draw):
    assert draw(10).tolist() == draw(1000)[:10].tolist()


def test_streams_of_different_uses_do_not_meet():
    key = np.uint64(key_of(0))
    uses = [0, WEIGHTS, DATA, ROWS, DIRECTIONS]
    starts = {int(stream(key, use + i)) for use in uses for i in range(200)}
    starts |= {int(stream(key, np.int64(-1 - i))) for i in range(200)}
    assert len(starts) == 1200


@pytest.mark.parametrize("varied", ["stream", "seed"])
def test_every_order_is_as_likely_as_any_other(varied):
    counts = dict.fromkeys(np.ndindex(4, 4, 4, 4), 0)
    order = np.empty(4, np.int64)
    for i in range(4800):
        seed, number = (0, ROWS + i) if varied == "stream" else (i, ROWS)
        draw_order(key_of(seed), number, order)
        counts[tuple(order.tolist())] += 1
    found = [count for count in counts.values() if count]
    # 24 orders, 200 of each: χ² of 23 degrees of freedom is above 49.7 once in 1,000.
    assert len(found) == 24
    assert sum((count - 200) ** 2 / 200 for count in found) < 49.7


def test_orders_and_numbers_of_a_seed_for_Python():
    assert sorted(permutation(4, ROWS, 9).tolist()) == list(range(9))
    assert permutation(4, ROWS, 9).tolist() != permutation(4, ROWS + 1, 9).tolist()
    numbers = normal(0, DIRECTIONS, (2, 5))
    assert numbers.tolist() == normals(10, 0, DIRECTIONS).reshape(2, 5).tolist()


@pytest.mark.parametrize("seed", [0, np.int32(7), 2**63 - 1])
def test_a_seed_is_a_whole_number_of_63_bits(seed):
    assert int(key_of(checked_seed(seed))) == mixed((int(seed) + GOLDEN) % 2**64)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, None, "0"])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(HyperparameterError, match=r"seed must be .* from 0 to 2\^63"):
        checked_seed(seed)
