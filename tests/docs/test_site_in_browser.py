"""The site as a person has it: from a folder, on a phone, in the dark."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PARTS = 4  # all pages at once are long for one process, and for a test's time
WIDTHS = (390, 1024, 1440)
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"
# Rows of a table are alike, and so is on each page of a folder what stands around it.
ALIKE = ["tbody tr:nth-child(n + 5)"]
AROUND = [".bd-header", ".bd-sidebar-primary", ".bd-footer"]
DARK = "() => { document.documentElement.dataset.theme = 'dark'; }"
MADE = "reference/generated/"
# Of the many pages that are made alike, one of each kind.
KINDS = (
    "walnet.Network.",
    "walnet.train.",
    "walnet.DataError.",
    "walnet.datasets.moons.",
)


class _Site(SimpleHTTPRequestHandler):
    """Hands out the site, with an empty page for the living one, which has own tests.

    Playwright would load everything anew for each page if it stood in between.
    """

    def do_GET(self):
        if not urlsplit(self.path).path.endswith("/walnet.html"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>.</title>")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def origin(site):
    """The address of a plain web server that has the site."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Site, directory=str(site.folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(browser):
    """A page, and what went wrong on it."""
    # Without motion a colour that axe sees is none on the way from light to dark.
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on(
        "console", lambda said: said.type == "error" and page.wrong.append(said.text)
    )
    yield page
    context.close()


def looked_at(site):
    """Return the pages written by hand, and some of those that are made."""
    kinds = tuple(MADE + kind for kind in KINDS)
    return [n for n in site.pages() if not n.startswith(MADE) or n.startswith(kinds)]


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_light_or_dark(site, origin, visit, part):
    found, folders = {}, set()
    for name in looked_at(site)[part::PARTS]:
        visit.goto(f"{origin}/{name}")
        folder = name.rpartition("/")[0]
        alike = [*ALIKE, *AROUND] if folder in folders else ALIKE
        folders.add(folder)
        wrong = violations(visit, leave_out=alike)
        visit.evaluate(DARK)
        dark = violations(visit, ["color-contrast"], leave_out=alike)
        wrong += [f"dark: {each}" for each in dark]
        if wrong:
            found[name] = wrong
    assert found == {}
    assert visit.wrong == []


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_cut_off_on_a_phone_a_tablet_or_a_screen(site, origin, visit, part):
    found = []
    by_hand = set(looked_at(site))
    for name in site.pages()[part::PARTS]:
        visit.goto(f"{origin}/{name}")
        # What is made alike is looked at where it is narrowest.
        for width in WIDTHS if name in by_hand else WIDTHS[:1]:
            visit.set_viewport_size({"width": width, "height": 900})
            if (over := visit.evaluate(TOO_WIDE)) > 0:
                found.append(f"{name}: {over} pixels too wide at {width}")
    assert found == []


def test_a_word_is_found_without_a_server(site, visit):
    # From the folder itself, as somebody has it who was given the site on a stick.
    visit.goto((site.folder / "search.html").as_uri() + "?q=overfitting")
    results = visit.locator("#search-results a")
    results.first.wait_for()
    assert any("13-honest" in (a.get_attribute("href") or "") for a in results.all())


def test_a_chapter_s_living_page_stands_beside_its_text(site, browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site.folder / "course" / "02-neuron.html").as_uri())
    living = page.frame_locator("iframe.living").first
    living.get_by_text("19 of 40").wait_for()
    text, frame = (
        page.locator(f".lesson-{part}").bounding_box() for part in ("text", "living")
    )
    assert frame["x"] >= text["x"] + text["width"]
    numbers = living.locator("math .live")
    before = numbers.all_text_contents()
    assert before
    living.get_by_role("slider").first.press("ArrowRight")
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect(numbers).not_to_have_text(before, timeout=60_000)
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    context.close()
