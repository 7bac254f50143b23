"""What takes long is said once, and nothing where it does not."""

from __future__ import annotations

from walnet.waiting import Notice


def heard(notice):
    """Return the list that a notice speaks to."""
    said: list[str] = []
    notice.say = said.append
    return said


def test_what_is_under_way_is_said_once():
    notice = Notice("Waiting …")
    said = heard(notice)
    notice.begin(0)
    notice.begin(0)
    notice.wait()
    notice.end()
    notice.begin(0)
    notice.wait()
    assert said == ["Waiting …"]


def test_what_is_over_is_not_said_and_what_follows_is_timed_anew():
    notice = Notice("Waiting …")
    said = heard(notice)
    notice.begin(0.05)
    notice.end()
    notice.wait()
    assert said == []
    notice.begin(0)
    notice.wait()
    assert said == ["Waiting …"]
