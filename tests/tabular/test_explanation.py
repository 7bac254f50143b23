"""An ensemble's prediction written out: its very numbers, from cells to the answer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import softmax
from traces import assert_works_out, lines_of_stages

import walnet
from walnet.tables import as_table
from walnet.tabular.ensemble.bag import outputs_of_bags
from walnet.tracing.lines import Limits

N = 60


def rows():
    """Return a table with columns of every kind, values missing in it."""
    rng = np.random.default_rng(0)
    size = rng.normal(50, 8, N)
    size[::9] = np.nan
    towns = [f"town {number}" for number in rng.integers(14, size=N)]
    return {
        "size": size,
        "hue": rng.choice(["red", "green", "blue"], N),
        "town": towns,
        "paid": rng.random(N) < 0.5,
        "day": [f"2024-0{1 + k % 9}-1{k % 7}" for k in range(N)],
        "fixed": rng.choice(["a", "b"], N),
    }


def target():
    return np.nan_to_num(rows()["size"], nan=50.0) + np.arange(N) % 3


@pytest.fixture(scope="module")
def classifier():
    labels = np.where(target() > 52, "large", np.where(target() > 48, "mid", "small"))
    model = walnet.TabularClassifier(preset="balanced", members=3, max_iter=3)
    return model.fit(rows(), labels)


@pytest.fixture(scope="module")
def regressor():
    model = walnet.TabularRegressor(preset="balanced", members=3, max_iter=3)
    return model.fit(rows(), target())


def one_row(row):
    return as_table(rows()).take(np.array([row]))


@pytest.mark.parametrize("row", [0, 1, 31])
def test_the_mixture_written_out_is_the_classifiers_probability(classifier, row):
    found = walnet.trace(classifier, rows(), row=row)
    expected = classifier.predict_proba(one_row(row))[0]
    mixture = found.values["mixture"]
    assert np.array(mixture["result"]).tobytes() == expected.tobytes()
    assert found.prediction == classifier.predict(one_row(row))[0]
    parts = [*mixture["bags"], mixture["linear"]]
    shares = mixture["shares"]
    together = sum(np.array(p) * s for p, s in zip(parts, shares, strict=True) if p)
    np.testing.assert_allclose(together, expected, rtol=1e-13)


@pytest.mark.parametrize("row", [0, 1, 31])
def test_the_mixture_written_out_is_the_regressors_number(regressor, row):
    found = walnet.trace(regressor, rows(), row=row)
    assert found.prediction == regressor.predict(one_row(row))[0]


@pytest.mark.parametrize("member", [1, 2, 3])
def test_a_members_outputs_have_the_bits_that_the_model_predicts_with(
    classifier, regressor, member
):
    for model in (classifier, regressor):
        found = model.explain(rows(), 5, member=member)
        said = found.values["member"]
        assert (said["member"], said["of"]) == (member, 3)
        data = model._encoded(one_row(5))
        outputs = outputs_of_bags(model.bags_, data, 1)
        theirs = outputs[said["bag"] - 1][said["number"] - 1, 0]
        assert found.passed.layers[-1].Z[0].tobytes() == theirs.tobytes()
        if model is classifier:
            sharp = model.bags_[said["bag"] - 1].sharpness * theirs
            theirs = softmax(sharp[None], axis=-1)[0]
        np.testing.assert_array_equal(said["said"], theirs)


@pytest.mark.parametrize("row", [0, 5])
def test_every_line_works_out(classifier, regressor, row):
    for model in (classifier, regressor):
        found = model.explain(rows(), row)
        lines = lines_of_stages(found.stages(Limits(neurons=60, terms=60)))
        assert len(lines) > 300
        for line in lines:
            precise = isinstance(line.name.number, np.float32)
            assert_works_out(line, "float32" if precise else "float64")


def test_by_default_the_member_nearest_to_the_mean_is_written_out(classifier):
    answers = [
        classifier.explain(rows(), 7, member=member).values["member"]["said"]
        for member in (1, 2, 3)
    ]
    off = ((np.array(answers) - np.mean(answers, axis=0)) ** 2).sum(axis=1)
    found = classifier.explain(rows(), 7)
    assert found.values["member"]["member"] == off.argmin() + 1
    assert "nearest to the mean of all" in found.text(neurons=1)
    chosen = classifier.explain(rows(), 7, member=1)
    assert "nearest" not in chosen.text(neurons=1)


def test_a_row_is_followed_from_its_cells(classifier):
    text = classifier.explain(rows(), 0).text(4, neurons=2, terms=2)
    scale = classifier.preprocessor_.scales[0]
    for part in (
        "1. From the row to the inputs",
        f"size is missing, taken as {scale.centre:.10g}",
        "day (month) = 1",
        f"hue = {rows()['hue'][0]}",
        f"town = {rows()['town'][0]}: level ",
        "2. Feed-forward",
        "Embedding of numbers: ",
        "Embedding of levels: 1 column, rows of a learned table of ",
        " (day (",
        "3. From the outputs to the answer",
        "sharpness·z",
        "Mean over bag 1",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) < 400


def test_an_iteration_of_the_member_follows_where_it_is_asked_for(classifier):
    labels = classifier.predict(rows())
    found = classifier.explain(rows(), 3, y=labels, iteration=True)
    text = found.text(4, neurons=1, terms=1)
    stages = ("4. Cost", "5. Back-propagation", "6. Update", "labels are smoothed")
    for part in (*stages, "like the first one of a training"):
        assert part in text
    gradient = found.iteration.gradient
    bag = classifier.bags_[found.values["member"]["bag"] - 1]
    assert gradient.shape == (bag.n_parameters,)
    assert found.answer.verdict.endswith(f", originally {labels[3]}")
    assert "4. Cost" not in classifier.explain(rows(), 3, y=labels).text()


def test_an_iteration_of_a_users_own_cost_has_its_numbers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    own = (lambda y, a: (a - y)[:, 0] ** 4, lambda y, a: 4 * (a - y) ** 3)
    options = {"preset": "fast", "members": 1, "max_iter": 2}
    model = walnet.TabularRegressor(**options, recipe={"cost": own}).fit(X, X[:, 0])
    found = model.explain(X, 3, y=X[:, 0], iteration=True)
    z = (X[3, 0] - X[:, 0].mean()) / X[:, 0].std()
    a = found.iteration.held[-1].A[0, 0]
    assert found.iteration.cost == pytest.approx((a - z) ** 4, rel=1e-4)
    assert "The cost is the user's own" in " ".join(found.text().split())


def test_plain_values_are_json(classifier, regressor):
    for model in (classifier, regressor):
        found = json.loads(model.explain(rows(), 4).to_json())
        assert found["row"] == 5
        assert found["iteration"] is None
        neurons = found["feed_forward"]["layers"][-1]["neurons"]
        assert [each["a"] for each in neurons] == found["outputs"]
        assert len(found["inputs"]) == model.explain(rows(), 4).network.n_inputs


def test_the_page_of_an_explanation_is_made_too(classifier):
    page = classifier.explain(rows(), 1).to_html()
    assert page.count("<section") == page.count("</section>") == 1
    assert "From the row to the inputs" in page


@pytest.mark.parametrize("member", [0, 4, 1.5, True, "1"])
def test_a_member_that_is_not_there_is_named(classifier, member):
    with pytest.raises(walnet.HyperparameterError, match="member must be 1 to 3"):
        classifier.explain(rows(), 0, member=member)


@pytest.mark.parametrize("row", [-1, N, 0.5])
def test_a_row_that_is_not_there_is_named(classifier, row):
    with pytest.raises(walnet.HyperparameterError, match=f"row must be 0 to {N - 1}"):
        walnet.trace(classifier, rows(), row=row)


def test_a_classifier_of_one_class_has_no_network_to_look_into():
    model = walnet.TabularClassifier().fit({"a": [1.0, 2.0]}, ["x", "x"])
    with pytest.raises(walnet.DataError, match="there is no network"):
        model.explain({"a": [1.0]})
