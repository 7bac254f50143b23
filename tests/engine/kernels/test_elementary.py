"""exp, tanh, log(1 + x), sigmoid, softplus: exactness, NaN and infinity."""

from __future__ import annotations

import math

import numpy as np
import pytest

from walnet.engine.kernels.activations import _softmax
from walnet.engine.kernels.machine import elementary
from walnet.engine.kernels.machine.cosine import cos_turns
from walnet.engine.kernels.machine.error_function import erf
from walnet.engine.kernels.machine.logarithm import log, log1p, log1p_f32

SINGLE = {
    # name: (function, the truth, where it is exact, largest relative error there)
    "exp": (elementary.exp_f32, np.exp, np.linspace(-87.3, 88, 4001), 1e-7),
    "tanh": (elementary.tanh_f32, np.tanh, np.linspace(-12, 12, 4001), 3e-7),
    "log": (log, np.log, np.geomspace(1.2e-38, 3e38, 4001), 2e-7),
    "log near 1": (log, np.log, np.linspace(0.5, 2.0, 4001), 2e-7),
    "log1p": (log1p_f32, np.log1p, np.linspace(0, 1, 4001), 2e-7),
    "erf": (erf, np.vectorize(math.erf), np.linspace(-6, 6, 4001), 4e-7),
    "sigmoid": (
        elementary.sigmoid,
        lambda z: np.exp(-np.logaddexp(0, -z)),
        np.linspace(-87, 87, 4001),
        2e-7,
    ),
    "softplus": (
        elementary.softplus,
        lambda z: np.logaddexp(0, z),
        np.linspace(-87, 87, 4001),
        3e-7,
    ),
}
TINY = np.concatenate([-np.geomspace(1e-30, 1, 500), np.geomspace(1e-30, 1, 500)])


@pytest.mark.parametrize("name", SINGLE)
def test_float32_is_exact_to_its_stated_bound(name):
    function, truth, places, bound = SINGLE[name]
    tiny = TINY[TINY > 0] if name.startswith("log") else TINY
    x = np.concatenate([places, tiny]).astype(np.float32)
    got = np.array([function(value) for value in x], np.float64)
    want = truth(x.astype(np.float64))
    # A number below 1.2e-38 has fewer bits: no relative error can be promised there.
    ordinary = abs(want) > 1.3e-38
    assert (abs(got - want)[ordinary] <= bound * abs(want)[ordinary]).all()


@pytest.mark.parametrize(
    ("function", "truth", "places"),
    [
        (elementary.exp, math.exp, np.linspace(-708.0, 709.0, 1001)),
        (elementary.exp, math.exp, TINY),
        (elementary.tanh, math.tanh, np.linspace(-25.0, 25.0, 1001)),
        (elementary.tanh, math.tanh, TINY),
        (log1p, math.log1p, np.linspace(0.0, 1.0, 301)),
        (log, math.log, np.geomspace(1e-307, 1e307, 1001)),
        (log, math.log, np.linspace(0.5, 2.0, 1001)),
        (log, math.log, np.geomspace(1e-322, 1e-308, 101)),
        (erf, math.erf, np.linspace(-6.5, 6.5, 1001)),
        (erf, math.erf, TINY),
    ],
)
def test_float64_is_exact_to_its_last_bits(function, truth, places):
    for x in places:
        assert function(np.float64(x)) == pytest.approx(truth(x), rel=5e-16, abs=0.0)


def test_float64_beyond_its_range_is_infinite_or_zero():
    assert elementary.exp(709.5) == np.inf
    assert elementary.exp(-708.5) == 0.0


def test_a_cosine_of_turns_is_exact_to_its_last_bits():
    for u in np.linspace(-50, 50, 1001):
        truth = math.cos(2 * math.pi * (u - round(u)))
        assert cos_turns(u) == pytest.approx(truth, rel=0, abs=4e-16)


def test_a_power_is_repeated_multiplication():
    assert elementary.power(0.999, 1000) == pytest.approx(0.999**1000, rel=1e-13)
    assert [elementary.power(0.5, n) for n in range(4)] == [1, 0.5, 0.25, 0.125]
    assert elementary.power(0.9, 10**9) == 0


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_logarithms_of_what_is_no_positive_number(real):
    assert log(real(0)) == -np.inf
    assert log(real(np.inf)) == np.inf
    assert math.isnan(log(real(-1)))


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_NaN_stays_NaN(real):
    functions = [elementary.exp, elementary.tanh, log, log1p, erf]
    functions += [elementary.sigmoid, elementary.softplus]
    for function in functions:
        assert math.isnan(function(real(np.nan)))


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_infinity_gives_the_limit(real):
    inf = real(np.inf)
    assert elementary.tanh(inf) == pytest.approx(1, abs=2e-7)
    assert elementary.tanh(-inf) == pytest.approx(-1, abs=2e-7)
    assert elementary.sigmoid(inf) == 1
    assert elementary.sigmoid(-inf) == pytest.approx(0, abs=2e-38)
    assert elementary.softplus(inf) == np.inf
    assert elementary.softplus(-inf) == pytest.approx(0, abs=2e-38)
    assert elementary.exp(-inf) == pytest.approx(0, abs=2e-38)


def test_nothing_leaves_its_range_in_float32():
    x = np.concatenate([np.linspace(-20, 20, 2001), [-1e38, 1e38]]).astype(np.float32)
    assert max(abs(elementary.tanh_f32(value)) for value in x) <= 1
    sigmoids = [elementary.sigmoid(value) for value in x]
    assert min(sigmoids) >= 0
    assert max(sigmoids) <= 1


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_softmax_of_huge_inputs_is_finite_and_sums_to_one(real):
    Z = np.array([[1e4, -1e4, 0.0, 1e4], [-1e4, 1e4, 0.0, 1e4]], real)
    A = np.empty_like(Z)
    _softmax(Z, A, np.empty(2 * Z.shape[1], real))
    assert np.isfinite(A).all()
    np.testing.assert_allclose(A.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(A[0], [1, 0, 0.5, 0.5], atol=1e-30)


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_softmax_of_NaN_spoils_its_own_column_only(real):
    Z = np.array([[0.0, 1.0], [np.nan, 2.0], [0.0, 3.0]], real)
    A = np.empty_like(Z)
    _softmax(Z, A, np.empty(2 * Z.shape[1], real))
    assert np.isnan(A[:, 0]).all()
    assert A[:, 1].sum() == pytest.approx(1)
