"""Files and links that somebody means ill with, or that broke on the way."""

from __future__ import annotations

import base64

import pytest
from visiting import Visit, carried

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SOON = 15_000  # milliseconds, on a busy machine
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
BAD = {
    "empty.csv": (b"", "is empty"),
    "picture.csv": (PNG, "bytes in it that are no text"),
    "sheet.xlsx": (b"PK\x03\x04 and so on", "workbook"),
    "columns.parquet": (b"PAR1 and so on PAR1", "Parquet file"),
    "short.csv.gz": (b"\x1f\x8b\x08\0\0\0\0\0\0\x03 no", "damaged or cut short"),
    "names.csv": (b"a,b,c\n", "has no rows"),
    "commas.csv": (b"," * 3_000_000 + b"\n" + b"," * 3_000_000, "playground takes"),
    "lesson.md": (b"no lesson at all", "a lesson begins with"),
}
TOO_LARGE = 68 * 2**20
LINKS = {
    "huge": ({"training": {"learning_rate": 1e300}}, "learning_rate must be a number"),
    "infinite": ('{"data": {"noise": 1e999}}', "noise must be a number"),
    "wide": ({"network": {"layers": [{"neurons": 1e9}]}}, "neurons must be a whole"),
    "many": ({"data": {"points": [[0, 0, 0]] * 50_000}}, "a list of at most"),
    "null": ({"view": None, "training": None}, "training must be an object"),
    "markup": (
        {"training": {"cost": "<img src=x onerror=alert(1)>"}},
        "must be one of",
    ),
    "deep": (
        '{"data": {"points": ' + "[" * 60_000 + "]" * 60_000 + "}}",
        "a list of 3",
    ),
    "deeper": ("[" * 60_000 + "]" * 60_000, "must be an object"),
    "no JSON": ('{"data": ', "damaged or cut short"),
}
DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    const options = { dataTransfer, bubbles: true, cancelable: true };
    const event = new DragEvent("drop", options);
    document.querySelector("main").dispatchEvent(event);
}"""


def goes_on(visit: Visit) -> None:
    """The page learns as it did before."""
    before = visit.number("iteration")
    visit.epoch()
    visit.wait_number("iteration", lambda iteration: iteration == before + 25)


def refused(visit: Visit, sentence: str) -> None:
    alert = visit.page.get_by_role("alert").filter(has_text=sentence)
    alert.wait_for(timeout=SOON)
    assert visit.page.get_by_role("alert").count() == 1


def test_bad_files_that_are_dropped_are_refused_in_a_sentence(visit):
    for name, (content, sentence) in BAD.items():
        dropped = base64.b64encode(content).decode()
        visit.page.evaluate(DROP, [name, dropped])
        refused(visit, sentence)
        visit.show("Play")
        goes_on(visit)


def test_68_MB_are_refused_at_once(visit, tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"a,b,c\n")
        file.truncate(TOO_LARGE)
    visit.page.get_by_label("Choose a CSV file").set_input_files(path)
    refused(visit, "large.csv is larger than the 64 MB")
    goes_on(visit)


@pytest.mark.parametrize("way", ["opened", "followed"])
def test_links_that_ask_for_the_impossible_are_refused_in_a_sentence(visit, way):
    home = visit.page.url.partition("#")[0]
    for link, sentence in LINKS.values():
        if way == "opened":
            visit.page.goto("about:blank")
        visit.page.goto(home + carried(link))
        visit.settled()
        refused(visit, "cannot be taken up")
        refused(visit, sentence)
        goes_on(visit)


def test_a_run_without_an_end_can_be_left(visit):
    home = visit.page.url.partition("#")[0]
    visit.page.goto(home + carried({"run": {"iteration": 2**53 - 1}}))
    visit.wait_number("iteration", lambda iteration: iteration > 1000)
    visit.button("Reset").click()
    visit.wait_iteration("0")
    goes_on(visit)


def test_texts_of_a_table_are_never_markup(visit, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    rows = "\n".join(f"{i},{i % 7},<b>{i % 2}</b>" for i in range(40))
    path = tmp_path / "evil.csv"
    path.write_text(f"{name},b,<script>alert(2)</script>\n{rows}\n")
    visit.page.on("dialog", lambda _: visit.wrong.append("a dialog opened"))
    visit.page.get_by_label("Choose a CSV file").set_input_files(path)
    visit.page.locator(".file strong", has_text="evil.csv").wait_for()
    visit.settled()
    for screen in ("Play", "One step", "Take away"):
        visit.show(screen)
        visit.settled()
        assert visit.page.locator("main :is(img, script)").count() == 0
