"""Lessons are read as they are meant, and what is wrong with one is said."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from node import by_node

LESSONS = Path(__file__).parents[2] / "lessons"
FILES = sorted(
    path.relative_to(LESSONS / "en").as_posix()
    for path in (LESSONS / "en").rglob("[0-9]*.md")
)
LANGUAGES = sorted(path.name for path in LESSONS.iterdir() if len(path.name) == 2)
HEAD = "---\ntitle: A\n---\n"
STEP = "- do it\n  check: J < 1\n"


def read(*texts):
    """Return lessons, or what is wrong with them."""
    return by_node("lessons.mjs", given=texts)


def in_language(language):
    folder = LESSONS / language
    return read(*[(folder / name).read_text("utf-8") for name in FILES])


def terms(spans):
    return [span["term"] for span in spans if span["kind"] == "term"]


def all_spans(lesson):
    for block in lesson["blocks"]:
        yield from block.get("spans", [])
        for item in block.get("items", []):
            yield from item
    for step in lesson["task"]["steps"]:
        yield from step["spans"]


def test_there_are_two_languages_with_the_same_files():
    assert LANGUAGES == ["de", "en"]
    for language in LANGUAGES:
        found = sorted(p.name for p in (LESSONS / language).rglob("*.md"))
        assert found == sorted([Path(name).name for name in FILES] + ["glossary.md"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_is_read_and_ends_with_a_task(language):
    for name, lesson in zip(FILES, in_language(language), strict=True):
        assert "trouble" not in lesson, (name, lesson)
        assert lesson["task"]["steps"], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_is_marked_is_explained(language):
    text = (LESSONS / language / "glossary.md").read_text("utf-8")
    lines = text.splitlines()
    explained = {a.lower() for a, b in itertools.pairwise(lines) if b[:1] == ":"}
    for name, lesson in zip(FILES, in_language(language), strict=True):
        marked = {term.lower() for term in terms(all_spans(lesson))}
        assert marked <= explained, (name, marked - explained)


def test_a_translation_sets_up_and_asks_for_the_same():
    """Only words differ: network, pictures, formulas and checks do not."""
    kept = ("minutes", "show", "controls")
    for name, one, other in zip(FILES, *map(in_language, LANGUAGES), strict=True):
        assert [one[key] for key in kept] == [other[key] for key in kept], name
        for lesson in (one, other):
            for words in ("features", "labels"):
                lesson["setup"][words] = len(lesson["setup"][words])
        assert one["setup"] == other["setup"], name
        assert [b["kind"] for b in one["blocks"]] == [
            b["kind"] for b in other["blocks"]
        ]
        checks = [[s["check"] for s in each["task"]["steps"]] for each in (one, other)]
        assert checks[0] == checks[1], name


BAD = {
    "no head": ("A neuron", 1, "noFrontMatter"),
    "head not closed": ("---\ntitle: A\n", 1, "notClosed"),
    "no title": ("---\nminutes: 3\n---\n", 1, "noTitle"),
    "unknown setting": ("---\ntitle: A\ncolour: red\n---\n", 3, "notASetting"),
    "bad value": ("---\ntitle: A\nrows: many\n---\n", 3, "notAValue"),
    "no such data": ("---\ntitle: A\ndata: __proto__\n---\n", 3, "notAValue"),
    "no such activation": ("---\ntitle: A\nlayers: 4 softmax\n---\n", 3, "notAValue"),
    "too many neurons": ("---\ntitle: A\nlayers: 4000 tanh\n---\n", 3, "notAValue"),
    "too few weights": ("---\ntitle: A\nweights: 1, 2\n---\n", 3, "notAllWeights"),
    "too many pictures": (
        "---\ntitle: A\nshow: map, table, curve, terms, labels\n---\n",
        3,
        "notAValue",
    ),
    "twice": ("---\ntitle: A\ntitle: B\n---\n", 3, "twice"),
    "unknown block": (HEAD + ":::{script}\nx\n:::\n", 4, "notADirective"),
    "block not closed": (HEAD + "a\n\n:::{note}\nx\n", 6, "notClosed"),
    "bad row": (HEAD + ":::{rows}\n1, 2, 0\n1, nan, 1\n:::\n", 6, "notARow"),
    "bad formula": (HEAD + ":::{formula}\n\\href{x}\n:::\n", 5, "notAFormula"),
    "deep formula": (HEAD + "$" + "(" * 300 + "$", 4, "notAFormula"),
    "bad check": (HEAD + ":::{task}\n- a\n  check: J <\n:::\n", 6, "notACheck"),
    "code in a check": (
        HEAD + ":::{task}\n- a\n  check: J.constructor\n:::\n",
        6,
        "notACheck",
    ),
    "unknown name": (
        HEAD + ":::{task}\n- a\n  check: window > 1\n:::\n",
        6,
        "unknownName",
    ),
    "deep check": (
        HEAD + ":::{task}\n- a\n  check: " + "(" * 200 + "\n:::\n",
        6,
        "notACheck",
    ),
    "no steps": (HEAD + ":::{task}\nDo it.\n:::\n", 4, "noSteps"),
    "step without check": (HEAD + ":::{task}\n- a\n:::\n", 5, "noSteps"),
    "two tasks": (HEAD + 2 * (":::{task}\n" + STEP + ":::\n"), 8, "twice"),
    "60 MB": ("---\n" + "a" * 60_000_000, 1, "tooLarge"),
    "a long line": (HEAD + "a" * 5000, 4, "tooLarge"),
    "many lines": (HEAD + "\n" * 5000, 1501, "tooLarge"),
    "many steps": (HEAD + ":::{task}\n" + STEP * 13 + ":::\n", 4, "tooMany"),
}


def test_what_is_wrong_is_said_with_its_line():
    found = read(*[text for text, _, _ in BAD.values()])
    for name, (_, line, trouble), one in zip(BAD, BAD.values(), found, strict=True):
        assert (one.get("line"), one.get("trouble")) == (line, trouble), (name, one)
        assert len(one["found"]) <= 60, name


def test_text_that_looks_like_html_stays_text():
    (lesson,) = read(HEAD + '<img src=x onerror="alert(1)"> & {term}`<b>`')
    assert lesson["blocks"][0]["spans"][0]["text"].startswith("<img src=x")
