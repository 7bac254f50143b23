"""The curves that the page draws are those of the engine's formulas."""

from __future__ import annotations

import json

import activation_curves
import numpy as np
import pytest

import walnet


def test_the_file_is_what_the_sources_say():
    assert activation_curves.TARGET.read_text("utf-8") == activation_curves.text(), (
        "run python tools/activation_curves.py"
    )


@pytest.mark.parametrize("name", json.loads(activation_curves.text())["curves"])
def test_a_curve_is_what_the_kernels_compute(name):
    written = json.loads(activation_curves.text())
    network = walnet.Network([1, 1], output=name)
    network.parameters[:] = [1, 0]
    z = written["first"] + written["step"] * np.arange(activation_curves.COUNT)
    computed = network.feed_forward(z[:, None])[:, 0]
    np.testing.assert_allclose(
        written["curves"][name]["values"], computed, rtol=5e-3, atol=1e-6
    )
