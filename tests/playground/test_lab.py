"""What a page's session works on, without a server."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from walnet.playground.curve import Curve
from walnet.playground.experiment import Lab
from walnet.playground.frames import unpack
from walnet.playground.messages import CURVE_POINTS
from walnet.playground.own_table import OwnTable, read_table
from walnet.playground.sessions import MAX_MESSAGE_BYTES

from walnet.errors import HyperparameterError
from walnet.playground import messages as m

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(scope="module")
def penguins() -> OwnTable:
    return read_table(PENGUINS.name, PENGUINS.read_bytes())


def test_the_curve_of_a_long_run_keeps_its_past():
    curve = Curve()
    for iteration in range(0, 400_000, 7):
        curve.add(iteration, (1.0, 1.0, 1.0, 1.0))
    where = curve.array()[:, 0]
    assert CURVE_POINTS / 2 <= len(where) <= CURVE_POINTS
    assert where[0] == 0
    assert np.diff(where).max() <= 400_000 / (CURVE_POINTS / 2)
    curve.cut(700)
    for iteration in range(700, 1400, 7):
        curve.add(iteration, (1.0, 1.0, 1.0, 1.0))
    assert curve.array()[-100:, 0].tolist() == list(range(700, 1400, 7))


def test_a_run_holds_as_many_changes_as_a_message_brings_back():
    change = m.Change("learning_rate", 0.5)
    events = [
        m.RunEvent(i, "learning_rate", 0.1 + i / 1000) for i in range(m.MAX_EVENTS)
    ]
    lab = Lab(m.PlaygroundState(run=m.RunState(m.MAX_EVENTS, events)))
    lab.timeline.advance(m.MAX_EVENTS)
    with pytest.raises(HyperparameterError, match="up to 500 changes by hand"):
        lab.change(change)
    lab.seek(m.MAX_EVENTS - 1)
    lab.timeline.advance(m.MAX_EVENTS - 1 - lab.timeline.iteration)
    lab.change(change)  # in the place of the last one
    sent = msgspec.json.encode(m.SetState(lab.present_state()))
    assert len(sent) < MAX_MESSAGE_BYTES
    assert msgspec.json.decode(sent, type=m.ClientMessage).state == lab.state


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_the_arrow_on_the_surface_is_the_next_iteration(optimizer):
    training = m.TrainingChoice(optimizer=optimizer, l2=0.05)
    lab = Lab(m.PlaygroundState(training=training))
    lab.timeline.advance(40)
    arrays = lab.surface(m.Surface("parameters", 0, 1))
    path = unpack(arrays)[1]["path"].reshape(-1, 2)
    before = lab.network.parameters.copy()
    lab.timeline.advance(1)
    step = lab.network.parameters - before
    assert path[-1] - path[-2] == pytest.approx(step[:2], abs=1e-6)


def test_the_rows_of_the_shown_examples_are_told():
    lab = Lab(m.PlaygroundState(data=m.DataState(size=5000)))
    arrays = lab.data.shown_arrays
    row = int(arrays["train_rows"][7])
    assert row > 7
    told = lab.trace(m.Trace(example=row)).inputs
    assert told == pytest.approx(arrays["train_points"].reshape(-1, 2)[7])


def test_a_table_proposes_a_column_of_words_as_its_target(penguins):
    choice = penguins.first_choice()
    assert choice.target == "species"
    assert "year" in choice.columns
    assert "species" not in choice.columns


def test_a_link_goes_on_once_its_table_is_there(penguins):
    file = msgspec.structs.replace(penguins.first_choice(), target="island")
    state = m.PlaygroundState(
        data=m.DataState(source="file", file=file),
        network=m.NetworkState([m.LayerState(3)]),
        run=m.RunState(20),
    )
    lab = Lab(state)
    lab.use_table(penguins)
    assert lab.state == state
    assert lab.pending_goal() == 20
    lab.timeline.advance(20)
    lab.use_table(penguins)  # the same once more
    assert lab.state.run.iteration == 20
    other = msgspec.structs.replace(file, sha256="another")
    lab = Lab(msgspec.structs.replace(state, data=m.DataState("file", file=other)))
    lab.use_table(penguins)
    assert lab.state.data.file == lab.welcome("").file == penguins.first_choice()
