"""What the page must not lose: the run, its changes, links, tables, what was typed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from visiting import Visit, link_of, state, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def alerts(visit: Visit) -> list[str]:
    visit.settled()
    return visit.page.get_by_role("alert").all_inner_texts()


def chosen(visit: Visit, source: str) -> None:
    """Wait until a data set is the one that is learned from."""
    visit.page.locator(".tile[aria-pressed=true]", has_text=source).wait_for()
    assert alerts(visit) == []


def bring(visit: Visit, path: Path) -> None:
    box = visit.page.get_by_label("Choose a CSV file")
    box.set_input_files(path)
    visit.page.locator(".file strong", has_text=path.name).wait_for()


def bias(visit: Visit):
    """The box with the bias of a neuron that was opened."""
    visit.page.locator("#neuron-1-1").press("Enter")
    return visit.page.get_by_role("spinbutton", name="b bias")


def test_a_reload_goes_on_where_the_run_was(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    visit.page.reload()
    visit.wait_iteration("25")
    assert visit.number("train-cost") == cost
    visit.hurry()
    visit.button("Play").last.click()
    before = visit.wait_number("iteration", lambda iteration: iteration > 500)
    visit.page.reload()
    visit.settled()
    assert visit.number("iteration") >= before


def test_a_reload_on_the_way_to_a_link_s_iteration_still_leads_there(browser, server):
    far = {"run": {"iteration": 200_000}}
    address = base64.urlsafe_b64encode(json.dumps(far).encode()).decode().rstrip("=")
    visit = Visit(browser, server, path=f"#s={address}")
    before = visit.wait_number("iteration", lambda iteration: iteration > 0)
    assert before < 200_000
    visit.page.reload()
    visit.settled(seconds=150)
    assert state(visit)["run"]["iteration"] == 200_000
    visit.wait_number("iteration", lambda iteration: iteration == 200_000)
    visit.context.close()
    assert visit.wrong == []


def test_a_second_tab_goes_its_own_way(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    with visit.context.expect_page() as opened:
        visit.page.evaluate("link => { window.open(link) }", link_of(visit))
    other = object.__new__(Visit)
    other.page, other.context = opened.value, visit.context
    other.settled()
    other.show("Play")
    other.wait_iteration("25")
    assert other.number("train-cost") == cost
    other.button("Spirals").click()
    other.wait_iteration("0")
    visit.epoch()
    visit.wait_iteration("50")
    other.epoch()
    other.wait_iteration("25")
    for each, source in ((visit, "circles"), (other, "spirals")):
        each.page.reload()
        each.settled()
        assert state(each).get("data", {}).get("source", "circles") == source
    assert visit.number("iteration") == 50
    assert other.number("iteration") == 25


def test_back_and_forward_leave_the_run_as_it_is(visit):
    visit.epoch()
    visit.wait_iteration("25")
    visit.show("Compare")
    visit.show("Learn")
    visit.page.locator("#lesson-title").wait_for()
    visit.page.go_back()
    visit.page.locator("figure.second").wait_for()
    visit.page.go_back()
    visit.wait_iteration("25")
    visit.epoch()
    visit.wait_iteration("50")
    visit.page.go_forward()
    visit.page.locator("figure.second").wait_for()
    visit.show("Play")
    visit.wait_iteration("50")


def test_a_link_counts_in_an_open_tab_and_before_what_the_tab_was_at(visit):
    visit.button("Moons").click()
    visit.wait_iteration("0")
    visit.epoch()
    visit.wait_iteration("25")
    link = link_of(visit)
    for again in ("", "; location.reload()"):
        address = visit.page.url
        visit.button("Xor").click()
        chosen(visit, "Xor")
        visit.wait_until(lambda address=address: visit.page.url != address)
        visit.page.evaluate(f"link => {{ location.href = link{again} }}", link)
        visit.button("Take away").and_(visit.page.locator("[aria-current]")).wait_for()
        visit.show("Play")
        chosen(visit, "Moons")
        visit.wait_iteration("25")


def test_a_rate_that_is_slid_while_it_trains_is_one_change(visit):
    visit.button("Play").last.click()
    visit.wait_number("iteration", lambda iteration: iteration > 0)
    slider = visit.page.get_by_role("slider", name="Learning rate")
    slider.evaluate(
        """async slider => {
            for (let i = 0; i < 25; i++) {
                slider.stepUp();
                slider.dispatchEvent(new Event("input", {bubbles: true}));
                await new Promise(later => setTimeout(later, 0));
            }
        }"""
    )
    visit.settled()
    visit.pause()
    rate = visit.page.get_by_role("spinbutton", name="Learning rate")
    [event] = state(visit)["run"]["events"]
    assert event["value"] == float(rate.input_value()) > 0.1


def test_own_tables_can_be_undone_and_none_is_a_dead_end(visit, tmp_path):
    birds = tmp_path / "birds.csv"  # the page has penguins of its own
    birds.write_bytes(PENGUINS.read_bytes())
    bring(visit, birds)
    chosen(visit, "Your table")
    visit.button("Undo").click()
    chosen(visit, "Circles")
    visit.button("Redo").click()
    chosen(visit, "Your table")
    two = tmp_path / "two.csv"
    rows = (f"{i % 7},{i % 5},{'xy'[i % 2]}" for i in range(60))
    two.write_text("\n".join(["a,b,c", *rows]))
    bring(visit, two)
    visit.button("Undo").click()
    visit.page.get_by_text("birds.csv is not here any more").wait_for()
    visit.button("two.csv").click()
    chosen(visit, "Your table")
    assert visit.page.get_by_label("Target").input_value() == "c"


def test_a_run_is_not_lost_by_reset_home_or_a_comparison(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    visit.page.locator("h1").click()
    visit.page.keyboard.press("Home")
    visit.show("Compare")
    visit.page.get_by_label("Knob").select_option(index=2)
    visit.settled()
    visit.show("Play")
    visit.wait_iteration("25")
    visit.button("Reset").click()
    visit.wait_iteration("0")
    visit.button("Undo").click()
    visit.wait_iteration("25")
    assert visit.number("train-cost") == cost


def test_what_is_kept_while_it_plays_is_what_the_row_shows(visit):
    visit.button("Play").last.click()
    visit.wait_number("iteration", lambda iteration: iteration > 0)
    visit.button("Keep").click()
    visit.pause()
    runs = json.loads(visit.page.evaluate("localStorage.getItem('walnet-runs')"))
    assert runs[0]["iteration"] == runs[0]["state"]["run"]["iteration"] > 0
    visit.show("Compare")
    name = visit.page.locator("table input").first
    name.click()
    visit.page.keyboard.type("abc")
    visit.page.keyboard.press("Control+z")
    assert "abc" not in name.input_value()
    assert visit.button("Redo").is_disabled()


def test_a_bias_that_was_typed_stays_when_the_rate_is_chosen(visit):
    box = bias(visit)
    box.fill("7")
    box.press("Enter")
    visit.settled()
    cost = visit.number("train-cost")
    type_number(visit, "Learning rate", "0.3")
    assert box.input_value() == "7"
    assert visit.number("train-cost") == cost
    box.fill("1e7")
    box.press("Enter")
    [said] = alerts(visit)
    assert "from −1,000,000 to 1,000,000" in said
    assert box.input_value() == "7"


def test_drawing_starts_with_points_also_after_data_with_one_input(visit):
    visit.button("Sine").click()
    visit.wait_iteration("0")
    chosen(visit, "Sine")
    visit.button("Draw").click()
    visit.page.get_by_text("4 so far").wait_for()
    chosen(visit, "Draw")
    visit.epoch()
    visit.wait_iteration("1")


def test_what_is_open_stays_open_while_another_view_is_looked_at(visit):
    visit.page.get_by_text("Descent", exact=True).click()
    visit.page.get_by_text("More about training").click()
    visit.show("One step")
    visit.show("Play")
    visit.page.locator(".said", has_text="Stride").wait_for()
    assert visit.page.get_by_label("Update", exact=True).is_visible()
