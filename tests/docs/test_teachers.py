"""The lesson plans: their minutes make a lesson, and their sheets are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEACHERS = Path(__file__).parents[2] / "docs" / "teachers"
PLAN = (TEACHERS / "index.md").read_text("utf-8")
TABLE = re.compile(r"^\| minutes \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
PLANS = [found[0] for found in TABLE.finditer(PLAN)]


def test_there_are_eight_plans() -> None:
    assert len(PLANS) == 8


@pytest.mark.parametrize("plan", PLANS)
def test_a_lesson_has_forty_five_minutes(plan: str) -> None:
    minutes = re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)
    assert sum(map(int, minutes)) == 45
