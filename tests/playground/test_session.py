"""A page's session: what it promises about training, without a browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from playing import Page, at, need_page, start_server, steps, stop_server
from walnet.playground.frames import unpack

pytestmark = pytest.mark.timeout(300)

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def go(page: Page, iteration: int):
    """Train to exactly an iteration."""
    state = page.welcome["state"]
    run = {"iteration": iteration, "events": []}
    page.send(type="set_state", state=state | {"run": run})
    return page.frame(at(iteration))


def test_the_first_frame_shows_a_random_network_and_is_small(page):
    header, arrays = page.frame(at(0))
    assert header["iteration"] == 0
    assert 0.5 < header["train_cost"] < 1.0
    assert arrays["parameters"].shape == (25,)
    assert arrays["maps"].size == 7 * header["map_side"] ** 2


def test_a_frame_of_the_default_network_is_at_most_16_kB(server):
    with server.socket() as socket:
        Page(socket)
        sizes = []
        while not sizes:
            got = socket.recv(timeout=60)
            if isinstance(got, bytes) and unpack(got)[0]["kind"] == 0:
                sizes.append(len(got))
    assert sizes[0] <= 16_000


def test_reset_goes_back_to_the_same_start_bit_for_bit(page):
    _, before = page.frame(at(0))
    page.send(type="play")
    page.frame(lambda h: h["iteration"] > 1000)
    page.send(type="reset")
    header, after = page.frame(at(0))
    assert after["parameters"].tobytes() == before["parameters"].tobytes()
    assert header["furthest"] == 0


def test_a_new_seed_is_another_start(page):
    _, before = page.frame(at(0))
    state = page.welcome["state"]
    network = state["network"] | {"seed": 1}
    page.send(type="set_state", state=state | {"network": network})
    page.hear("data")
    _, after = page.frame(at(0))
    assert after["parameters"].tobytes() != before["parameters"].tobytes()


def test_rewinding_gives_the_same_bits_and_the_run_goes_on_the_same_way(page):
    _, there = go(page, 137)
    page.send(type="play")
    header, _ = page.frame(lambda h: h["iteration"] > 5000)
    page.send(type="pause")
    page.hear("run")
    page.send(type="seek", iteration=137)
    _, again = page.frame(at(137))
    for name in ("parameters", "maps", "boundary", "predictions"):
        assert again[name].tobytes() == there[name].tobytes()
    end = int(header["iteration"])
    page.send(type="seek", iteration=end)
    back, _ = page.frame(at(end))
    assert back["train_cost"] == header["train_cost"]


def test_one_iteration_and_one_epoch_are_exactly_that(page):
    page.send(type="step", unit="iteration")
    page.frame(at(1))
    page.send(type="step", unit="epoch")
    page.frame(at(25))
    page.send(type="step", unit="epoch")
    page.frame(at(50))


def test_the_cost_follows_an_edited_weight_and_nothing_else_is_trained(page):
    before, _ = page.frame(at(0))
    page.send(type="change", kind="parameter", index=3, value=40.0)
    header, arrays = page.frame(lambda h: h["train_cost"] != before["train_cost"])
    assert header["iteration"] == 0
    assert arrays["parameters"][3] == 40.0


def test_looking_in_another_way_adds_nothing_to_the_curve(page):
    steps(page, 3)
    state = page.welcome["state"]
    run = {"iteration": 75, "events": []}
    view = state["view"] | {"discretize": True}
    page.send(type="set_state", state=state | {"run": run, "view": view})
    header, _ = page.frame()
    assert header["iteration"] == 75
    assert header["generation"] == 1


def test_looking_in_another_way_does_not_stop_or_rewind_what_is_under_way(server):
    """The page asks with the iteration that it saw last, which is behind."""
    with server.socket() as socket:
        default = Page(socket).welcome["state"]
    wanted = default | {"run": {"iteration": 30_000, "events": []}}
    with server.socket() as socket:
        page = Page(socket, state=wanted)
        seen, _ = page.frame()
        assert seen["iteration"] < 30_000
        run = {"iteration": int(seen["iteration"]), "events": []}
        view = default["view"] | {"discretize": True}
        page.send(type="set_state", state=default | {"run": run, "view": view})
        page.frame(at(30_000))
        page.send(type="next")
        view = default["view"] | {"log_cost": True}
        page.send(type="set_state", state=default | {"run": run, "view": view})
        header, _ = page.frame()
        assert header["iteration"] == 30_000


def test_the_learning_rate_changes_while_it_runs_and_branches(page):
    page.send(type="play")
    page.frame(lambda h: h["iteration"] > 500)
    page.send(type="change", kind="learning_rate", value=0.01)
    page.frame(lambda h: h["learning_rate"] == 0.01)
    page.send(type="pause")
    runs = [m["run"]["events"] for m in page.heard if m["type"] == "run"]
    assert runs[-1][0]["kind"] == "learning_rate"
    page.send(type="seek", iteration=0)
    header, _ = page.frame(at(0))
    assert header["learning_rate"] == pytest.approx(0.1)


def test_a_change_in_the_past_drops_what_came_after(page):
    steps(page, 10)
    page.send(type="seek", iteration=100)
    page.frame(at(100))
    page.send(type="change", kind="learning_rate", value=0.5)
    header, _ = page.frame(lambda h: h["learning_rate"] == 0.5)
    assert header["furthest"] == 100


@pytest.mark.parametrize(
    ("stop", "reached"),
    [
        ({"cost": 0.1}, lambda header: header["train_cost"] <= 0.1),
        ({"accuracy": 0.95}, lambda header: header["train_accuracy"] >= 0.95),
        ({"epochs": 40}, lambda header: header["epoch"] == 40),
    ],
    ids=["cost", "accuracy", "epochs"],
)
def test_training_stops_at_the_first_epoch_that_is_good_enough(page, stop, reached):
    header, _ = page.frame(at(0))
    assert not reached(header)
    state = page.welcome["state"]
    page.send(type="set_state", state=state | {"stop": state["stop"] | stop})
    page.send(type="play")
    while not (said := page.hear("run"))["stopped"]:
        pass
    assert not said["playing"]
    end = said["run"]["iteration"]
    assert end % 25 == 0
    header, _ = page.frame(at(end))
    assert reached(header)
    page.send(type="seek", iteration=end - 25)
    before, _ = page.frame(at(end - 25))
    assert not reached(before)


def test_an_explosion_says_where_and_can_be_rewound(page):
    state = page.welcome["state"]
    data = state["data"] | {"source": "bumpy"}
    layers = [{"neurons": 8, "activation": "relu"}]
    training = state["training"] | {"learning_rate": 500.0}
    page.send(
        type="set_state",
        state=state
        | {
            "data": data,
            "network": state["network"] | {"layers": layers},
            "training": training,
        },
    )
    page.hear("data")
    page.send(type="play")
    problem = page.hear("problem")
    assert problem["kind"] == "diverged"
    assert problem["layer"] in {1, 2}
    assert str(problem["iteration"]) in problem["message"]
    page.send(type="seek", iteration=0)
    page.frame(at(0))
    page.send(type="change", kind="learning_rate", value=0.01)
    page.send(type="play")
    header, _ = page.frame(lambda h: h["iteration"] > 200)
    assert np.isfinite(header["train_cost"])


def test_a_lost_connection_is_taken_up_again_while_training(server):
    with server.socket() as socket:
        page = Page(socket)
        page.send(type="play", speed=2000)
        header, _ = page.frame(lambda h: h["iteration"] > 100)
        session = page.session
    with server.socket() as socket:
        again = Page(socket, session=session)
        assert again.session == session
        later, _ = again.frame(lambda h: h["iteration"] > header["iteration"])
        assert later["playing"] == 1


def test_a_closed_page_is_freed_within_5_seconds():
    need_page()
    server = start_server()  # its own: the sessions of other pages end meanwhile
    try:
        server.enter()
        process = psutil.Process(server.process.pid)
        with server.socket() as socket:
            page = Page(socket)
            page.send(type="play")
            page.frame(lambda h: h["iteration"] > 0, timeout=240)  # it compiles first
            with_it = process.num_threads()
        deadline = time.monotonic() + 5
        while process.num_threads() >= with_it and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.num_threads() < with_it
    finally:
        stop_server(server)


def test_two_pages_train_by_themselves(server):
    with server.socket() as one, server.socket() as two:
        first, second = Page(one), Page(two)
        assert first.session != second.session
        first.send(type="step", unit="epoch")
        first.frame(at(25))
        header, _ = second.frame(at(0))
        assert header["furthest"] == 0


def test_a_probe_is_the_network_at_that_place(page):
    page.send(type="probe", x=0.25, y=-0.5)
    said = page.hear("probe")
    assert said["inputs"] == [0.25, -0.5]
    assert [len(layer) for layer in said["activations"]] == [4, 2, 1]


def test_a_nudge_agrees_with_back_propagation(page):
    for layer, neuron, place in ((1, 2, 1), (2, 1, 4), (3, 1, 0)):
        page.send(type="nudge", layer=layer, neuron=neuron, input=place, example=5)
        said = page.hear("nudge")
        assert said["agrees"]
        assert said["analytic"] == pytest.approx(said["numeric"], abs=1e-6)


def test_an_iteration_is_written_out_with_the_numbers_of_training(page):
    steps(page, 2)
    page.send(type="trace", example=3, layer=1, neuron=2, decimals=17)
    said = page.hear("trace")
    assert said["iteration"] == 50
    assert [stage["name"] for stage in said["stages"]] == [
        "feed_forward",
        "cost",
        "back_propagation",
        "update",
    ]
    assert [len(layer) for layer in said["activations"]] == [4, 2, 1]
    update = said["stages"][3]["lines"][0]
    assert (update["base"], update["below"], update["layer"]) == ("w", [2, 1], 1)
    written = float(
        "".join(re.findall("<m[no]>(.*?)</m[no]>", update["numbers"][-1][1]))
        .replace("·10−", "e-")
        .replace("−", "-")
    )
    page.send(type="step", unit="iteration")
    _, arrays = page.frame(at(51))
    assert np.float32(written) == arrays["parameters"][2]


def test_the_surface_is_lowest_where_training_went(page):
    steps(page, 40)
    page.send(type="surface", kind="components")
    while True:
        got = page.socket.recv(timeout=60)
        if isinstance(got, bytes):
            header, arrays = unpack(got)
            if header["kind"] == 2:
                break
            page.send(type="next")
    side = int(arrays["surface"].size ** 0.5)
    grid = arrays["surface"].reshape(side, side)
    path = arrays["path"].reshape(-1, 2)
    low_x, high_x, low_y, high_y = arrays["extent"]

    def cost_at(place):
        column = round((place[0] - low_x) / (high_x - low_x) * (side - 1))
        row = round((place[1] - low_y) / (high_y - low_y) * (side - 1))
        return grid[row, column]

    assert cost_at(path[-2]) < cost_at(path[0])


def test_a_table_given_on_the_command_line_is_there_at_once():
    need_page()
    server = start_server(str(PENGUINS))
    try:
        server.enter()
        with server.socket() as socket:
            page = Page(socket)
            assert page.welcome["state"]["data"]["source"] == "file"
            assert page.welcome["state"]["data"]["file"]["name"] == "penguins.csv"
            header, _ = page.frame()
            assert np.isfinite(header["train_cost"])
    finally:
        assert "Traceback" not in stop_server(server)
