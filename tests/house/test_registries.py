"""What is listed in a second place is there for each name that the engine knows.

Who adds an activation, a cost, an optimizer or an initializer is told here where else
its name has to stand. Many tests run over the engine's own tables and need no list.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import naive
import pytest

from walnet.engine.initializers import INITIALIZERS
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS

PAGE = Path(__file__).parents[2] / "frontend" / "src"
WORDS = PAGE / "state" / "words.ts"
TEXTS = PAGE / "texts"
# What the playground leaves out on purpose.
NOT_FOR_HIDDEN_LAYERS = {"softmax", "exponential"}
NOT_FOR_ITS_DATA = {"quantile", "poisson"}
OFFERED = {
    "Activation": set(ACTIVATIONS) - NOT_FOR_HIDDEN_LAYERS,
    "Cost": set(COSTS) - NOT_FOR_ITS_DATA | {"auto"},
    "Optimizer": set(OPTIMIZERS),
    "Initializer": set(INITIALIZERS),
}


def named_on_the_page(list_name: str) -> set[str]:
    """Return the names that a list of words.ts gives words for."""
    text = WORDS.read_text(encoding="utf-8")
    body = re.search(rf"export const {list_name}\b.*?= \[\n(.*?)\n\]", text, re.DOTALL)
    return set(re.findall(r'^  \["(\w+)", "[^"]+"\],$', body[1], re.MULTILINE))


@pytest.mark.parametrize("kind", OFFERED)
def test_the_page_has_words_for_all_that_the_engine_has(kind):
    assert named_on_the_page(f"{kind.upper()}S") == OFFERED[kind]


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_activation_is_described_on_the_page(language):
    text = (TEXTS / f"{language}.ts").read_text(encoding="utf-8")
    body = re.search(r"\n  activations: \{\n(.*?)\n  \}", text, re.DOTALL)
    described = set(re.findall(r'^    (\w+): "[^"]+",$', body[1], re.MULTILINE))
    assert described == OFFERED["Activation"]


def test_the_oracle_knows_every_activation():
    assert set(naive.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(naive.SLOPES) == set(ACTIVATIONS) - {"softmax"}


def test_the_oracle_knows_every_optimizer():
    methods = dict(inspect.getmembers(naive.UpdateRules, inspect.isfunction))
    rules = {name for name in methods if not name.startswith("_")} - {"step"}
    assert rules == set(OPTIMIZERS)
