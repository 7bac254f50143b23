"""The same seed gives the same bits: on every machine, with any number of threads."""

from __future__ import annotations

import json

import pytest
from golden import FILE, all_bits, bits_of

from walnet.engine.kernels.machine.code import interpreted

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(
    interpreted(), reason="plain Python rounds a multiply-add twice"
)


@pytest.mark.parametrize("dtype", GOLDEN)
def test_trainings_first_weights_and_data_have_the_golden_bits(dtype):
    assert all_bits(dtype) == GOLDEN[dtype]


@pytest.mark.parametrize("dtype", GOLDEN)
def test_any_number_of_threads_gives_the_same_bits(dtype):
    found = {bits_of("shards", dtype, threads) for threads in (1, 2, 3)}
    assert found == {GOLDEN[dtype]["shards"]}
