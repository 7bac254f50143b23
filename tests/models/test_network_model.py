"""Table models: they learn tables as they are, and come back from their files."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from command_line import PENGUINS
from forgery import assert_refused, forge_model
from sklearn import datasets as sklearn_tables
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

import walnet
from walnet import DataError, HyperparameterError, NetworkModel
from walnet.inspection.evaluation import evaluate_classes, evaluate_numbers
from walnet.models.network_settings import default_settings

SIZES = [1.0, 1.2, 1.1, 3.0, 3.3, 2.9]


def two_kinds(first, second):
    """Return a table whose size tells which of two labels a row has."""
    return {"size": SIZES, "kind": [first] * 3 + [second] * 3}


@pytest.fixture(scope="module")
def penguins():
    train, test = walnet.split_table(PENGUINS, "species", seed=0)
    return NetworkModel.fit(train, "species", epochs=40), train, test


@pytest.mark.parametrize(
    "labels", [("nut", "egg"), (3, 7), (-1, 1), (True, False), (0.5, 2.0)], ids=str
)
def test_answers_are_labels_of_their_own_type(labels):
    table = two_kinds(*labels)
    model = NetworkModel.fit(table, "kind", task="classification")
    answers = model.predict({"size": [1.15, 3.1]})
    assert answers.tolist() == list(labels)
    assert type(answers.tolist()[0]) is type(labels[0])
    probabilities = model.predict_proba(table)
    assert probabilities.shape == (6, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert model.labels == sorted(labels)


@pytest.mark.parametrize(("factor", "offset"), [(1, 1e6), (1e9, 0), (1e-9, 0)])
def test_a_number_of_any_scale_is_learned_in_its_own_unit(factor, offset):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2))
    plain = 3 * X[:, 0] - X[:, 1]
    table = {"a": X[:, 0] * 1e6, "b": X[:, 1] * 1e-8, "y": plain * factor + offset}
    model = NetworkModel.fit(table, "y")
    assert model.evaluate(table).measures["r2"] > 0.99
    answers = model.predict(table)
    assert answers.dtype == np.float64
    assert abs(answers.mean() - table["y"].mean()) < 0.1 * table["y"].std()


def test_missing_values_dates_and_unknown_levels_are_answered():
    n = 80
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
    table = {
        "when": [start + dt.timedelta(days=i) for i in range(n)],
        "size": [None if i % 9 == 0 else float(i % 5) for i in range(n)],
        "hue": ["red" if i % 2 else "blue" for i in range(n)],
        "late": [i >= n / 2 for i in range(n)],
    }
    model = NetworkModel.fit(table, "late")
    assert model.evaluate(table).measures["accuracy"] > 0.95
    new = {"hue": ["green"], "when": [start + dt.timedelta(days=n)], "size": [None]}
    assert model.predict({**new, "further": [1]}).tolist() == [True]


def test_a_saved_model_answers_to_the_same_bits(penguins, tmp_path):
    model, _, test = penguins
    walnet.save(model, tmp_path / "p.walnet")
    loaded = walnet.load(tmp_path / "p.walnet")
    assert type(loaded) is NetworkModel
    assert loaded.history is None
    assert (loaded.outputs(test) == model.outputs(test)).all()
    assert (loaded.predict(test) == model.predict(test)).all()
    assert loaded.facts == model.facts
    assert loaded.settings == model.settings
    assert loaded.evaluate(test) == model.evaluate(test)
    walnet.save(loaded, tmp_path / "again.walnet")
    assert (tmp_path / "again.walnet").read_bytes() == (
        tmp_path / "p.walnet"
    ).read_bytes()


CHANGES = {
    "a part missing": lambda h: h.pop("facts"),
    "a further part": lambda h: h.update(code="import os"),
    "facts of another type": lambda h: h["facts"].update(rows="many"),
    "a further fact": lambda h: h["facts"].update(callback="os.system"),
    "a class too few": lambda h: h["facts"]["class_counts"].pop(),
    "a class without rows": lambda h: h["facts"].update(class_counts=[0, 1, 1]),
    "another class": lambda h: h["table"]["target"]["labels"].append("Emperor"),
    "a column less": lambda h: h["table"]["encoders"].pop(),
    "an unknown setting": lambda h: h["settings"].update(l3=1.0),
    "a setting out of range": lambda h: h["settings"].update(learning_rate=-1.0),
    "a layer more": lambda h: h["network"]["layer_sizes"].insert(1, 100),
    "a network of 10^9": lambda h: h["network"].update(layer_sizes=[15, 10**9, 3]),
    "no dictionary": lambda h: h.update(table=[]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_forged_description_is_refused(case, penguins, tmp_path):
    _, header, arrays = penguins[0].to_saved()
    CHANGES[case](header)
    path = tmp_path / "forged.walnet"
    forge_model(path, {"kind": "table model", "model": header}, arrays)
    assert_refused(path, read=walnet.load)


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(penguins):
    model, train, _ = penguins
    same = NetworkModel.fit(train, "species", epochs=40, seed=0)
    other = NetworkModel.fit(train, "species", epochs=40, seed=1)
    assert same.network == model.network
    assert other.network != model.network


def test_watched_rows_are_not_learned_from_and_stop_the_training(penguins):
    _, train, _ = penguins
    model = NetworkModel.fit(
        train, "species", validation_share=0.2, patience=5, epochs=1000, seed=0
    )
    assert model.facts.rows + model.facts.validation_rows == len(train)
    assert model.facts.validation_rows == 52
    assert model.facts.epochs < 1000
    assert model.facts.stopped.startswith("no improvement for 5 epochs")
    assert sum(model.facts.class_counts) == model.facts.rows
    assert model.history.validation_cost is not None


def test_evaluating_compares_with_the_training_rows_guess(penguins):
    model, train, test = penguins
    found = model.evaluate(test)
    counts = model.facts.class_counts
    most = model.labels[int(np.argmax(counts))]
    original = np.array(test["species"].values.to_pylist())
    assert found.rows == len(test)
    assert found.measures["accuracy"] == np.mean(model.predict(test) == original)
    assert found.trivial["accuracy"] == np.mean(original == most)
    assert model.evaluate(train).rows == len(train)


def test_evaluations_worked_by_hand():
    found = evaluate_classes(
        np.array([0, 1]), np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0.5, 0.5])
    )
    assert found.measures["accuracy"] == 0.5
    expected = -(np.log(0.75) + np.log(0.5)) / 2
    assert found.measures["log_loss"] == pytest.approx(expected)
    assert found.trivial["log_loss"] == pytest.approx(np.log(2))
    found = evaluate_numbers(np.array([1.0, 3.0]), np.array([2.0, 3.0]), mean=2.0)
    assert found.measures == {
        "rmse": pytest.approx(np.sqrt(0.5)),
        "mae": 0.5,
        "r2": 0.5,
    }
    assert found.trivial["r2"] == 0.0


def test_a_number_has_no_probabilities():
    model = NetworkModel.fit({"a": SIZES, "y": [s + 0.5 for s in SIZES]}, "y")
    with pytest.raises(DataError, match="has no classes; use predict"):
        model.predict_proba({"a": SIZES})


def test_rows_without_a_target_are_left_out_with_a_warning():
    table = two_kinds("nut", "egg")
    table["kind"] = [*table["kind"][:-1], None]
    model = NetworkModel.fit(table, "kind", epochs=2)
    assert model.facts.rows == 5
    assert "1 row of 6 has no target 'kind'" in model.schema.warnings[0]
    assert model.evaluate(table).rows == 5


@pytest.mark.parametrize("n_rows", [1, 2, 100, 10_000, 1_000_000, 10_000_000])
def test_default_settings_suit_any_number_of_rows(n_rows):
    settings = default_settings(n_rows, "mse", {})
    assert 16 <= settings.batch_size <= 256
    assert 5 <= settings.epochs <= 400
    assert settings.epochs * n_rows / settings.batch_size < 250_000


def test_a_given_batch_is_checked_before_it_is_divided_by():
    with pytest.raises(HyperparameterError, match="batch_size must be a whole number"):
        default_settings(100, "mse", {"batch_size": 0})


def test_splits_keep_every_class_and_drop_rows_without_a_target():
    train, test = walnet.split_table(PENGUINS, "species", test_share=0.3, seed=1)
    assert len(train) + len(test) == 344
    assert set(train["species"].codes()) == set(test["species"].codes())
    train, test = walnet.split_table(PENGUINS, "body_mass_g", seed=1)
    assert len(train) + len(test) == 342


SKLEARN = ("iris", "wine", "breast_cancer", "diabetes", "digits")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", SKLEARN)
def test_as_good_as_scikit_learn_s_and_much_better_than_a_guess(name):
    data = getattr(sklearn_tables, f"load_{name}")()
    table = {f"x{i}": column for i, column in enumerate(data.data.T)}
    is_number = name == "diabetes"
    table["y"] = data.target if is_number else [f"c{label}" for label in data.target]
    ours, theirs, guess = np.array(
        [_errors(table, seed, is_number) for seed in range(3)]
    ).mean(axis=0)
    assert ours < 0.8 * guess
    assert ours < 1.1 * theirs + 0.005


def _errors(table, seed, is_number):
    """Return the error on test rows: ours, scikit-learn's, the trivial guess's."""
    train, test = walnet.split_table(table, "y", seed=seed)
    model = NetworkModel.fit(train, "y", seed=seed)
    found = model.evaluate(test)
    schema = model.schema
    X, y = schema.encode(train), schema.encode_target(train)
    peer = (MLPRegressor if is_number else MLPClassifier)(random_state=seed)
    with threadpool_limits(1):  # its threads wait for each other on a busy machine
        peer.fit(X, y)
    predicted = peer.predict(schema.encode(test))
    if is_number:
        squares = (schema.encode_target(test) - predicted) ** 2
        theirs = np.sqrt(squares.mean()) * schema.target.deviation
        return found.measures["rmse"], theirs, found.trivial["rmse"]
    theirs = np.mean(predicted != schema.encode_target(test))
    return 1 - found.measures["accuracy"], theirs, 1 - found.trivial["accuracy"]


def test_the_base_says_which_models_can_be_fitted():
    with pytest.raises(NotImplementedError, match=r"NetworkModel\.fit or Ensemble"):
        walnet.TableModel.fit(two_kinds("nut", "egg"), "kind")
    assert issubclass(NetworkModel, walnet.TableModel)
    assert issubclass(walnet.EnsembleModel, walnet.TableModel)


def test_two_classes_have_one_sigmoid_output_at_every_door():
    table = two_kinds("nut", "egg")
    model = NetworkModel.fit(table, "kind", epochs=2)
    estimator = walnet.MLPClassifier(max_iter=2, early_stopping=False)
    with pytest.warns(UserWarning, match="has.*t converged"):
        estimator.fit(np.array(SIZES)[:, None], table["kind"])
    assert model.network.activations[-1] == "sigmoid"
    assert model.network.n_outputs == estimator.n_outputs_ == 1
    assert model.settings.cost == "binary_cross_entropy"
    assert estimator.out_activation_ == "logistic"
    outputs = model.outputs(table)
    assert outputs.shape == (6, 1)
    np.testing.assert_array_equal(model.predict_proba(table)[:, 1], outputs[:, 0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hidden_layer": [3]}, "did you mean hidden_layers"),
        ({"hidden_layers": 5}, r"a list of neurons, such as \[100, 50\], got 5"),
    ],
)
def test_an_option_of_fit_that_is_misspelt_or_no_list_is_refused(options, words):
    with pytest.raises(HyperparameterError, match=words):
        NetworkModel.fit({"x": [1, 2, 3], "y": ["a", "b", "a"]}, "y", **options)
