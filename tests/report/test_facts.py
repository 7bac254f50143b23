"""Tables of a report: each class, simple models, doubts."""

from __future__ import annotations

import dataclasses

import numpy as np

import walnet
from walnet.inspection.baselines import Baseline, baselines
from walnet.inspection.chance import row_errors
from walnet.report import render_report
from walnet.report.facts import better_note, class_facts, competitors
from walnet.report.pictures import cost_pictures
from walnet.words import percent


def test_each_class_has_its_precision_and_recall(penguins):
    right = penguins.original == penguins.predicted
    for fact, found in zip(
        class_facts(penguins),
        sorted(penguins.evaluation.classes, key=lambda each: -each.rows),
        strict=True,
    ):
        of_class = penguins.original == found.label
        taken = penguins.predicted == found.label
        assert fact.rows == str(of_class.sum())
        assert fact.recall == percent(right[of_class].mean())
        expected = percent(right[taken].mean()) if taken.any() else "–"
        assert fact.precision == expected


def test_simple_models_stand_beside_the_model_the_best_first(penguins):
    table, train, test = penguins.table, penguins.training_rows, penguins.test_rows
    counts = np.bincount(penguins.schema.encode_target(table.take(train)))
    found = baselines(penguins.schema, table.take(train), table.take(test), counts)
    assert [each.name for each in found] == [
        "logistic regression",
        "nearest neighbours",
        "gradient boosting",
    ]
    assert all(each.evaluation.measures["accuracy"] > 0.9 for each in found)
    content = dataclasses.replace(penguins, baselines=found)
    rows = competitors(content)
    losses = [float(row.scores[2]) for row in rows]
    assert losses == sorted(losses)
    assert [row.name for row in rows if row.is_ours] == ["this model"]
    assert ">Beside simple models</h2>" in render_report(content)


def test_a_difference_that_chance_makes_is_called_so(penguins):
    test = penguins.table.take(penguins.test_rows)
    errors = row_errors(penguins.schema, test, penguins.outputs)
    right = np.flatnonzero(errors == 0)
    few, many = errors.copy(), errors.copy()
    few[right[:3]] = 1
    many[right[:30]] = 1
    models = [
        Baseline(name, penguins.evaluation, each, len(penguins.training_rows), 0.1)
        for name, each in {"few": few, "many": many}.items()
    ]
    content = dataclasses.replace(penguins, baselines=models)
    notes = {row.name: row.note for row in competitors(content)}
    assert notes["few"] == "the difference may be chance"
    assert notes["many"] == ""
    said = (
        f"with {len(test)} test rows, the accuracy of two equally good models differs"
    )
    assert said in render_report(content)
    sure = dataclasses.replace(penguins, baselines=models[1:])
    assert "equally good models" not in render_report(sure)


def test_test_rows_that_come_out_better_are_explained(penguins):
    good, bad = penguins.on_test, penguins.on_training
    worse = dataclasses.replace(bad, measures=bad.measures | {"accuracy": 0.5})
    content = dataclasses.replace(penguins, on_training=worse)
    said = "Better on the test rows than on the training rows: accuracy"
    assert said in render_report(content)
    assert f"the {good.rows} test rows may happen to be easier ones" in better_note(
        content
    )
    same = dataclasses.replace(penguins, on_training=good)
    assert better_note(same) == ""
    assert "Better on the test rows" not in render_report(same)


def test_a_curve_of_watched_rows_below_the_other_is_explained(penguins):
    X, y = walnet.datasets.moons(60, noise=0.1, seed=0)
    network = walnet.Network([2, 20, 1], output="sigmoid", seed=0)
    how = {"cost": "binary_cross_entropy", "dropout": 0.5, "iterations": 300}
    above = walnet.train(network, X, y, validation=(X, y), learning_rate=0.5, **how)
    assert above.validation_cost[-1] < above.cost[-1]
    content = dataclasses.replace(penguins, history=above, settings={"dropout": 0.5})
    caption = cost_pictures(content)[0].caption
    assert "Where it lies below the other, that is no mistake" in caption
    assert "left out at random (dropout)" in caption
    wrong = walnet.train(network, X, y, validation=(X, 1 - y), iterations=10)
    content = dataclasses.replace(penguins, history=wrong)
    assert "no mistake" not in cost_pictures(content)[0].caption


def test_doubts_stand_at_the_top(penguins):
    content = dataclasses.replace(penguins, doubts=["column <b> tells the target"])
    text = render_report(content)
    assert "column &lt;b&gt; tells the target" in text[: text.index("<main>")]
