"""The page in a real headless Chromium, as a person has it."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COCKPIT = "#s=e30"
# The page says itself when what was asked for is shown; the drawings of the last
# change are then made with the next picture.
SETTLED = """async seconds => {
    const picture = () => new Promise(requestAnimationFrame);
    const end = performance.now() + 1000 * seconds;
    const busy = () => document.querySelector("main")?.ariaBusy !== "false";
    while (performance.now() < end) {
        while (busy() && performance.now() < end) await picture();
        await picture();
        await picture();
        if (!busy()) return true;
    }
    return false;
}"""
CHANGED = """async ([selector, before, seconds]) => {
    const picture = () => new Promise(requestAnimationFrame);
    const end = performance.now() + 1000 * seconds;
    const drawn = () => document.querySelector(selector)?.toDataURL() ?? "";
    const empty = () => {
        const canvas = document.querySelector(selector);
        if (!canvas) return true;
        const blank = document.createElement("canvas");
        [blank.width, blank.height] = [canvas.width, canvas.height];
        return blank.toDataURL() === canvas.toDataURL();
    };
    while ((empty() || drawn() === before) && performance.now() < end) await picture();
    return drawn();
}"""


class Visit:
    """A page that was opened, and everything that went wrong on it.

    A first visit opens on the course; a link opens on the cockpit, without a path one
    to the state that the page begins with. What is to be done to its context before
    does `prepare`.
    """

    def __init__(self, browser, site, path=COCKPIT, prepare=None, **options):
        options = {"viewport": {"width": 1280, "height": 860}} | options
        self.context = browser.new_context(**options)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        if prepare:
            prepare(self.context)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(f"{site.origin}/{path}")
        self.settled(seconds=150)

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def show(self, screen):
        self.page.get_by_role("navigation", name="Views").get_by_role(
            "button", name=screen, exact=True
        ).click()

    def number(self, test_id) -> float:
        text = self.page.get_by_test_id(test_id).inner_text()
        return float(re.sub(r"[^\d.e+-]", "", text))

    def settled(self, seconds: float = 60) -> None:
        """Wait until the page shows all that was asked of it."""
        assert self.page.evaluate(SETTLED, seconds), "the page is still busy"

    def picture(self, selector: str, unlike: str = "") -> str:
        """Return the pixels of a canvas, once something else than this is drawn."""
        self.settled()
        found = self.page.evaluate(CHANGED, [selector, unlike, 60])
        assert found != unlike, f"{selector} stayed as it was"
        return found

    def wait_iteration(self, expected: str):
        self.page.get_by_test_id("iteration").get_by_text(
            expected, exact=True
        ).wait_for()
        self.settled()

    def wait_until(self, test: Callable[[], bool], seconds: float = 240) -> None:
        """Look at the page, picture by picture, until it passes a test."""
        end = time.monotonic() + seconds
        while not test():
            assert time.monotonic() < end, "the page did not get there"
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def wait_number(self, test_id: str, test: Callable[[float], bool]) -> float:
        """Return a number of the page that passes a test."""
        self.wait_until(lambda: test(self.number(test_id)))
        return self.number(test_id)

    def epoch(self) -> None:
        """Ask for one epoch; its numbers are to be waited for."""
        self.page.get_by_title("One epoch").click()

    def hurry(self) -> None:
        """Let it play as fast as it goes from now on."""
        self.page.get_by_role("combobox", name="Speed").select_option("0")

    def play_until(self, test: Callable[[], bool]) -> None:
        """Play until the page's own numbers pass a test, then pause."""
        self.button("Play").last.click()
        self.wait_until(test)
        self.pause()

    def pause(self) -> None:
        """Pause; nothing moves any more when this returns."""
        self.button("Pause").click()
        self.settled()


def carried(state: object) -> str:
    """The address that carries a state, or whatever else, as JSON."""
    text = state if isinstance(state, str) else json.dumps(state)
    return "#s=" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def link_of(visit: Visit) -> str:
    """The link on the page."""
    visit.show("Take away")
    link = visit.page.get_by_label("Link", exact=True).input_value()
    visit.show("Play")
    return link


def state(visit: Visit) -> dict:
    """What the link on the page holds."""
    text = link_of(visit).partition("#s=")[2]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def type_number(visit: Visit, name: str, value: str) -> None:
    box = visit.page.get_by_role("spinbutton", name=name, exact=True)
    box.fill(value)
    box.press("Enter")
    visit.settled()


def choose_activation(visit: Visit, layer: int, before: str, after: str) -> None:
    """Choose an activation from the list with the curves."""
    visit.button(f"Activation of layer {layer}: {before}").click()
    visit.page.get_by_role("radio", name=after).first.click()
    visit.settled()
