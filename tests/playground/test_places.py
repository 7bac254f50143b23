"""Where the page runs: at a sub-path, from a file, without network or WebAssembly."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from playing import need_page, serving
from processes import started
from visiting import COCKPIT, Visit, link_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
STATIC = Path(str(files("walnet.playground") / "static"))
# Each screen, and what is there once it is complete.
SCREENS = {
    "Play": ".map canvas",
    "One step": ".lines math",
    "Compare": "figure.second dd:text-matches('^0$')",
    "Learn": "#lesson-title",
    "Take away": "pre:has-text('import')",
}
WITHOUT = "delete globalThis.WebAssembly;\n"
KEPT = """async () => {
    const has = async () => {
        for (const name of await caches.keys()) {
            const kept = await (await caches.open(name)).keys();
            if (kept.some(({ url }) => url.endsWith(".wasm"))) return true;
        }
        return false;
    };
    while (!(await has())) await new Promise(requestAnimationFrame);
}"""


def learns(visit: Visit) -> None:
    visit.epoch()
    visit.wait_iteration("25")


@contextmanager
def visiting(browser, site, path=COCKPIT, **options):
    visit = Visit(browser, site, path, **options)
    yield visit
    visit.context.close()
    assert visit.wrong == []


@contextmanager
def plain_server(folder: Path):
    """A web server that knows nothing of walnet."""
    command = (sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "cwd": folder}
    with started(*command, **pipes) as process:
        port = process.stdout.readline().split(" port ")[1].split()[0]
        yield SimpleNamespace(origin=f"http://127.0.0.1:{port}")


def test_it_opens_without_a_network_after_the_first_visit(browser, server):
    with visiting(browser, server) as visit:
        visit.page.evaluate(KEPT)
        visit.context.set_offline(offline=True)
        learns(visit)
        visit.page.reload()
        visit.wait_iteration("25")
        visit.epoch()
        visit.wait_iteration("50")
        visit.show("Learn")
        visit.page.locator("#lesson-title").wait_for()
        visit.settled()


def test_any_web_server_hands_it_out_at_any_path(browser, tmp_path):
    need_page()
    (tmp_path / "a class").mkdir()
    (tmp_path / "a class" / "walnet").symlink_to(STATIC)
    path = "a%20class/walnet/"
    with plain_server(tmp_path) as site, visiting(browser, site, path) as visit:
        assert visit.page.locator("#lesson-title").inner_text() == "Full or hollow?"
        visit.show("Play")
        visit.settled()
        learns(visit)
        link = link_of(visit)
        assert link.startswith(f"{site.origin}/{path}#s=")
        with visiting(browser, site, link.removeprefix(f"{site.origin}/")) as other:
            other.show("Play")
            assert other.number("iteration") == 25


def test_the_page_in_one_file_opens_from_a_disk(browser, tmp_path):
    need_page()
    path = tmp_path / "walnet.html"
    path.write_bytes((STATIC / "walnet.html").read_bytes())
    site = SimpleNamespace(origin=path.parent.as_uri())
    with visiting(browser, site, f"walnet.html{COCKPIT}") as visit:
        learns(visit)
        link = link_of(visit)
        visit.page.reload()
        visit.wait_iteration("25")
        assert {url for url in visit.asked if url.startswith("http")} == set()
    with visiting(browser, site, link.removeprefix(site.origin + "/")) as other:
        other.show("Play")
        assert other.number("iteration") == 25


@pytest.mark.parametrize("path", [COCKPIT, "#"], ids=["cockpit", "course"])
def test_a_browser_without_WebAssembly_is_told_so(browser, server, path):
    def without(context):
        context.add_init_script(WITHOUT)
        context.route("**/worker-*.js", old_worker)

    def old_worker(route):
        script = STATIC / "assets" / route.request.url.rpartition("/")[2]
        body = WITHOUT + script.read_text(encoding="utf-8")
        route.fulfill(body=body, content_type="text/javascript")

    visit = Visit(browser, server, path, prepare=without, service_workers="block")
    alert = visit.page.get_by_role("alert")
    alert.get_by_text("This browser cannot run the playground").wait_for()
    visit.show("Take away")
    visit.show("Learn")
    visit.page.locator("#lesson-title").wait_for()
    visit.context.close()


def test_a_table_of_the_command_line_is_on_the_page(browser):
    with serving(str(PENGUINS)) as server, visiting(browser, server, "?table") as visit:
        visit.page.locator(".file strong", has_text="penguins.csv").wait_for()
        visit.page.get_by_label("Target").select_option("species")
        visit.settled()
        visit.hurry()
        visit.play_until(lambda: visit.number("test-accuracy") > 90)


@pytest.mark.parametrize(
    ("width", "zoom"), [(320, 1), (360, 1), (640, 2), (768, 1), (1920, 1)]
)
def test_nothing_is_cut_off_at_any_width(browser, server, width, zoom):
    """A page of 1280 pixels at 200 % is one of 640 that are twice as large."""
    size = {"width": width, "height": 800 // zoom}
    options = {"viewport": size, "device_scale_factor": zoom}
    with visiting(browser, server, **options) as visit:
        visit.button("Keep").click()  # with a table to compare
        for screen, complete in SCREENS.items():
            visit.show(screen)
            visit.page.locator(complete).first.wait_for()
            visit.settled()
            wide = visit.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, screen
