"""The report: what it says is so, it needs nothing else, and text stays text."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from reports import content_of

import walnet
from walnet.errors import DataError
from walnet.report import render_report, write_report
from walnet.report.facts import (
    certainty,
    mistakes,
    result_sentence,
    rows_note,
)
from walnet.report.page import _code
from walnet.tables import as_table
from walnet.words import number, percent

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "</style></svg><img src=x>",
    "{{ 7 * 7 }}{% raw %}",
    "nul\0and\x1bescape",
    "two\nlines",
    "\u202eright to left\u2066",
    "$x^{",
    "&amp;]]>",
    "url(#m) id=x href=#y",
    "\u05e9\u05dc\u05d5\u05dd",
    "long " + "x" * 1_000_000,
]


class Page(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.inside = Counter(), [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self.inside:
            self.texts.append(" ".join(data.split()))

    def values(self, name):
        """Return the values of an attribute, wherever it stands."""
        return [value for key, value in self.attributes if key == name]


def small_table(names=("x1", "x2"), labels=("no", "yes"), target="label"):
    """Return a table of two half moons with such names."""
    X, y = walnet.datasets.moons(120)
    columns = dict(zip(names, X.T, strict=True))
    return as_table(columns | {target: np.array(labels, object)[y]})


def result_of(text):
    """Return the sentence at the top."""
    found = re.search(r'class="result">(.*?)</p>', text, re.DOTALL).group(1)
    return found.replace("\N{NO-BREAK SPACE}", " ")


def test_the_sentence_gives_accuracy_and_the_trivial_guess(penguins, page):
    original, predicted = penguins.original, penguins.predicted
    right = np.mean(original == predicted)
    assert len(original) == 86
    assert result_of(page) == (
        f"{percent(right)} of 86 test rows right; always guessing Adelie would give "
        f"{percent(np.mean(original == 'Adelie'))}."
    )


def test_the_original_labels_are_those_of_the_table(penguins):
    species = penguins.table["species"]
    levels = np.array(species.levels(), object)
    assert np.array_equal(
        penguins.original, levels[species.codes()][penguins.test_rows]
    )


def test_the_sentence_of_a_number_gives_errors_in_its_unit(weights):
    mass = weights.table["body_mass_g"].numbers()
    error = np.sqrt(np.mean((mass[weights.test_rows] - weights.predicted) ** 2))
    mean = mass[weights.training_rows].mean()
    guess = np.sqrt(np.mean((mass[weights.test_rows] - mean) ** 2))
    page = render_report(weights)
    assert result_of(page) == (
        "On 86 test rows body_mass_g is predicted with a root mean squared error of "
        f"{number(error)}; always guessing {number(mean)} would give {number(guess)}."
    )
    explained = 1 - error**2 / np.var(mass[weights.test_rows])
    assert f"{explained:.4f}" in Page(page).texts


def test_all_parts_are_there(page):
    shown = Page(page)
    for title in (
        "Original labels",
        "Predicted labels",
        "Confusion",
        "ROC curve",
        "Precision and recall",
        "Reliability",
        "Each class",
        "How the columns matter",
        "The data",
        "The network and its training",
        "Cost",
        "Accuracy",
        "Settings",
        "Python that repeats this run",
    ):
        assert title in shown.texts
    assert shown.tags["svg"] == 11
    assert shown.tags["h1"] == 1
    assert "bill_length_mm" in shown.texts  # in the table and on an axis
    assert any("print('done')" in text for text in shown.texts)


def test_every_column_has_its_kind_missing_values_and_use(page):
    texts = Page(page).texts
    cells = [text for text in texts[texts.index("The data") :] if text]
    place = cells.index("sex")
    assert cells[place : place + 6] == [
        "sex",
        "category",
        "male",
        "11",
        "male (168), female (165)",
        "used",
    ]


def test_what_is_not_given_is_not_on_the_page(bare):
    texts = Page(render_report(bare)).texts
    for title in (
        "How the columns matter",
        "The network and its training",
        "Python that repeats this run",
    ):
        assert title not in texts


def test_without_test_rows_the_page_says_so(penguins):
    none = np.array([], np.int64)
    content = dataclasses.replace(penguins, test_rows=none, on_test=None)
    assert "258 training rows right" in result_sentence(content)
    assert "no rows to test with" in certainty(content)


def test_no_rows_at_all_are_an_error(penguins):
    none = np.array([], np.int64)
    with pytest.raises(DataError, match="needs training rows or test rows"):
        dataclasses.replace(penguins, test_rows=none, training_rows=none)


def test_two_features_have_a_decision_boundary():
    texts = Page(render_report(content_of(small_table(), "label"))).texts
    assert "Decision boundary" in texts


def test_one_output_may_tell_between_two_classes():
    content = content_of(small_table(), "label")
    network = walnet.Network([2, 3, 1], output="sigmoid")

    def predict(some):
        return network.feed_forward(content.schema.encode(some))

    one = dataclasses.replace(content, predict=predict, network=network)
    yes = predict(one.shown)[:, 0] > 0.5
    assert np.array_equal(one.predicted == "yes", yes)
    assert "label = yes" in Page(render_report(one)).texts


@pytest.mark.parametrize("name", ["sine", "bumpy"])
def test_numbers_of_one_and_two_features(name):
    data = walnet.datasets.make(name, n=80)
    columns = dict(zip(data.feature_names, data.X.T, strict=True))
    page = Page(render_report(content_of(as_table(columns | {"y": data.y}), "y")))
    assert ("What is predicted" in page.texts) == (name == "bumpy")
    assert "Residuals" in page.texts


def test_the_surest_mistakes_come_first():
    table = small_table()
    x = table["x1"].numbers()
    yes = np.array(table["label"].levels())[table["label"].codes()] == "yes"

    def predict(some):  # always "no", more or less sure
        doubt = np.abs(some["x1"].numbers()) / 5
        return np.column_stack([1 - doubt, doubt])

    content = content_of(table, "label", predict=predict)
    wrong = [row for row in content.test_rows if yes[row]]
    wrong.sort(key=lambda row: abs(x[row]))
    names, rows = mistakes(content)
    assert names == ["x1", "x2"]
    assert [each.row - 1 for each in rows] == wrong[:8]
    assert (rows[0].original, rows[0].predicted) == ("yes", "no")
    assert rows[0].measure == percent(1 - abs(x[wrong[0]]) / 5)
    assert rows[0].cells[0] == number(x[wrong[0]])


def test_the_largest_residuals_come_first(weights):
    _, rows = mistakes(weights)
    off = np.abs(weights.original - weights.predicted)
    worst = weights.test_rows[np.argsort(-off)[:8]]
    # Two penguins without a mass are no rows of the table, and rows of the file.
    origin = weights.table["body_mass_g"].origin
    assert [each.row - 1 for each in rows] == origin[worst].tolist()
    assert any(origin[worst] != worst)
    assert rows_note(weights).startswith("Rows are those of the file, counted from 1")
    other = dataclasses.replace(weights, test_file="later.csv")
    assert rows_note(other).startswith("Rows are those of later.csv")


def assert_harmless(text):
    """Assert that nothing of a page came from a name but letters."""
    page = Page(text)
    assert not page.tags.keys() & {"script", "img", "link", "iframe", "object"}
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert not re.search("[\0-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert "49" not in page.texts
    assert len(text) < 3_000_000


def test_names_and_labels_of_any_text_are_text():
    X = np.random.default_rng(0).normal(size=(240, len(HOSTILE)))
    y = np.array(HOSTILE, object)[np.arange(240) % len(HOSTILE)]
    target = f"target {HOSTILE[0]}"
    table = as_table(dict(zip(HOSTILE, X.T, strict=True)) | {target: y})
    content = content_of(
        table, target, title=HOSTILE[1], code=f"# {HOSTILE[4]}", notes=HOSTILE
    )
    assert_harmless(render_report(content))


def test_names_over_two_features_are_drawn_as_text():
    table = small_table(HOSTILE[4:6], HOSTILE[6:8], target=HOSTILE[0])
    assert_harmless(render_report(content_of(table, HOSTILE[0])))


def test_a_hostile_name_can_be_read():
    page = Page(render_report(content_of(small_table(HOSTILE[:2]), "label")))
    assert HOSTILE[0] in page.texts
    assert HOSTILE[1] in page.texts


def test_lines_of_the_code_are_kept_and_nothing_else_invisible():
    code = _code("if x:\n\ty = '\u202e\0<'\n")
    assert code == "if x:\n    y = &#39;\\u202e\\x00&lt;&#39;"


def test_the_page_asks_for_nothing(page):
    shown = Page(page)
    assert not shown.tags.keys() & {"script", "img", "link", "iframe", "object", "base"}
    assert not shown.values("src")
    assert all(link.startswith("#") for link in shown.values("href"))
    assert all(link.startswith("#") for link in re.findall(r"url\((.)", page))
    assert "@import" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in shown.values("content")


def test_ids_are_single_and_every_link_leads_somewhere(page):
    shown = Page(page)
    ids = Counter(shown.values("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    links = [link[1:] for link in shown.values("href")]
    links += re.findall(r"url\(#([^)]+)\)", page)
    links += " ".join(shown.values("aria-labelledby")).split()
    assert links
    assert set(links) <= ids.keys()


def test_every_picture_has_words(page):
    labels = Page(page).values("aria-label")
    assert len(labels) >= 9
    assert all(len(label) > 5 for label in labels)


def test_colours_follow_the_page(page):
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6}|var\([a-z0-9-]+\))", page))
    assert not [colour for colour in used if colour.startswith("#")]
    named = {name for each in used for name in re.findall(r"--[a-z0-9-]+", each)}
    css = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    light, dark = css.split("prefers-color-scheme: dark")
    for name in named:
        assert f"{name}: " in light
        assert f"{name}: " in dark


def test_the_same_content_gives_the_same_bytes_whatever_the_person_s_style(
    penguins, page
):
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        assert render_report(penguins) == page
        assert dict(mpl.rcParams) == before


def test_the_file_is_written_whole_or_not_at_all(bare, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, bare)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("</html>")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    broken = dataclasses.replace(bare, predict=lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(path, broken)
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_is_not_there_is_one_sentence(bare, tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        write_report(tmp_path / "none" / "report.html", bare)


def test_many_columns_and_classes_stay_readable():
    random = np.random.default_rng(0)
    columns = {f"column {i}": random.normal(size=400) for i in range(150)}
    labels = np.array([f"class {i}" for i in range(50)], object)
    table = as_table(columns | {"label": labels[np.arange(400) % 50]})
    content = content_of(table, "label", classes=np.arange(400) % 50)
    text = render_report(content)
    page = Page(text)
    assert "51 more columns are not listed." in page.texts
    assert "Confusion" in page.texts
    assert any("Shown are the 14 classes confused most." in t for t in page.texts)
    assert "Predicted labels" not in page.texts  # fifty colours tell nothing
    assert len(text) < 2_000_000


def test_missing_values_are_named():
    X, y = walnet.datasets.moons(120)
    X[::3, 0] = np.nan
    table = as_table({"a": X[:, 0], "b": X[:, 1], "label": y})
    page = Page(render_report(content_of(table, "label")))
    cells = [text for text in page.texts[page.texts.index("The data") :] if text]
    place = cells.index("a")
    assert cells[place : place + 4] == ["a", "number", cells[place + 2], "40"]
    assert any(re.match(r"\d+ of 30 test rows", text) for text in page.texts)


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_shows_it_without_a_request(penguins, tmp_path, browser):
    path = tmp_path / "report.html"
    write_report(path, penguins)
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            assert_shown(browser, path.as_uri(), width, scheme)


def assert_shown(browser, address, width, scheme):
    """Assert that the page fits, has the scheme's colours and asks for nothing."""
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    requests, messages = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    text, back = page.evaluate(_COLOURS)
    assert (sum(text) > sum(back)) == (scheme == "dark")
    assert requests == [address]
    assert messages == []
    page.close()


_COLOURS = """() => {
    const text = document.querySelector("figure svg text");
    const card = document.querySelector("section");
    const numbers = (colour) => colour.match(/\\d+/g).slice(0, 3).map(Number);
    return [numbers(getComputedStyle(text).fill),
            numbers(getComputedStyle(card).backgroundColor)];
}"""
