"""What is listed in a second place is there for each name that the engine knows.

Who adds an activation, a cost, an optimizer or an initializer is told here where else
its name has to stand. Many tests run over the engine's own tables and need no list.
"""

from __future__ import annotations

import inspect
import json
import re

import naive
import pytest
from node import SOURCE
from page_cases import HIDDEN

from walnet import datasets
from walnet.engine.initializers import INITIALIZERS
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS

# What the playground leaves out on purpose.
NOT_FOR_ITS_DATA = {"quantile", "poisson"}
OFFERED = {
    "activation": set(HIDDEN),
    "cost": set(COSTS) - NOT_FOR_ITS_DATA | {"auto"},
    "optimizer": set(OPTIMIZERS),
    "initializer": set(INITIALIZERS),
    "source": set(datasets.NAMES) | {"drawn", "file"},
}
# Where the user's own points and tables are chosen otherwise than by a tile.
WITHOUT_A_TILE = {"drawn", "file"}


def named_on_the_page(list_name: str) -> set[str]:
    """Return the names that a list of words.ts begins its lines with."""
    text = (SOURCE / "state" / "words.ts").read_text(encoding="utf-8")
    body = re.search(rf"export const {list_name}\b.*?= \[\n(.*?)\n\]", text, re.DOTALL)
    return set(re.findall(r'^  \[?"(\w+)",', body[1], re.MULTILINE))


def offered_by_the_page(list_name: str) -> set[str]:
    """Return the names in a list of choices.ts: the engine's, and its own."""
    text = (SOURCE / "protocol" / "choices.ts").read_text(encoding="utf-8")
    facts = json.loads((SOURCE / "engine" / "facts.json").read_text(encoding="utf-8"))
    left_out = re.search(r"NOT_HERE = \[(.*)\]", text)[1]
    made_of = re.search(rf"^export const {list_name} = (.*);$", text, re.MULTILINE)[1]
    table = re.search(r"here\(engine\.(\w+)\)", made_of)[1]
    words = re.findall(r'"(\w+)"', made_of)
    return set(facts[table]) - set(re.findall(r'"(\w+)"', left_out)) | set(words)


@pytest.mark.parametrize("kind", OFFERED)
def test_the_playground_offers_all_that_the_engine_has(kind):
    assert offered_by_the_page(f"{kind.upper()}S") == OFFERED[kind]


@pytest.mark.parametrize("kind", OFFERED)
def test_the_page_has_words_for_all_that_the_playground_offers(kind):
    assert named_on_the_page(f"{kind.upper()}S") == OFFERED[kind] - WITHOUT_A_TILE


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_activation_is_described_on_the_page(language):
    text = (SOURCE / "texts" / f"{language}.ts").read_text(encoding="utf-8")
    body = re.search(r"\n  activations: \{\n(.*?)\n  \}", text, re.DOTALL)
    described = set(re.findall(r'^    (\w+): "[^"]+",$', body[1], re.MULTILINE))
    assert described == OFFERED["activation"]


def test_the_oracle_knows_every_activation():
    assert set(naive.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(naive.SLOPES) == set(ACTIVATIONS) - {"softmax"}


def test_the_oracle_knows_every_optimizer():
    methods = dict(inspect.getmembers(naive.UpdateRules, inspect.isfunction))
    rules = {name for name in methods if not name.startswith("_")} - {"step"}
    assert rules == set(OPTIMIZERS)
