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
    box = visit.page.get_by_label("Choose a CSV or Parquet file")
    box.set_input_files(path)
    visit.page.locator(".file strong", has_text=path.name).wait_for()


def test_a_rate_that_is_slid_while_it_trains_is_one_change(visit):
    visit.button("Play").last.click()
    slider = visit.page.get_by_role("slider", name="Learning rate")
    slider.evaluate(
        """async slider => {
            for (let i = 0; i < 25; i++) {
                slider.stepUp();
                slider.dispatchEvent(new Event("input", {bubbles: true}));
                await new Promise(later => setTimeout(later, 10));
            }
        }"""
    )
    visit.settled()
    visit.pause()
    shown = visit.page.get_by_role("spinbutton", name="Learning rate").input_value()
    [event] = state(visit)["run"]["events"]
    assert event["value"] == float(shown) > 0.1


def test_a_link_that_cannot_be_taken_up_is_said_and_gone_on_without(visit, server):
    bad = base64.urlsafe_b64encode(b'{"network":{"seed":-1}}').decode().rstrip("=")
    visit.page.goto(f"{server.origin}/#s={bad}")
    visit.page.reload()
    alert = visit.page.get_by_role("alert")
    alert.get_by_text("cannot be taken up").wait_for()
    visit.wait_iteration("0")
    visit.button("Epoch").click()
    visit.wait_iteration("25")


def test_a_rewind_after_an_explosion_goes_to_where_it_still_learned(visit):
    visit.button("Bumpy").click()
    visit.page.get_by_label("Activation of layer 1").select_option("relu")
    visit.page.get_by_label("Activation of layer 2").select_option("relu")
    type_number(visit, "Learning rate", "30")
    first = visit.number("train-cost")
    visit.button("Play").last.click()
    visit.button("Rewind and lower the learning rate").click()
    assert alerts(visit) == []
    assert visit.number("train-cost") <= first
    rate = visit.page.get_by_role("spinbutton", name="Learning rate").input_value()
    assert rate == "3"


def test_a_link_counts_in_an_open_tab_and_before_what_the_tab_was_at(visit):
    visit.button("Moons").click()
    visit.wait_iteration("0")
    visit.button("Epoch").click()
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


def test_own_tables_can_be_undone_and_none_is_a_dead_end(visit, tmp_path):
    bring(visit, PENGUINS)
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
    visit.page.get_by_text("penguins.csv is not here any more").wait_for()
    visit.button("two.csv").click()
    chosen(visit, "Your table")
    assert visit.page.get_by_label("Target").input_value() == "c"


def test_a_table_too_wide_for_a_message_is_said_and_taken_back(visit, tmp_path):
    wide = tmp_path / "wide.csv"
    names = [f"column_{i}_{'x' * 170}" for i in range(400)]
    rows = [",".join(str(i * j % 17) for j in range(400)) for i in range(20)]
    wide.write_text("\n".join([",".join(names), *rows]))
    bring(visit, wide)
    before = visit.page.locator(".network .summary").inner_text()
    visit.page.evaluate(
        """() => document.querySelectorAll(".file input:not(:checked)")
            .forEach(each => each.click())"""
    )
    visit.page.get_by_text("more than the 64 kB").wait_for()
    visit.button("Epoch").click()
    visit.wait_iteration("1")
    assert visit.page.locator(".network .summary").inner_text() != before


def test_a_run_is_not_lost_by_reset_home_or_a_comparison(visit):
    keys = visit.page.keyboard
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    visit.page.locator("h1").click()
    keys.press("Home")
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


def test_a_weight_that_was_edited_stays_when_the_rate_is_chosen(visit):
    visit.button("Layer 1, neuron 2, tanh").dispatch_event("click")
    box = visit.page.get_by_label("w1 × x1")
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


def test_old_numbers_do_not_pass_a_challenge(visit):
    visit.play_until(lambda: visit.number("test-accuracy") > 97.5)
    visit.show("Learn")
    visit.page.get_by_text("This speaks of a network").wait_for()
    visit.page.get_by_role("button", name="Circle with three").click()
    visit.wait_iteration("0")
    assert visit.page.locator(".todo").get_by_text("Done.").count() == 0
    assert visit.page.get_by_text("This speaks of a network").count() == 0


def test_drawing_starts_with_points_also_after_data_with_one_input(visit):
    visit.button("Sine").click()
    visit.wait_iteration("0")
    chosen(visit, "Sine")
    visit.button("Draw").click()
    visit.page.get_by_text("4 so far").wait_for()
    chosen(visit, "Draw")
    visit.button("Epoch").click()
    visit.wait_iteration("1")


def test_the_map_answers_while_it_trains(visit):
    visit.button("Play").last.click()
    visit.page.locator(".map canvas").hover(position={"x": 40, "y": 200})
    visit.page.locator(".probe", has_text="% sure at").wait_for()
    visit.button("Pause").click()


def test_an_example_picked_among_many_is_the_one_written_out(visit):
    visit.page.get_by_text("More about the data").click()
    type_number(visit, "Examples", "5000")
    type_number(visit, "Kept for testing, per cent", "0")
    assert visit.page.get_by_test_id("test-accuracy").inner_text() == "–"
    visit.page.get_by_role("application").focus()
    for _ in range(4):
        visit.page.keyboard.press("n")
    visit.page.locator(".network .value").first.wait_for()
    visit.settled()
    x1, x2 = visit.page.locator(".network .value").all_inner_texts()[:2]
    visit.show("One step")
    box = visit.page.get_by_label("Example").first
    assert int(box.input_value()) > 3
    facts = visit.page.locator(".facts")
    facts.get_by_text(f"Example {box.input_value()}:").wait_for()
    shown = facts.inner_text().replace("−", "-")
    assert x1[:5] in shown
    assert x2[:5] in shown


def test_what_is_open_stays_open_while_another_view_is_looked_at(visit):
    visit.page.get_by_text("Cost surface", exact=True).click()
    visit.page.get_by_text("More about training").click()
    visit.show("One step")
    visit.show("Play")
    visit.page.get_by_text("Where the run went").wait_for()
    assert visit.page.get_by_label("Update", exact=True).is_visible()
