"""The planes that the page draws its maps on, beside NumPy's linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from node import by_node


def by_page(*cases):
    return by_node("projections.mjs", given=cases)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 24, 25, 60, 200])
def test_eigenvectors_are_those_of_numpy(n):
    A = np.random.default_rng(n).normal(size=(3 * n, n)) * np.linspace(1, 3, n)
    A = A.T @ A
    [found] = by_page({"what": "eigen", "values": A.tolist(), "count": 2})
    values, vectors = np.linalg.eigh(A)
    assert found["values"] == pytest.approx(values[::-1][:2], rel=1e-9)
    for mine, theirs in zip(found["vectors"], vectors.T[::-1], strict=False):
        assert abs(np.dot(mine, theirs)) == pytest.approx(1.0, abs=1e-6)


def test_a_matrix_that_stretches_nothing_has_eigenvectors_too():
    for n in (4, 40):
        [found] = by_page(
            {"what": "eigen", "values": np.zeros((n, n)).tolist(), "count": 2}
        )
        assert found["values"] == [0.0, 0.0]
        assert np.linalg.norm(found["vectors"], axis=1) == pytest.approx([1.0, 1.0])


def test_the_plane_of_components_is_that_of_the_largest_variance():
    X = np.random.default_rng(1).normal(size=(300, 5)) * [3.0, 1.0, 5.0, 0.5, 0.1] + 7.0
    [plane] = by_page({"what": "components", "rows": X.tolist()})
    _, _, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    for mine, theirs in zip(plane["axes"], directions, strict=False):
        assert abs(np.dot(mine, theirs)) == pytest.approx(1.0)
        assert max(mine, key=abs) > 0
    assert plane["origin"] == pytest.approx(X.mean(axis=0))
    assert plane["held"] == []


def test_a_map_of_many_inputs_is_a_slice_through_what_it_says():
    X = np.random.default_rng(2).normal(size=(50, 4))
    given = {"what": "slice", "rows": X.tolist(), "names": list("abcd"), "side": 8}
    view = {"axis_x": 2, "axis_y": 0, "slice": []}
    middle, chosen = by_page(
        given | {"view": view}, given | {"view": view | {"slice": [9, 5, 9, -1]}}
    )
    means = X.mean(axis=0)
    for found, values in ((middle, means[[1, 3]]), (chosen, [5, -1])):
        assert [held["feature"] for held in found["held"]] == [1, 3]
        assert [held["value"] for held in found["held"]] == pytest.approx(values)
        lows = [held["low"] for held in found["held"]]
        assert lows == pytest.approx(X.min(axis=0)[[1, 3]])
        places = np.reshape(found["grid"], (8, 8, 4))
        assert np.allclose(places[:, :, [1, 3]], values)
        assert (np.diff(places[:, :, 2], axis=1) > 0).all()
        assert (np.diff(places[:, :, 0], axis=0) < 0).all()
