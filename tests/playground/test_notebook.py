"""The playground inside a notebook: in Python alone, and in a real JupyterLab."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from laboratory import Notebook, laboratory, need_laboratory, write_notebook
from node import SOURCE
from page_cases import HELLO, answers, frames, table
from playing import need_page

import walnet
from walnet.errors import DataError, HyperparameterError, ShapeError
from walnet.playground import opening
from walnet.playground.opening import Examples, Names, state_of, unpacked

SHOW = """
import numpy as np, walnet
X, y = walnet.datasets.circles(n=200, seed=1)
network = walnet.Network([2, 4, 2, 1], output="sigmoid", seed=1)
settings = walnet.Settings(learning_rate=0.3, batch_size=16, seed=3)
test = (X[150:], y[150:])
playground = walnet.Playground(network, X[:150], y[:150], settings, test=test)
playground
"""
SAME = """
training = walnet.Training(network, X[:150], y[:150], playground.settings)
training.advance(playground.iteration)
same = np.array_equal(playground.network.parameters, network.parameters)
told = playground.iteration in playground.history["iteration"]
print(playground.iteration, playground.playing, same, told)
"""
WRITE = """
other = walnet.Network([2, 3, 1], activation="relu", output="sigmoid", seed=5)
playground.network = other
playground.learning_rate = 0.05
print(playground.network.layer_sizes, playground.learning_rate)
"""
READ = """
same = np.array_equal(playground.network.parameters, other.parameters)
print(len(playground.widget._wishes), playground._pending("learning_rate"), same)
print(playground.network.activations, playground.settings.learning_rate)
"""

WHERE = "print(playground.iteration)"


def circles(n=60):
    X, y = walnet.datasets.circles(n=n, seed=1)
    return X, y


def plain(**options):
    return walnet.Network([2, 4, 1], output="sigmoid", **options)


def made(network=None, train=None, test=None, names=((), ()), **options):
    """What the page would begin with."""
    network = network or plain()
    examples = Examples(network, train or circles(), test, Names(*names))
    settings = walnet.Settings(**options)
    return state_of(network, settings, examples.file), json.loads(examples.text)


def numbers(text):
    return unpacked(base64.b64decode(text))


def test_inputs_and_targets_go_to_the_page_as_they_are():
    X, y = circles()
    _, given = made(train=(X[:40], y[:40]), test=(X[40:], y[40:]))
    for rows, part in ((slice(40), "train"), (slice(40, None), "test")):
        expected = X[rows].astype(np.float32)
        assert np.array_equal(numbers(given[part]["X"]).reshape(-1, 2), expected)
        assert np.array_equal(numbers(given[part]["y"]), y[rows])


def test_the_state_knows_the_examples_by_their_sum():
    network = plain()
    examples = Examples(network, circles(), None, Names((), ()))
    expected = hashlib.sha256(examples.text.encode()).hexdigest()
    assert examples.file["sha256"] == expected


def test_labels_are_classes_and_one_hot_rows_are_the_same():
    labels = np.arange(60) % 3
    network = walnet.Network([2, 4, 3], output="softmax")
    _, given = made(network, (circles()[0], labels))
    _, same = made(network, (circles()[0], np.eye(3)[labels]))
    assert given["classes"] == ["0", "1", "2"]
    assert numbers(given["train"]["y"]).tolist() == labels.tolist()
    assert same == given


def test_numbers_have_no_classes_and_names_are_taken_from_a_table():
    import pandas as pd

    table = pd.DataFrame({"width": [1.0, 2, 3], "height": [0.5, 1, 2]})
    network = walnet.Network([2, 3, 1])
    _, given = made(network, (table, [0.25, 1.5, 4]))
    assert given["features"] == ["width", "height"]
    assert given["classes"] == []
    assert numbers(given["train"]["y"]).tolist() == [0.25, 1.5, 4]


def test_only_parameters_that_the_seed_does_not_draw_are_sent():
    network = plain(seed=7)
    assert made(network)[0]["run"] == {"events": []}
    network.parameters[3] = 0.5
    (event,) = made(network)[0]["run"]["events"]
    assert np.array_equal(numbers(event["values"]), network.parameters)


@pytest.mark.parametrize(
    ("network", "options", "said"),
    [
        (plain(dtype="float64"), {}, "float32, got float64"),
        (walnet.Network([2, 40, 1], output="sigmoid"), {}, "up to 32 neurons"),
        (walnet.Network([2, *[2] * 9, 1], output="sigmoid"), {}, "up to 8 hidden"),
        (walnet.Network([2, 4, 1], output="tanh"), {}, "1 by tanh"),
        (walnet.Network([2, 4, 2], output="softmax"), {}, "2 by softmax"),
        (plain(), {"momentum": 0.5}, "no setting momentum"),
        (plain(), {"patience": 5}, "no setting patience"),
        (walnet.Network([2, 4, 1]), {"cost": "binary_cross_entropy"}, "sigmoid"),
        (walnet.Network([2, walnet.Dense(3, norm=True), 1]), {}, "plain dense"),
    ],
)
def test_what_the_page_cannot_show_is_refused(network, options, said):
    X, y = circles()
    with pytest.raises(HyperparameterError, match=said):
        made(network, (X, y), **options)


def test_examples_that_do_not_fit_are_refused():
    X, y = circles()
    with pytest.raises(ShapeError, match="columns"):
        made(train=(X[:, :1], y))
    with pytest.raises(DataError, match="a class of each row, 0 … 1"):
        made(train=(X, y + 1))
    with pytest.raises(ShapeError, match="feature_names must be 2 different"):
        made(names=(["a", "a"], ()))
    with pytest.raises(ShapeError, match="class_names must be 2"):
        made(names=((), ["only"]))


def test_both_sides_have_the_same_limits():
    limits = (SOURCE / "protocol" / "limits.ts").read_text("utf-8")
    choices = (SOURCE / "protocol" / "choices.ts").read_text("utf-8")
    own = (SOURCE / "table" / "own_table.ts").read_text("utf-8")
    for name in ("MAX_LAYERS", "MAX_NEURONS", "MAX_PARAMETER"):
        (value,) = re.findall(rf"{name} = ([\d.]+);", limits)
        assert getattr(opening, name) == float(value)
    for name, there in (
        ("MAX_INPUTS", "MAX_INPUTS"),
        ("MAX_CLASSES", "MAX_TABLE_CLASSES"),
    ):
        (value,) = re.findall(rf"{there} = (\d+);", own)
        assert getattr(opening, name) == int(value)
    (names,) = re.findall(r"NOT_HERE = \[(.*)\] as const;", choices)
    assert set(opening.NOT_ON_THE_PAGE) == set(re.findall(r'"(\w+)"', names))


def test_the_page_gets_the_same_bits_as_training_in_python(converse, default):
    X, y = circles(200)
    network = plain(seed=1)
    network.parameters *= np.float32(1.5)
    settings = walnet.Settings(learning_rate=0.3, batch_size=16, seed=3)
    examples = Examples(network, (X, y), None, Names((), ()))
    state = merged(default, state_of(network, settings, examples.file))
    other = np.linspace(-1, 1, network.n_parameters).astype(np.float32)
    change = {"type": "change", "kind": "parameters", "values": opening.packed(other)}
    steps = [
        {"type": "hello", "state": state},
        table(examples.text, "X, y", form="examples"),
        *[{"type": "step", "unit": "epoch"}, {}] * 3,
        change,
        *[{"type": "step", "unit": "epoch"}, {}] * 2,
    ]
    (held,) = converse(steps)
    training = walnet.Training(network, X, y, settings)
    training.advance(3 * 13)
    network.parameters[:] = other
    training.advance(2 * 13)
    assert held["state"]["run"]["iteration"] == 5 * 13
    assert held["parameters"] == network.parameters.tolist()


def test_examples_that_come_before_the_greeting_are_what_the_run_begins_with(
    converse, default
):
    network = plain(seed=1)
    examples = Examples(network, circles(200), None, Names((), ()))
    state = merged(default, state_of(network, walnet.Settings(), examples.file))
    state["run"]["iteration"] = 300
    given = table(examples.text, "X, y", form="examples")
    (held,) = converse([given, {"type": "hello", "state": state}, {}])
    assert answers(held, "problem") == []
    assert len(answers(held, "welcome")) == 1
    shown = [frame["header"]["iteration"] for frame in frames(held)]
    assert shown == [300]  # nothing on the way there


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros(3), "has 25 parameters; 3 were given"),
        (np.full(25, np.nan), "A parameter must be a number"),
        (np.full(25, 1e7), "A parameter must be a number"),
    ],
)
def test_parameters_that_no_such_network_has_are_refused(converse, values, said):
    text = opening.packed(values)
    change = {"type": "change", "kind": "parameters", "values": text}
    (held,) = converse([HELLO, change, {"type": "step"}, {}])
    (problem,) = answers(held, "problem")
    assert said in problem["message"]
    assert held["state"]["run"]["events"] == []
    assert held["state"]["run"]["iteration"] == 1


def merged(whole, change):
    if not isinstance(change, dict):
        return change
    return whole | {name: merged(whole[name], each) for name, each in change.items()}


def test_a_sentence_names_the_extra_where_anywidget_is_missing():
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "import walnet\n"
        "from walnet import *\n"
        "try:\n    walnet.Playground()\n"
        "except walnet.WalnetError as error:\n    print(error)\n"
    )
    need_page()
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "walnet.Playground needs anywidget: pip install 'walnet[notebook]'\n"


@pytest.fixture
def playground():
    need_page()
    pytest.importorskip("anywidget")
    return walnet.Playground(plain(seed=1), *circles(), learning_rate=0.3)


def test_the_widget_has_the_page_and_the_examples_in_its_state(playground):
    state = playground.widget.get_state()
    assert b"walnet playground" in gzip.decompress(state["_page"])
    assert json.loads(state["_opening"]["examples"])["name"] == "X, y"
    assert "application/vnd.jupyter.widget-view+json" in str(
        playground._repr_mimebundle_()
    )


def test_what_is_set_is_read_at_once_and_asked_of_the_page_in_order(playground):
    other = plain(seed=2)
    playground.network = other
    playground.learning_rate = 0.05
    playground.play()
    wishes = playground.widget._wishes
    assert [wish["kind"] for wish in wishes] == ["network", "learning_rate", "play"]
    assert playground.learning_rate == 0.05
    assert np.array_equal(playground.network.parameters, other.parameters)
    assert playground.network is not other


def test_what_does_not_fit_cannot_be_set(playground):
    with pytest.raises(ShapeError, match="2 inputs and 1 outputs by sigmoid"):
        playground.network = walnet.Network([3, 4, 1], output="sigmoid")
    with pytest.raises(HyperparameterError):
        playground.learning_rate = -1
    with pytest.raises(HyperparameterError):
        playground.seek(-1)
    assert playground.widget._wishes == []


def test_a_network_needs_examples_and_examples_a_network():
    pytest.importorskip("anywidget")
    with pytest.raises(DataError, match="needs examples"):
        walnet.Playground(plain())
    with pytest.raises(DataError, match="need a network"):
        walnet.Playground(None, *circles())


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    need_page()
    need_laboratory()
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "play.ipynb", [SHOW, SAME, WRITE, READ, WHERE])
    with laboratory(folder) as address:
        yield address


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_notebook_trains_is_read_and_written_and_moves_when_it_was_saved(
    browser, lab
):
    notebook = Notebook(browser, lab, "play.ipynb")
    notebook.run(0)
    notebook.press("Play")
    notebook.wait_until(lambda: notebook.iteration() > 20)
    notebook.press("Pause")
    reached = notebook.iteration()
    notebook.wait_for_cell(1, f"{reached} False True True\n")

    assert notebook.run(2) == "(2, 3, 1) 0.05\n"
    notebook.wait_for_cell(3, "2 None True\n('relu', 'sigmoid') 0.05\n")
    notebook.press("Play")
    notebook.wait_until(lambda: notebook.iteration() > reached + 20)
    notebook.press("Pause")
    left_at = notebook.iteration()
    notebook.wait_for_cell(4, f"{left_at}\n")
    notebook.close()

    # Nobody runs a cell any more: what is saved opens where it was, and goes on.
    saved = Notebook(browser, lab, "play.ipynb")
    saved.wait_until(lambda: saved.iteration() == left_at)
    saved.press("Play")
    saved.wait_until(lambda: saved.iteration() > left_at + 20)
    saved.close()
