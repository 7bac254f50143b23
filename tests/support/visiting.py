"""The page in a real headless Chromium, as a person has it."""

from __future__ import annotations

import base64
import json
import re

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visit:
    """A page that was opened, and everything that went wrong on it."""

    def __init__(self, browser, site, **options):
        options = {"viewport": {"width": 1280, "height": 860}} | options
        self.context = browser.new_context(**options)
        name, value = site.cookie.split("=", 1)
        self.context.add_cookies(
            [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}]
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(site.origin + "/")
        self.page.get_by_test_id("iteration").filter(has_text="0").wait_for(
            timeout=150_000
        )

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

    def wait_iteration(self, expected: str):
        self.page.get_by_test_id("iteration").get_by_text(
            expected, exact=True
        ).wait_for()

    def play_until(self, test, seconds=60):
        """Play until the page's own numbers pass a test, then pause."""
        self.button("Play").last.click()
        for _ in range(seconds * 10):
            self.page.wait_for_timeout(100)
            if test():
                break
        self.button("Pause").click()
        assert test()


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
