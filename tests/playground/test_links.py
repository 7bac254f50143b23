"""Links that a page gives away: where they lead, and what of the page they show."""

from __future__ import annotations

import pytest
from visiting import link_of, state

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DENIED = """
const denied = () => { throw new DOMException("denied", "SecurityError"); };
Object.defineProperty(window, "localStorage", { get: denied });
Object.defineProperty(window, "sessionStorage", { get: denied });
history.pushState = history.replaceState = denied;
"""


def region(visit, name):
    return visit.page.get_by_role("region", name=name, exact=True)


def follow(visit, link):
    visit.page.goto("about:blank")
    visit.page.goto(link)
    visit.settled()


def test_a_link_leads_to_the_page_wherever_it_is(visit):
    visit.page.goto(visit.page.url.split("#")[0] + "index.html?of=something")
    visit.settled()
    visit.show("Play")
    home = visit.page.url.split("?")[0].split("#")[0]
    assert home.endswith("/index.html")
    assert link_of(visit).startswith(home + "#s=")


def test_a_class_sees_what_its_teacher_has_ticked(visit):
    visit.show("Play")
    visit.show("Take away")
    visit.page.get_by_text("A link for a class", exact=True).click()
    for name in ("Data", "Reset and New seed", "Adding and changing layers"):
        visit.page.get_by_role("checkbox", name=name, exact=True).uncheck()
    box = visit.page.get_by_label("Link for a class", exact=True)
    follow(visit, box.input_value())
    region(visit, "Network").wait_for()
    assert region(visit, "Training").count() == 1
    assert region(visit, "Data").count() == 0
    assert visit.button("Epoch").count() == 1
    assert visit.button("Reset").count() == visit.button("Layer").count() == 0
    hidden = state(visit)["view"]["hidden"]
    assert hidden == ["data", "layers", "start"]
    visit.show("Take away")
    visit.button("Show everything here again").click()
    visit.show("Play")
    region(visit, "Data").wait_for()


def test_an_embedded_page_has_no_header_and_stays_so(visit):
    visit.show("Play")
    follow(visit, link_of(visit) + "&embed")
    visit.button("Play").last.wait_for()
    assert visit.page.get_by_role("navigation").count() == 0
    visit.button("Epoch").click()
    visit.wait_until(lambda: "&embed" in visit.page.url and "s=" in visit.page.url)
    visit.page.reload()
    visit.settled()
    assert visit.page.get_by_role("navigation").count() == 0


def test_a_page_without_stores_and_history_trains(visit):
    """As in a frame of an origin of its own, where every access to a store throws."""
    visit.page.add_init_script(DENIED)
    follow(visit, visit.page.url)
    for screen in ("Play", "Compare", "Learn", "Play"):
        visit.show(screen)
    visit.button("Epoch").click()
    visit.settled()
    assert visit.number("iteration") > 0
