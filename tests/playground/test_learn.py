"""The course as a visitor finds it: first, in their language, with Back and links."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import pytest
from axe import violations
from visiting import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LESSONS = Path(__file__).parents[2] / "lessons"
CHAPTERS = [
    path.stem.partition("-")[2] for path in sorted((LESSONS / "en").glob("*-*.md"))
]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
OWN = """---
title: Mine
data: table
features: cats, dogs
layers: 2 tanh
---
Hello <b>you</b>.

:::{rows}
0, 1, 0
1, 0, 1
:::

:::{task}
- Count them.
  check: answer == m
:::
"""


def carried(text: str) -> str:
    """The address that carries a lesson."""
    packed = zlib.compress(text.encode(), wbits=-15)
    return "#lesson=~" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.fixture
def open_at(browser, server):
    """Return a function that opens the page at an address."""
    visits = []

    def go(path="#", **options):
        visits.append(Visit(browser, server, path=path, **options))
        return visits[-1]

    yield go
    for visit in visits:
        visit.context.close()
        assert visit.wrong == []


def title(visit) -> str:
    return visit.page.locator("#lesson-title").inner_text()


def go_to(visit, name: str) -> None:
    visit.button(name).click()
    visit.settled()


def test_a_first_visit_opens_on_the_course_and_the_next_one_where_it_left(open_at):
    visit = open_at()
    assert title(visit) == "Full or hollow?"
    visit.show("Compare")
    visit.page.goto("about:blank")
    visit.page.goto(visit.asked[0].partition("#")[0])
    visit.page.get_by_role("button", name="Compare", exact=True).wait_for()
    current = visit.page.locator("nav button[aria-current=page]")
    current.get_by_text("Compare").wait_for()


def test_back_leads_from_lesson_to_lesson_and_from_view_to_view(open_at):
    visit = open_at()
    go_to(visit, "The chapter after")
    assert title(visit) == "A neuron"
    visit.show("Play")
    visit.settled()
    visit.show("Compare")
    visit.settled()
    visit.page.go_back()
    visit.page.locator(".play .toolbar").wait_for()
    visit.page.go_back()
    visit.page.get_by_role("heading", name="A neuron").wait_for()
    visit.page.go_back()
    visit.page.get_by_role("heading", name="Full or hollow?").wait_for()
    visit.page.go_forward()
    visit.page.get_by_role("heading", name="A neuron").wait_for()


def test_lessons_leave_the_network_of_the_cockpit_as_it_was(open_at):
    visit = open_at()
    visit.show("Play")
    visit.settled()
    visit.page.get_by_title("One epoch").click()
    visit.settled()
    before = visit.number("train-cost")
    visit.show("Learn")
    visit.settled()
    go_to(visit, "The chapter after")
    visit.show("Play")
    visit.settled()
    assert visit.number("train-cost") == before


def test_a_german_reads_german_and_may_choose_english(open_at):
    visit = open_at(locale="de-AT")
    assert title(visit) == "Voll oder hohl?"
    assert visit.page.evaluate("document.documentElement.lang") == "de"
    visit.page.get_by_label("Sprache").select_option(label="English")
    visit.page.get_by_role("heading", name="Full or hollow?").wait_for()
    visit.page.reload()
    visit.page.get_by_role("heading", name="Full or hollow?").wait_for()


def test_the_numbers_in_a_formula_are_those_of_the_network(open_at):
    visit = open_at("#lesson=neuron")
    box = visit.page.get_by_role("spinbutton", name="w1 (size)", exact=True)
    box.fill("2")
    box.press("Enter")
    visit.settled()
    visit.button("Row 4").click()  # size 0.59, weight 1.15
    formula = visit.page.locator(".formula .numbers")
    formula.get_by_text("0.59").wait_for()
    numbers = [float(n) for n in re.findall(r"[\d.]+", formula.inner_text())]
    assert numbers == [2, 0.59, 0.6, 1.15, 0.9, 1.39]


@pytest.mark.parametrize("way", ["mouse", "keyboard", "touch"])
def test_a_word_is_explained(open_at, way):
    visit = open_at("#lesson=neuron", **(PHONE if way == "touch" else {}))
    word = visit.page.locator("article").get_by_role("button", name="neuron").first
    meaning = visit.page.get_by_text("A small machine: inputs times weights").first
    assert not meaning.is_visible()
    if way == "mouse":
        word.hover()
    elif way == "touch":
        word.tap()
    else:
        visit.page.locator("#lesson-title").focus()
        visit.page.keyboard.press("Tab")
    meaning.wait_for()
    visit.page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")


def test_a_lesson_of_ones_own_is_opened_and_carried_by_a_link(open_at, tmp_path):
    visit = open_at()
    path = tmp_path / "mine.md"
    path.write_text(OWN)
    go_to(visit, "Contents")
    visit.page.get_by_label("Open a lesson from a file:").set_input_files(path)
    visit.page.get_by_role("heading", name="Mine").wait_for()
    assert visit.page.get_by_text("Hello <b>you</b>.").is_visible()
    visit.settled()
    visit.button("Copy a link to this lesson").click()
    visit.button("Copied").wait_for()
    link = visit.page.evaluate("navigator.clipboard.readText()")
    other = open_at(link.partition("/")[2].partition("/")[2].partition("/")[2])
    assert title(other) == "Mine"
    other.page.get_by_label("Your answer").fill("2")
    other.page.keyboard.press("Enter")
    other.page.locator(".task.done").wait_for()


def test_what_is_wrong_with_a_lesson_is_said(open_at):
    visit = open_at(carried(OWN.replace("layers: 2 tanh", "layers: two")))
    said = visit.page.get_by_role("alert")
    assert said.inner_text().startswith("Line 5 of the lesson: “layers: two”")
    assert title(visit) == "Full or hollow?"


@pytest.mark.parametrize(
    "address",
    [
        "#lesson=nothing-like-this",
        "#lesson=~AAAA",
        "#lesson=../../etc/passwd",
        carried("a" * 50_000_000),
        carried(OWN + "<script>alert(1)</script>" * 3000),
    ],
    ids=["unknown", "garbage", "path", "bomb", "long"],
)
def test_a_bad_link_leads_to_the_course(open_at, address):
    assert title(open_at(address)) == "Full or hollow?"


@pytest.mark.parametrize("lesson", CHAPTERS)
def test_lesson_network_curve_and_knob_are_on_one_screen(open_at, lesson):
    visit = open_at(f"#lesson={lesson}", viewport={"width": 1024, "height": 768})
    for part in (".story h2", ".cells", ".knobs", ".bar"):
        for box in visit.page.locator(part).all():
            place = box.bounding_box()
            assert place["y"] >= 0, part
            assert place["y"] + place["height"] <= 768, part
            assert place["x"] + place["width"] <= 1024, part


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_in_any_lesson_light_or_dark(open_at, width):
    size = {"width": width, "height": 900}
    # Without motion a colour that axe sees is none on the way from light to dark.
    calm = {"color_scheme": "light", "reduced_motion": "reduce"}
    visit = open_at(viewport=size, locale="de-DE", **calm)
    found = []
    for lesson in CHAPTERS:
        visit.page.evaluate("id => (location.hash = `lesson=${id}`)", lesson)
        visit.page.locator("#lesson-title").wait_for()
        visit.settled()
        wide = visit.page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, lesson
        found += [f"{lesson}: {each}" for each in violations(visit.page)]
        visit.page.emulate_media(color_scheme="dark")
        visit.settled()
        dark = violations(visit.page, ["color-contrast"])
        found += [f"{lesson}, dark: {each}" for each in dark]
        visit.page.emulate_media(color_scheme="light")
    assert found == []
