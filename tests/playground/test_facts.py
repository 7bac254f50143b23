"""What the page takes over from walnet's sources is up to date."""

from __future__ import annotations

from page_facts import TARGET, text


def test_the_page_has_the_facts_of_these_sources():
    written = TARGET.read_text(encoding="utf-8")
    assert written == text(), "run python tools/page_facts.py"
