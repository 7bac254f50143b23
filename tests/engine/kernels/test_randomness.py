"""Shuffles and dropout masks: pure functions of key and step, and fair ones."""

from __future__ import annotations

import numpy as np
import pytest

from walnet.engine.kernels.machine.randomness import draw_mask, mix, shuffle, stream

KEY = np.uint64(12345)


def order_of(m, key, epoch):
    order = np.full(m, -1)
    shuffle(order, np.uint64(key), epoch)
    return order


def mask_of(rate, start, shape=(6, 500), dtype="float64"):
    mask = np.empty(shape[0] * shape[1], dtype)
    draw_mask(mask, rate, np.uint64(start))
    return mask.reshape(shape)


def test_mix_is_the_published_SplitMix64():
    # The first outputs of java.util.SplittableRandom's generator with seed 0.
    state, golden = 0, 0x9E3779B97F4A7C15
    outputs = []
    for _ in range(3):
        state = (state + golden) % 2**64
        outputs.append(int(mix(np.uint64(state))))
    assert outputs == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_streams_of_neighbouring_steps_have_nothing_in_common():
    starts = {int(stream(KEY, step)) for step in np.arange(-500, 500)}
    assert len(starts) == 1000


@pytest.mark.parametrize("m", [1, 2, 3, 1000])
def test_a_shuffle_is_a_permutation(m):
    assert sorted(order_of(m, 1, 0)) == list(range(m))


def test_a_shuffle_depends_on_key_and_epoch_alone():
    first = order_of(50, 1, 3)
    assert (order_of(50, 1, 3) == first).all()
    assert (order_of(50, 1, 4) != first).any()
    assert (order_of(50, 2, 3) != first).any()


def test_every_permutation_is_as_likely_as_any_other():
    counts = dict.fromkeys(np.ndindex(4, 4), 0)
    for epoch in range(4000):
        for place, value in enumerate(order_of(4, 7, epoch)):
            counts[place, value] += 1
    # Each of 16 counts is binomial: mean 1,000, standard deviation 27.
    assert all(abs(count - 1000) < 5 * 27.4 for count in counts.values())


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(rate):
    D = mask_of(rate, 99, (20, 2000))
    dropped = (D == 0).mean()
    assert dropped == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / D.size))
    # A rate is rounded to 1/65536, and what is kept makes up for that very rate.
    rounded = np.floor(rate * 65536) / 65536
    np.testing.assert_allclose(D[D != 0], 1 / (1 - rounded))


def test_each_neuron_and_example_is_dropped_by_itself():
    D = (mask_of(0.5, 99, (8, 4000)) == 0) - 0.5
    correlations = D @ D.T / (D.shape[1] * 0.25) - np.eye(8)
    assert abs(correlations).max() < 5 / np.sqrt(D.shape[1])
    assert abs((D[:, 1:] * D[:, :-1]).mean()) < 0.25 * 5 / np.sqrt(D.size)


def test_a_mask_depends_on_its_start_alone():
    assert (mask_of(0.5, 1) == mask_of(0.5, 1)).all()
    assert (mask_of(0.5, 1) != mask_of(0.5, 2)).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mask_is_four_numbers_from_each_64_bits(dtype):
    mask = mask_of(0.3, 5, (1, 11), dtype)[0]
    golden, threshold = 0x9E3779B97F4A7C15, int(0.3 * 65536)
    lanes = []
    for i in range(11):
        word = int(mix(np.uint64((5 + i * golden) % 2**64)))
        lanes.append([(word >> 16 * lane) % 65536 for lane in range(4)])
    numbers = [*lanes[0], *lanes[1], *(lanes[i][0] for i in (8, 9, 10))]
    assert (mask != 0).tolist() == [number >= threshold for number in numbers]
    assert set(mask.tolist()) <= {
        0.0,
        float(mask.dtype.type(65536 / (65536 - threshold))),
    }


def test_rate_zero_drops_nothing():
    assert (mask_of(0.0, 3) == 1).all()
