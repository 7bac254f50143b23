"""The work behind one page: state in, network and training made, pictures out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from walnet import Network, Settings, Training
from walnet.engine.kernels.costs import COSTS
from walnet.playground import messages as m
from walnet.playground import pictures, surface
from walnet.playground.curve import Curve
from walnet.playground.data import PlaygroundData, make_data
from walnet.playground.evaluate import Scores, evaluate
from walnet.playground.frames import pack
from walnet.playground.timeline import Timeline

if TYPE_CHECKING:
    from walnet.playground.own_table import OwnTable


class Lab:
    """One playground: its state, its data, its network and its training.

    Parameters
    ----------
    state : PlaygroundState
        What to start with.
    table : OwnTable, optional
        The person's own table, where one was given on the command line.
    """

    def __init__(self, state: m.PlaygroundState, table: OwnTable | None = None) -> None:
        self.state = state
        self.table = table
        self.generation = 0
        self._data: PlaygroundData | None = None
        self._timeline: Timeline | None = None
        self.curve = Curve()

    @property
    def data(self) -> PlaygroundData:
        """The examples."""
        self.prepare()
        assert self._data is not None  # noqa: S101 - prepare() made it
        return self._data

    @property
    def timeline(self) -> Timeline:
        """The run."""
        self.prepare()
        assert self._timeline is not None  # noqa: S101 - prepare() made it
        return self._timeline

    @property
    def network(self) -> Network:
        """The network that is trained."""
        return self.timeline.training.network

    @property
    def settings(self) -> Settings:
        """The settings that the run started with."""
        return self.timeline.training.settings

    # Making.

    def prepare(self) -> None:
        """Make what the state asks for and is not made yet."""
        if self._data is None:
            self._data = make_data(self.state.data, self.state.view, self.table)
        if self._timeline is None:
            self._timeline = self._new_timeline(self._data)
            self.generation += 1
            self._start_curve()

    def set_state(self, state: m.PlaygroundState) -> bool:
        """Take over a whole state; return whether the run was made anew."""
        old, self.state = self.state, state
        if state.data != old.data:
            self._data = self._timeline = None
        elif _planes(state.view) != _planes(old.view) and self._data is not None:
            self._data = self._data.with_view(state.view)
        training = state.network != old.network or state.training != old.training
        if training or state.run.events != self._events():
            self._timeline = None
        anew = self._timeline is None
        self.prepare()
        return anew or _planes(state.view) != _planes(old.view)

    def changes_view_only(self, state: m.PlaygroundState) -> bool:
        """Whether a state differs from the present one in its view alone.

        Its run is then what the page saw last, not where the run should go.
        """
        now = self.present_state()
        run = msgspec.structs.replace(state.run, iteration=now.run.iteration)
        with_our_view = msgspec.structs.replace(state, view=now.view, run=run)
        return state.view != now.view and with_our_view == now

    def use_table(self, table: OwnTable) -> None:
        """Take the person's own table as what is learned from.

        Where it is the one that the state was made with, the state stays as it is.
        """
        self.table = table
        state = self.present_state()
        self._data = self._timeline = None
        if state.data.source == "file" and state.data.file.sha256 == table.sha256:
            return
        data = msgspec.structs.replace(
            self.state.data, source="file", file=table.first_choice()
        )
        # No two of many columns show the classes apart as their components do.
        view = msgspec.structs.replace(
            self.state.view, axis_x=0, axis_y=1, components=True
        )
        self.state = msgspec.structs.replace(
            self.state, data=data, view=view, run=m.RunState()
        )

    def _new_timeline(self, data: PlaygroundData) -> Timeline:
        network = self.state.network
        sizes = [data.X_train.shape[1], *(layer.neurons for layer in network.layers)]
        activation: Any = [layer.activation for layer in network.layers]
        made = Network(
            [*sizes, data.n_outputs],
            activation=activation,
            output=data.output,
            initializer=network.initializer,
            seed=network.seed,
        )
        self._check_events(made.n_parameters)
        training = Training(made, data.X_train, data.y_train, self._settings(data))
        return Timeline(training, list(self.state.run.events))

    def _check_events(self, n_parameters: int) -> None:
        """Refuse a link's changes of parameters that the network has not got."""
        run = self.state.run
        self.state = msgspec.structs.replace(self.state, run=m.RunState())
        for event in run.events:
            if event.kind == "parameter":
                check_parameter(event.index, n_parameters)
        self.state = msgspec.structs.replace(self.state, run=run)

    def _settings(self, data: PlaygroundData) -> Settings:
        chosen = self.state.training
        rows = len(data.X_train)
        fits = chosen.cost != "auto" and cost_fits(chosen.cost, data.output)
        decays = chosen.optimizer in m.DECAYING
        rates = tuple(layer.dropout for layer in self.state.network.layers)
        return Settings(
            cost=chosen.cost if fits else data.cost,
            learning_rate=chosen.learning_rate,
            batch_size=min(chosen.batch_size, rows) or None,
            optimizer=chosen.optimizer,
            l1=chosen.l1,
            l2=chosen.l2,
            weight_decay=chosen.weight_decay if decays else None,
            dropout=rates if any(rates) else 0.0,
            seed=chosen.seed,
        )

    # Going about in the run.

    def pending_goal(self) -> int | None:
        """Return the iteration that the state asks for and the run is not at."""
        wanted = self.state.run.iteration
        timeline = self.timeline
        if wanted == timeline.iteration:
            return None
        timeline.seek(wanted)
        return wanted if wanted > timeline.iteration else None

    def seek(self, iteration: int) -> int | None:
        """Go to, or towards, an iteration that the run has been at."""
        timeline = self.timeline
        wanted = min(iteration, timeline.furthest)
        timeline.seek(wanted)
        return wanted if wanted > timeline.iteration else None

    def reset(self) -> None:
        """Go back to the same start."""
        self.timeline.reset()
        self._start_curve()

    def change(self, message: m.Change) -> None:
        """Change the learning rate or a parameter where the run is."""
        if message.kind == "parameter":
            check_parameter(message.index, self.network.n_parameters)
        elif message.value < 0:
            raise_sentence("The learning rate must be at least 0.")
        timeline = self.timeline
        event = m.RunEvent(
            timeline.iteration, message.kind, message.value, message.index
        )
        if len(timeline.kept_by(event)) >= m.MAX_EVENTS:
            raise_sentence(
                f"A run holds up to {m.MAX_EVENTS} changes by hand: go back, or reset."
            )
        timeline.change(event)
        self.curve.cut(event.iteration)

    def _events(self) -> list[m.RunEvent]:
        return self._timeline.events if self._timeline else self.state.run.events

    # What the page is told.

    def welcome(self, session: str) -> m.Welcome:
        """Return the session and its state."""
        table = self.table
        file = table.first_choice() if table else m.FileChoice()
        columns = table.columns if table else []
        return m.Welcome(session, self.present_state(), file, columns)

    def present_state(self) -> m.PlaygroundState:
        """Return the state with the run as it is now."""
        if self._timeline is not None:
            run = m.RunState(self._timeline.iteration, self._timeline.events)
            self.state = msgspec.structs.replace(self.state, run=run)
        return self.state

    def run_info(self, *, playing: bool, branched: bool, stopped: str) -> m.RunInfo:
        """Return where the run is, and why it stopped by itself."""
        run = self.present_state().run
        return m.RunInfo(run, self.timeline.furthest, playing, branched, stopped)

    def data_messages(self) -> list[m.ServerMessage | bytes]:
        """Return what the examples are, then their coordinates."""
        data, network = self.data, self.network
        info = m.DataInfo(
            task=data.task,
            inputs=data.inputs,
            classes=data.classes,
            target=data.target,
            n_train=len(data.X_train),
            n_test=len(data.X_test),
            n_shown=len(data.shown_inputs),
            x_label=data.plane.labels[0],
            y_label=data.plane.labels[1],
            x_range=data.plane.x_range,
            y_range=data.plane.y_range,
            layer_sizes=list(network.layer_sizes),
            activations=list(network.activations),
            cost=self.settings.cost,
            iterations_per_epoch=self.timeline.training.iterations_per_epoch,
            notes=data.notes,
        )
        return [info, pack("data", {"generation": self.generation}, data.shown_arrays)]

    def frame(self, playing: bool, speed: float, *, gradients: bool) -> bytes:  # noqa: FBT001
        """Return a frame of the present moment."""
        network, data, training = self.network, self.data, self.timeline.training
        seen = evaluate(network, data, self.settings.cost)
        arrays = pictures.frame_arrays(network, data)
        if gradients:
            arrays["gradients"] = self._gradients()
        self._add_to_curve(seen)
        header = {
            "iteration": training.iteration,
            "epoch": training.iteration / training.iterations_per_epoch,
            "furthest": self.timeline.furthest,
            "learning_rate": training.learning_rate,
            "iterations_per_second": speed,
            "playing": float(playing),
            "map_side": pictures.map_side(network),
            "boundary_side": pictures.BOUNDARY_SIDE,
            "generation": self.generation,
            **seen.header(),
        }
        return pack("frame", header, arrays)

    def curve_frame(self) -> bytes:
        """Return the whole cost curve that was seen so far."""
        arrays = {"curve": self.curve.array()}
        return pack("curve", {"generation": self.generation}, arrays)

    def _gradients(self) -> NDArray[np.float32]:
        X, y = self.data.evaluated_train
        gradients = self.network.back_propagate(X, y, cost=self.settings.cost)
        return gradients.flat.astype(np.float32)

    def _start_curve(self) -> None:
        """Begin the curve with the random network, however soon training goes on."""
        self.curve = Curve()
        self._add_to_curve(evaluate(self.network, self.data, self.settings.cost))

    def _add_to_curve(self, seen: Scores) -> None:
        self.curve.add(self.timeline.iteration, seen.values())

    # Looking closer.

    def trace(self, message: m.Trace) -> m.TraceInfo:
        """Return the next iteration, written out."""
        from walnet.playground.trace_message import write_out

        return write_out(self.timeline.training, self.data, message)

    def nudge(self, message: m.Nudge) -> m.NudgeInfo:
        """Return a derivative beside its finite difference."""
        from walnet.playground.trace_message import nudge

        return nudge(self.timeline.training, self.data, message)

    def probe(self, x: float, y: float) -> m.ProbeInfo:
        """Return the activations of every layer at a place of the map."""
        inputs = self.data.plane.place(x, y)
        layers = self.network.layer_outputs(inputs)
        activations = [A[0].astype(float).tolist() for _, A in layers]
        return m.ProbeInfo(x, y, inputs[0].astype(float).tolist(), activations)

    def surface(self, message: m.Surface) -> bytes:
        """Return the cost's surface around the run, and the run's path over it."""
        if message.kind == "parameters":
            last = max(message.first, message.second)
            check_parameter(last, self.network.n_parameters)
        arrays = surface.surface_arrays(
            self.timeline, self.data.evaluated_train, self.settings.cost, message
        )
        return pack("surface", {"generation": self.generation}, arrays)


def cost_fits(cost: str, output: str) -> bool:
    """Whether a cost can be had with an output activation."""
    outputs = COSTS[cost].outputs
    return not outputs or output in outputs


def check_parameter(index: int, n_parameters: int) -> None:
    """Refuse a parameter that the network has not got."""
    if index >= n_parameters:
        raise_sentence(f"This network has no parameter {index}.")


def raise_sentence(sentence: str) -> None:
    """Refuse a request in one sentence."""
    from walnet.errors import HyperparameterError

    raise HyperparameterError(sentence)


def _planes(view: m.ViewState) -> tuple[int, int, bool]:
    return view.axis_x, view.axis_y, view.components
