"""How an iteration is written out: text, page, plain values, and rounded numbers."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import (
    EXTRAS,
    OPTIMIZERS,
    all_lines,
    by_hand,
    data,
    example_network,
    training_under_way,
)

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.tracing.chain import Chain
from walnet.tracing.expressions import Name
from walnet.tracing.lines import Line
from walnet.tracing.notation import MathML, Text
from walnet.tracing.numbers import plain, pretty, rounded

# A network worked by hand.


def test_a_network_worked_by_hand():
    trace = by_hand()
    a = math.tanh(0.25 * 2 + 0.5)
    prediction = 0.5 * a - 1
    d_prediction = 2 * (prediction - 1)
    dz = d_prediction * 0.5 * (1 - a**2)
    gradient = [dz * 2, dz, d_prediction * a, d_prediction]
    assert trace.cost == pytest.approx((1 - prediction) ** 2, rel=1e-14)
    np.testing.assert_allclose(trace.gradient, gradient, rtol=1e-14)
    after = np.array([0.25, 0.5, 0.5, -1.0]) - 0.1 * np.array(gradient)
    np.testing.assert_allclose(trace.after, after, rtol=1e-14)


def test_the_text_reads_as_worked_by_hand():
    lines = [line.strip() for line in by_hand().text(decimals=3).splitlines()]
    expected = [
        "z₁⁽¹⁾ = w₁₁⁽¹⁾·x₁ + b₁⁽¹⁾ = 0.25·2 + 0.5 = 1",
        "a₁⁽¹⁾ = tanh(z₁⁽¹⁾) = tanh(1) = 0.762",
        "z₁⁽²⁾ = w₁₁⁽²⁾·a₁⁽¹⁾ + b₁⁽²⁾ = 0.5·0.762 + (−1) = −0.619",
        "a₁⁽²⁾ = z₁⁽²⁾ = −0.619",
        "c = (y − a₁⁽²⁾)² = (1 − (−0.619))² ≈ 2.622",
        "dA₁⁽²⁾ = ∂J/∂a₁⁽²⁾ = 2·(a₁⁽²⁾ − y) = 2·(−0.619 − 1) = −3.238",
        "dA₁⁽¹⁾ = ∂J/∂a₁⁽¹⁾ = w₁₁⁽²⁾·dZ₁⁽²⁾ = 0.5·(−3.238) = −1.619",
        "g′₁⁽¹⁾ = ∂a₁⁽¹⁾/∂z₁⁽¹⁾ = 1 − (a₁⁽¹⁾)² = 1 − 0.762² ≈ 0.420",
        "dW₁₁⁽¹⁾ = ∂J/∂z₁⁽¹⁾ · ∂z₁⁽¹⁾/∂w₁₁⁽¹⁾ = dZ₁⁽¹⁾·x₁ = (−0.680)·2 = −1.360",
        "w₁₁⁽¹⁾ ← w₁₁⁽¹⁾ − η·dW₁₁⁽¹⁾ = 0.25 − 0.1·(−1.360) = 0.386",
    ]
    places = [lines.index(line) for line in expected]
    assert places == sorted(places)


def test_stages_come_in_the_order_in_which_they_happen():
    titles = [stage.title for stage in by_hand().stages()]
    assert titles == ["Feed-forward", "Cost", "Back-propagation", "Update"]


# Numbers as they are printed.


@pytest.mark.parametrize(
    ("number", "decimals", "expected"),
    [
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (0.5, 3, "0.5"),
        (1.0, 6, "1"),
        (2 / 3, 3, "0.667"),
        (-2 / 3, 6, "−0.666667"),
        (0.1, 3, "0.1"),
        (np.float32(0.1), 3, "0.100"),
        (0.000123456, 3, "1.23·10⁻⁴"),
        (-1.5e-7, 6, "−1.5·10⁻⁷"),
        (123456789.0, 3, "1.234568·10⁸"),
        (0.1 + 0.2, 17, "0.30000000000000004"),
        (np.float32(0.1), 17, "0.1"),
        (1e-20, 17, "1·10⁻²⁰"),
        (100.0, 3, "100"),
    ],
)
def test_numbers_are_printed_as_people_write_them(number, decimals, expected):
    assert pretty(number, decimals) == expected


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.booleans())
def test_17_decimals_read_back_as_the_same_number(number, single):
    number = np.float32(number) if single else np.float64(number) / 3
    assert type(number)(plain(number, 17)) == number


@given(st.floats(-1e6, 1e6), st.integers(1, 16))
def test_a_printed_number_is_as_near_as_its_decimals(number, decimals):
    half = 0.5 * 10.0**-decimals + np.spacing(abs(number))
    assert abs(float(plain(number, decimals)) - number) <= half


@given(
    st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=5),
    st.sampled_from([3, 6]),
)
def test_a_sum_marked_equal_adds_up_on_a_calculator(numbers, decimals):
    terms = [Name("t", np.float32(number)) for number in numbers]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    line = Line(Name("s", np.float32(sum(numbers))), total)
    printed = math.fsum(float(plain(np.float32(n), decimals)) for n in numbers)
    same = rounded(np.float32(printed), decimals) == rounded(line.name.number, decimals)
    _, _, numbers_of_line = line.pieces(Text, decimals)
    assert numbers_of_line[-1][0] == ("=" if same or len(numbers) == 1 else "≈")


@pytest.mark.parametrize(("a", "relation"), [(0.3333, "≈"), (0.25, "=")])
def test_a_rounded_sum_that_does_not_reproduce_is_marked(a, relation):
    line = Line(Name("s", 3 * a), Name("t", a) * Name("n", 3))
    assert line.pieces(Text, 3)[2][-1][0] == relation


def test_every_decimals_setting_writes_the_whole_iteration():
    trace = by_hand()
    lengths = [len(trace.text(decimals=decimals)) for decimals in (3, 6, 17)]
    assert lengths == sorted(lengths)
    assert repr(float(trace.after[0])) in trace.text(decimals=17)


# Large networks.


def test_a_large_network_is_written_in_a_few_lines_and_the_rest_is_counted():
    X, _ = data(50, 30)
    network = walnet.Network([30, 100, 2], activation="relu", output="softmax")
    labels = np.arange(50) % 2
    trace = walnet.trace(network, X, labels, 7, cost="categorical_cross_entropy")
    text = str(trace)
    assert "… and 96 more neurons" in text
    assert "… and 24 more weights" in text
    assert "(24 more terms" in text
    assert "(the other 49 examples" in text
    assert len(text.splitlines()) < 500
    assert max(map(len, text.splitlines())) <= 100


def test_limits_choose_what_is_written():
    X, y = data()
    trace = walnet.trace(example_network(), X, y)
    text = trace.text(layers=[2], neurons=1, terms=2)
    assert "Layer 2: 3 neurons, relu" in text
    assert "Layer 1:" not in text
    assert "… and 2 more neurons" in text
    assert "(2 more terms" in text


def test_a_batch_is_written_example_by_example():
    X, y = data()
    trace = walnet.trace(example_network(), X, y, None, batch_size=4, shuffle=False)
    text = trace.text(examples=2)
    assert "neuron 1, example 0" in text
    assert "neuron 1, example 1" in text
    assert "neuron 1, example 2" not in text
    assert "… and 2 more examples" in text
    assert [each["row"] for each in trace.to_dict()["examples"]] == [0, 1, 2, 3]


# Names, pages, plain values.


class Balance(HTMLParser):
    """Notes every tag and that all are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.attributes = [], set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_page_is_well_formed_and_asks_for_nothing(optimizer, extra):
    training = training_under_way(optimizer=optimizer, **EXTRAS[extra])
    page = walnet.Trace.of(training).to_html()
    found = Balance(page)
    assert found.open == []
    assert {"math", "msubsup", "mfrac", "details", "summary"} <= found.seen
    assert not found.seen & {"script", "img", "link", "iframe", "object"}
    assert not {name for name, _ in found.attributes} & {"src", "href", "onclick"}
    assert "http" not in page
    assert "url(" not in page


def test_names_of_columns_and_classes_are_shown_and_never_are_markup():
    nasty = "<img src=x onerror=alert(1)>"
    X, y = data(8)
    network = example_network()
    trace = walnet.trace(
        network, X, y > 0.5, features=[nasty, "b", "c"], classes=["no", f"yes {nasty}"]
    )
    label = f"yes {nasty}" if y[0, 0] > 0.5 else "no"
    assert f"{nasty} = " in str(trace)
    assert f"({label})" in str(trace)
    assert trace.to_dict()["examples"][0]["label"] == label
    page = trace.to_html()
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert Balance(page).open == []
    assert trace._repr_html_() == page


def test_labels_of_several_classes_are_told_by_the_largest_output():
    X, _ = data(6)
    network = example_network(3, output="softmax")
    options = {"cost": "categorical_cross_entropy", "classes": ["a", "b", "c"]}
    found = walnet.trace(network, X, [2, 0, 1, 2, 0, 1], 0, **options).to_dict()
    predicted = "abc"[int(network.feed_forward(X)[0].argmax())]
    assert found["examples"][0]["label"] == "c"
    assert found["examples"][0]["predicted_label"] == predicted


def test_plain_values_are_the_numbers_of_training():
    training = training_under_way(batch_size=7, optimizer="adam", l2=0.1, dropout=0.2)
    trace = walnet.Trace.of(training, None)
    found = json.loads(trace.to_json())
    assert found == trace.to_dict()
    network = training.network
    flat = [
        parameter
        for layer in found["layers"]
        for place in ("weights", "bias")
        for neuron in layer["neurons"]
        for parameter in (neuron["weights"] if place == "weights" else [neuron["bias"]])
    ]
    expected = {
        "before": trace.before,
        "after": trace.after,
        "gradient": trace.gradient,
    }
    for name, array in expected.items():
        read = np.array([each[name] for each in flat], array.dtype)
        assert read.tobytes() == array.tobytes()
    assert len(flat) == network.n_parameters
    memory = np.array([each["second"] for each in flat])
    n = network.n_parameters
    np.testing.assert_array_equal(memory[:, 0], trace.iteration.before.memory[n:])
    np.testing.assert_array_equal(memory[:, 1], trace.iteration.after.memory[n:])


def test_plain_values_add_up():
    X, y = data(6)
    trace = walnet.trace(example_network(dtype="float64"), X, y, 2)
    found = trace.to_dict()
    for number, layer in enumerate(found["layers"]):
        for j, parameters in enumerate(layer["neurons"]):
            neuron = found["examples"][0]["layers"][number]["neurons"][j]
            products = sum(term["product"] for term in neuron["terms"])
            assert neuron["z"] == pytest.approx(products + neuron["bias"], abs=1e-13)
            assert neuron["dZ"] == pytest.approx(neuron["dA"] * neuron["slope"])
            for parameter in parameters["weights"]:
                total = sum(parameter["terms"]) + parameter["rest"]
                assert len(parameter["terms"]) == 6
                assert total == pytest.approx(parameter["dW"], abs=1e-13)
    total = sum(each["cost"] for each in found["examples"]) / 6
    assert found["cost"]["total"] == pytest.approx(total)
    assert [each["row"] for each in found["examples"]] == [2, 0, 1, 3, 4, 5]


BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def parsed(formula):
    return ET.fromstring(formula)  # noqa: S314  (what the project wrote)


def test_formulas_are_mathml():
    for formula in by_hand().to_dict()["formulas"].values():
        assert parsed(formula).tag == "math"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_formula_is_well_formed_mathml(name):
    X, y = data(4, 3, 2)
    network = walnet.Network([3, 12, 2], activation=name, output=name)
    trace = walnet.trace(network, X, y, l1=0.1, clip_norm=0.1, optimizer="adam")
    for line in all_lines(trace):
        left, symbols, numbers = line.pieces(MathML, 6)
        for piece in (left, *symbols, *(text for _, text in numbers)):
            assert parsed(f"<math>{piece}</math>").tag == "math"
    text = trace.text(neurons=12)
    updates = re.findall(r"w₁,?[₀-₉]+⁽²⁾ ←", text)
    assert len(updates) == 6  # of the twelve weights only the most telling ones
    assert "w₁₁,₁⁽¹⁾" in text


def test_of_a_wide_layer_the_most_active_neuron_and_the_largest_terms_are_written():
    X, y = data(1, 3, 1)
    network = walnet.Network([3, 30, 1], seed=4)
    trace = walnet.trace(network, X, y)
    activations = trace.iteration.layers[0].A[0]
    most = int(np.abs(activations).argmax()) + 1
    largest = int(np.abs(network.weights[1][0] * activations).argmax()) + 1
    text = trace.text(neurons=1, terms=1)
    assert f"neuron {most}\n" in text
    assert f"a{str(largest).translate(BELOW)}⁽¹⁾ + (29 more terms)" in text


def test_quantities_are_named_as_the_field_names_them():
    trace = by_hand()
    hidden, output = Chain(trace.iteration).dense
    names = [hidden.w(0, 0), output.bias(0), hidden.z(0, 0), hidden.a(0, 0)]
    names.append(hidden.before.output(0, 0))
    written = [name.write(Text(names=True, decimals=3))[0] for name in names]
    assert written == ["w₁₁⁽¹⁾", "b₁⁽²⁾", "z₁⁽¹⁾", "a₁⁽¹⁾", "x₁"]
    assert repr(trace) == "Trace of iteration 1, a batch of 1: cost 2.622"
