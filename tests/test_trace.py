"""One iteration written out: its numbers are those of training, and its sums add up."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walnet
from walnet.plan import ACTIVATIONS, COSTS
from walnet.tracing.activations import activation, slope
from walnet.tracing.expressions import Name
from walnet.tracing.lines import Line
from walnet.tracing.notation import MathML, Text
from walnet.tracing.numbers import plain, pretty, rounded
from walnet.tracing.quantities import Quantities

OPTIMIZERS = ("gradient_descent", "momentum", "nesterov", "rmsprop", "adam", "adamw")
EXTRAS = {
    "plain": {},
    "mini-batches": {"batch_size": 7},
    "penalties": {"l1": 0.01, "l2": 0.1},
    "clipping": {"clip_norm": 0.05, "l2": 0.1, "batch_size": 7},
    "dropout": {"dropout": 0.3, "batch_size": 7},
    "decay": {"weight_decay": 0.1},
    "schedule": {"schedule": "exponential", "warm_up": 2, "batch_size": 7},
}
SURE = {"poisson": "exponential", "binary_cross_entropy": "sigmoid"}


def data(rows=20, inputs=3, outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, inputs)), rng.uniform(size=(rows, outputs))


def example_network(outputs=1, dtype="float32", **options):
    options = {"activation": ["tanh", "relu"], "output": "sigmoid"} | options
    return walnet.Network([3, 4, 3, outputs], dtype=dtype, seed=1, **options)


def training_under_way(iterations=5, dtype="float32", **options):
    X, y = data()
    settings = walnet.Settings(**({"learning_rate": 0.2, "iterations": 50} | options))
    training = walnet.Training(example_network(dtype=dtype), X, y, settings)
    training.advance(iterations)
    return training


def all_lines(trace):
    """Return every line of every neuron."""
    sizes = trace.iteration.network.layer_sizes
    return [
        line
        for layer in range(1, len(sizes))
        for neuron in range(1, sizes[layer] + 1)
        for lines in trace.lines(layer, neuron, terms=50).values()
        for line in lines
    ]


def assert_works_out(line, dtype):
    """The line's formula, worked out in full, is the number that training computed."""
    found = (line.numbers or line.formula).value()
    rtol, atol = (2e-4, 3e-6) if dtype == "float32" else (1e-9, 1e-13)
    np.testing.assert_allclose(
        found, float(line.name.number), rtol, atol, err_msg=str(line.pieces(Text, 9))
    )


# The numbers are those of training.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_after_a_traces_update_the_parameters_are_those_of_training(
    optimizer, extra, dtype
):
    X, y = data()
    options = EXTRAS[extra] | {"optimizer": optimizer, "learning_rate": 0.1}
    network = example_network(dtype=dtype)
    start = network.parameters.copy()
    trace = walnet.trace(network, X, y, 3, **options)
    np.testing.assert_array_equal(network.parameters, start)
    np.testing.assert_array_equal(trace.before, start)
    walnet.train(network, X, y, iterations=1, **options)
    assert trace.after.tobytes() == network.parameters.tobytes()
    assert trace.after.dtype == dtype
    assert not np.array_equal(trace.after, start)


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_trace_of_a_training_under_way_is_its_next_iteration(optimizer, extra):
    training = training_under_way(optimizer=optimizer, **EXTRAS[extra])
    traces = []
    for _ in range(4):
        traces.append(walnet.Trace.of(training, 3))
        before = training.network.parameters.copy()
        np.testing.assert_array_equal(traces[-1].before, before)
        training.advance(1)
        assert traces[-1].after.tobytes() == training.network.parameters.tobytes()
    assert [trace.number for trace in traces] == [6, 7, 8, 9]


@pytest.mark.parametrize("extra", EXTRAS)
def test_tracing_does_not_disturb_a_training(extra):
    traced, alone = (
        training_under_way(optimizer="adam", **EXTRAS[extra]) for _ in range(2)
    )
    for _ in range(6):
        str(walnet.Trace.of(traced, 0))
        traced.advance(1)
        alone.advance(1)
    assert traced.network == alone.network
    assert traced.history.to_dict() == alone.history.to_dict()


def test_cost_and_learning_rate_are_those_of_the_history():
    options = {"l2": 0.1, "schedule": "step", "schedule_every": 2}
    training = training_under_way(**options)
    trace = walnet.Trace.of(training)
    training.advance(1)
    assert trace.cost == pytest.approx(training.history.cost[-1], rel=1e-12)
    assert trace.learning_rate == training.history.learning_rate[-1]
    assert trace.iteration.penalty > 0


def test_arrays_are_those_the_kernels_of_training_left():
    training = training_under_way(batch_size=7, dropout=0.3)
    iteration = walnet.Trace.of(training, None).iteration
    training.advance(1)
    _, work, _ = training.arrays
    m = len(iteration.batch.numbers)
    for layer, held in zip(iteration.plan, iteration.layers, strict=True):
        start = layer["neurons_before"] * work.capacity
        part = slice(start, start + layer["n_out"] * m)
        for found, buffer in ((held.A, work.A), (held.dZ, work.Z)):
            expected = buffer[part].reshape(-1, m).T
            np.testing.assert_array_equal(found, expected)
        if held.mask is not None:
            expected = work.D[part].reshape(-1, m).T
            np.testing.assert_array_equal(held.passed_on, expected)


def test_Z_is_what_the_activations_were_made_from():
    X, y = data()
    network = example_network()
    trace = walnet.trace(network, X, y, 4)
    for held, (Z, A) in zip(
        trace.iteration.layers, network.layer_outputs(X), strict=True
    ):
        np.testing.assert_allclose(held.Z[0], Z[4], rtol=1e-6)
        np.testing.assert_allclose(held.A[0], A[4], rtol=1e-6)


def test_gradient_is_that_of_back_propagation():
    X, y = data()
    network = example_network(dtype="float64")
    trace = walnet.trace(network, X, y)
    found = network.back_propagate(X, y)
    np.testing.assert_allclose(trace.gradient, found.flat, rtol=1e-12)
    assert trace.cost == pytest.approx(found.cost, rel=1e-12)


def test_a_batch_that_is_split_in_shards_is_traced_shard_by_shard():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 50)).astype(np.float32)
    y = rng.normal(size=3000)
    network = walnet.Network([50, 150, 20, 1], activation="relu")
    trace = walnet.trace(network, X, y, 2900)
    (held, _, _) = trace.iteration.layers
    np.testing.assert_allclose(
        held.Z[0], network.layer_outputs(X)[0][0][2900], rtol=1e-4, atol=1e-5
    )
    walnet.train(network, X, y, iterations=1)
    assert trace.after.tobytes() == network.parameters.tobytes()


# What is written adds up.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_line_works_out_to_the_number_of_training(optimizer, extra, dtype):
    # Where m and v are nearly 0, Adam divides rounding by rounding.
    options = EXTRAS[extra] | {"optimizer": optimizer, "epsilon": 1e-4}
    training = training_under_way(dtype=dtype, **options)
    rows = walnet.Trace.of(training, None).rows
    for line in all_lines(walnet.Trace.of(training, int(rows[1]))):
        assert_works_out(line, dtype)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_every_cost_works_out(cost, outputs):
    X, y = data(6, 3, outputs)
    if cost == "categorical_cross_entropy":
        y /= y.sum(axis=1, keepdims=True)
    output = (
        "softmax" if cost == "categorical_cross_entropy" else SURE.get(cost, "tanh")
    )
    network = example_network(outputs, "float64", output=output)
    weights = np.linspace(0.5, 2, 6)
    for sample_weight in (None, weights):
        trace = walnet.trace(
            network, X, y, 2, cost=cost, cost_parameter=0.3, sample_weight=sample_weight
        )
        for line in all_lines(trace):
            assert_works_out(line, "float64")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_works_out_as_hidden_and_as_output(name):
    X, y = data(6, 3, 2)
    network = walnet.Network(
        [3, 4, 4, 2], activation=name, output=name, dtype="float64", seed=3
    )
    trace = walnet.trace(network, X, y, 1)
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    for layer in (1, 2, 3):
        assert trace.nudge(layer, 1, 2).agrees


@pytest.mark.parametrize("name", set(ACTIVATIONS) - {"softmax"})
@given(z=st.floats(-20, 20))
def test_formulas_of_activation_and_slope_are_those_of_the_kernel(name, z):
    network = walnet.Network([1, 1], output=name, dtype="float64")
    network.parameters[:] = 1, 0
    [(Z, A)] = network.layer_outputs([[z]])
    z_name = Name("z", float(Z[0, 0]))
    found = activation(name, z_name, [z_name]).value()
    assert found == pytest.approx(A[0, 0], rel=1e-9, abs=1e-12)
    up, down = (
        activation(name, Name("z", z + h), [z_name]).value() for h in (1e-6, -1e-6)
    )
    if abs(z) > 1e-5:  # away from the corners
        gradient = slope(name, z_name, Name("a", float(A[0, 0]))).value()
        assert gradient == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("size", [60.0, 2000.0])
@pytest.mark.parametrize(
    ("output", "cost"),
    [("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")],
)
def test_certain_predictions_are_written_without_a_logarithm_of_zero(
    output, cost, size
):
    outputs = 1 if output == "sigmoid" else 3
    network = walnet.Network([1, outputs], output=output, dtype="float64")
    network.parameters[:] = np.linspace(size, -size, network.n_parameters)
    y = [[0.0]] if outputs == 1 else [[0.0, 0.0, 1.0]]
    trace = walnet.trace(network, [[1.0]], y, cost=cost)
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    assert "nan" not in str(trace)
    assert "inf" not in str(trace)


def test_an_example_outside_the_batch_is_followed_and_has_no_part_in_dW():
    X, y = data()
    network = example_network(dtype="float64")
    options = {"batch_size": 4, "learning_rate": 0.1}
    rows = walnet.trace(network, X, y, None, **options).rows
    outside = next(row for row in range(20) if row not in rows)
    trace = walnet.trace(network, X, y, outside, **options)
    assert not trace.iteration.taking_part
    assert f"Example {outside} is not among the 4 examples" in str(trace)
    assert trace.to_dict()["examples"][0]["in_batch"] is False
    for line in all_lines(trace):
        assert_works_out(line, "float64")
    [(Z, A), *_] = network.layer_outputs(X[[outside]])
    np.testing.assert_array_equal(trace.iteration.layers[0].Z, Z)
    np.testing.assert_array_equal(trace.iteration.layers[0].A, A)


# A network worked by hand.


def by_hand():
    """1 input, 1 tanh neuron, 1 output: y = 0.5·tanh(0.25·x + 0.5) - 1."""
    network = walnet.Network([1, 1, 1], dtype="float64")
    network.parameters[:] = 0.25, 0.5, 0.5, -1.0
    return walnet.trace(network, [[2.0]], [1.0], learning_rate=0.1)


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
    np.testing.assert_array_equal(memory[:, 0], trace.iteration.before.second)
    np.testing.assert_array_equal(memory[:, 1], trace.iteration.after.second)


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
    assert "w₁,₁₂⁽²⁾ ←" not in text  # only the first six weights are written
    assert "w₁₁,₁⁽¹⁾" in text


# Check by nudging.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_nudging_any_parameter_agrees_with_back_propagation(extra, dtype):
    training = training_under_way(dtype=dtype, **EXTRAS[extra])
    trace = walnet.Trace.of(training, 3)
    sizes = training.network.layer_sizes
    for layer in range(1, len(sizes)):
        for neuron in range(1, sizes[layer] + 1):
            for source in (None, *range(1, sizes[layer - 1] + 1)):
                nudge = trace.nudge(layer, neuron, source)
                assert nudge.agrees, str(nudge)
                tolerance = 1e-4 if dtype == "float32" else 1e-8
                assert nudge.difference < tolerance


def test_nudging_notices_a_wrong_derivative():
    trace = by_hand()
    trace.iteration.data_gradient[0] *= 1.001
    wrong = trace.nudge(layer=1, neuron=1, input=1)
    assert not wrong.agrees
    assert "do NOT agree" in str(wrong)
    assert trace.nudge(layer=1, neuron=1).agrees


def test_nudge_tells_its_numbers():
    nudge = by_hand().nudge(layer=1, neuron=1, input=1)
    found = json.loads(json.dumps(nudge.to_dict()))
    assert found["name"] == "w₁₁ of layer 1"
    slope_of_cost = (found["cost_up"] - found["cost_down"]) / (2 * found["h"])
    assert found["numeric"] == slope_of_cost
    assert found["agrees"]
    assert "they agree" in str(nudge)


def test_nudging_counts_sample_weights():
    X, y = data(6)
    weights = np.linspace(0, 2, 6)
    trace = walnet.trace(example_network(dtype="float64"), X, y, sample_weight=weights)
    assert trace.nudge(2, 1, 2).difference < 1e-9


# Errors.


@pytest.mark.parametrize("example", [20, -1, 1.5, True, "3"])
def test_an_example_that_is_not_there_is_named(example):
    X, y = data()
    with pytest.raises(walnet.HyperparameterError, match="0 to 19, or None") as raised:
        walnet.trace(example_network(), X, y, example)
    assert repr(example) in str(raised.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"decimals": 0}, "decimals must be a whole number from 1 to 17, got 0"),
        ({"decimals": 2.5}, "decimals must be a whole number from 1 to 17, got 2.5"),
        ({"neurons": 0}, "neurons must be a whole number of at least 1, got 0"),
        ({"terms": -1}, "terms must be a whole number of at least 1, got -1"),
    ],
)
def test_limits_out_of_range_are_named(options, expected):
    for write in (by_hand().text, by_hand().to_html):
        with pytest.raises(walnet.HyperparameterError, match=expected):
            write(**options)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((0, 1), "layer must be 1 to 2, got 0"),
        ((3, 1), "layer must be 1 to 2, got 3"),
        ((1, 2), "neuron of layer 1 must be 1 to 1, got 2"),
        ((1, 1, 2), "input of layer 1 must be 1 to 1, got 2"),
    ],
)
def test_a_parameter_that_is_not_there_is_named(place, expected):
    with pytest.raises(walnet.HyperparameterError, match=expected):
        by_hand().nudge(*place)


def test_names_for_another_number_of_things_are_refused():
    X, y = data()
    with pytest.raises(walnet.ShapeError, match="features must name 3 inputs"):
        walnet.trace(example_network(), X, y, features=["a"])
    with pytest.raises(walnet.ShapeError, match="classes must name 2 labels"):
        walnet.trace(example_network(), X, y, classes=["a"])


def test_an_iteration_that_diverges_says_so():
    network = walnet.Network([1, 1], dtype="float64")
    network.parameters[:] = 1e200, 0
    with pytest.raises(walnet.DivergedError, match="NaN or infinite"):
        walnet.trace(network, [[1e200]], [0.0])


def test_quantities_are_named_as_the_field_names_them():
    trace = by_hand()
    q = Quantities(trace.iteration, 0)
    names = [q.w(0, 0, 0), q.bias(1, 0), q.z(0, 0), q.a(0, 0), q.source(0, 0)]
    written = [name.write(Text(names=True, decimals=3))[0] for name in names]
    assert written == ["w₁₁⁽¹⁾", "b₁⁽²⁾", "z₁⁽¹⁾", "a₁⁽¹⁾", "x₁"]
    assert repr(trace) == "Trace of iteration 1, a batch of 1: cost 2.622"
