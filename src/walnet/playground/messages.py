"""Everything the page and the server say to each other, defined once.

``tools/generate_protocol.py`` writes the same types for the page. The whole state of
the playground is one value, :class:`PlaygroundState`: links, undo and the exported
Python are made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct, field

from walnet.engine.initializers import INITIALIZERS
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.settings import TABLE, Settings

PROTOCOL = 1
MAX_LAYERS = 8
MAX_NEURONS = 32
MAX_CLASSES = 8
MAX_DRAWN = 1_000
MAX_EVENTS = 500
MAX_PARAMETER = 1e6
LOGGED_EPOCHS = 2**17
CURVE_POINTS = 2_048

Source = Literal[
    "moons",
    "circles",
    "xor",
    "spirals",
    "gaussians",
    "blobs",
    "plane",
    "sine",
    "bumpy",
    "drawn",
    "file",
]
# What the engine has, less what a page cannot use: activations of output layers, and
# costs that ask for an output or a parameter that it has not.
_NOT_HERE = {"softmax", "exponential", "quantile", "poisson"}
if TYPE_CHECKING:
    Activation: TypeAlias = str
    Cost: TypeAlias = str
    Optimizer: TypeAlias = str
    Initializer: TypeAlias = str
else:
    Activation = Literal[tuple(name for name in ACTIVATIONS if name not in _NOT_HERE)]
    Cost = Literal["auto", *(name for name in COSTS if name not in _NOT_HERE)]
    Optimizer = Literal[tuple(OPTIMIZERS)]
    Initializer = Literal[INITIALIZERS]
DECAYING = tuple(name for name, row in OPTIMIZERS.items() if row.weight_decay)
"""Update rules that take weight decay, on the page."""
Task = Literal["classification", "regression"]
StageName = Literal["feed_forward", "cost", "back_propagation", "update"]


def _at_most(setting: str, most: float) -> Any:
    """Return the range of one of the engine's settings, up to the page's own end."""
    low, ends = TABLE[setting].low, TABLE[setting].ends
    return Meta(ge=low, le=most) if ends[0] == "[" else Meta(gt=low, le=most)


Seed = Annotated[int, _at_most("seed", 2**31 - 1)]
Fraction = Annotated[float, Meta(ge=0.0, le=0.9)]
Rate = Annotated[float, _at_most("learning_rate", 1_000.0)]
Penalty = Annotated[float, _at_most("l2", 10.0)]
Iteration = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=500)]
Coordinate = Annotated[float, Meta(ge=-1e6, le=1e6)]
Row = Annotated[int, Meta(ge=0, le=10_000_000)]
Place = Annotated[int, Meta(ge=1, le=1_000)]
Point = tuple[Coordinate, Coordinate, Coordinate]


class FileChoice(Struct, forbid_unknown_fields=True):
    """Which columns of the person's own table are learned from."""

    name: Name = ""
    sha256: Annotated[str, Meta(max_length=64)] = ""
    target: Name = ""
    columns: Annotated[list[Name], Meta(max_length=1_000)] = field(default_factory=list)
    task: Literal["auto", "classification", "regression"] = "auto"


class DataState(Struct, forbid_unknown_fields=True):
    """Where the examples come from."""

    source: Source = "circles"
    size: Annotated[int, Meta(ge=10, le=5_000)] = 500
    noise: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.1
    classes: Annotated[int, Meta(ge=2, le=MAX_CLASSES)] = 3
    test_share: Fraction = 0.5
    seed: Seed = 0
    points: Annotated[list[Point], Meta(max_length=MAX_DRAWN)] = field(
        default_factory=list
    )
    drawn_task: Task = "classification"
    file: FileChoice = field(default_factory=FileChoice)


class LayerState(Struct, forbid_unknown_fields=True):
    """One hidden layer."""

    neurons: Annotated[int, Meta(ge=1, le=MAX_NEURONS)] = 4
    activation: Activation = "tanh"
    dropout: Fraction = 0.0


def _default_layers() -> list[LayerState]:
    return [LayerState(4), LayerState(2)]


class NetworkState(Struct, forbid_unknown_fields=True):
    """The hidden layers and where their parameters start."""

    layers: Annotated[list[LayerState], Meta(max_length=MAX_LAYERS)] = field(
        default_factory=_default_layers
    )
    initializer: Initializer = "auto"
    seed: Seed = 0


class TrainingChoice(Struct, forbid_unknown_fields=True):
    """How the network is trained.

    A batch size of 0 means all training rows. Weight decay is that of an optimizer that
    has it.
    """

    cost: Cost = "auto"
    learning_rate: Rate = Settings.learning_rate
    batch_size: Annotated[int, Meta(ge=0, le=100_000)] = 10
    optimizer: Optimizer = "gradient_descent"
    l1: Penalty = 0.0
    l2: Penalty = 0.0
    weight_decay: Penalty = OPTIMIZERS[DECAYING[0]].weight_decay
    seed: Seed = 0


class StopChoice(Struct, forbid_unknown_fields=True):
    """When training stops by itself, looked at after every epoch; 0 means never.

    Cost and accuracy are those on the training examples. The run itself is the same
    with and without: only where it pauses differs.
    """

    cost: Annotated[float, Meta(ge=0.0, le=1e6)] = 0.0
    accuracy: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    epochs: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0


class RunEvent(Struct, forbid_unknown_fields=True):
    """Something changed by hand while training stood at an iteration."""

    iteration: Iteration
    kind: Literal["learning_rate", "parameter"]
    value: Annotated[float, Meta(ge=-MAX_PARAMETER, le=MAX_PARAMETER)]
    index: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class RunState(Struct, forbid_unknown_fields=True):
    """How far training has come and what was changed by hand on the way."""

    iteration: Iteration = 0
    events: Annotated[list[RunEvent], Meta(max_length=MAX_EVENTS)] = field(
        default_factory=list
    )


class ViewState(Struct, forbid_unknown_fields=True):
    """What is looked at. The server needs only the plane; the rest is the page's."""

    screen: Literal["play", "step", "compare", "take_away", "learn"] = "play"
    axis_x: Annotated[int, Meta(ge=0, le=1_000)] = 0
    axis_y: Annotated[int, Meta(ge=0, le=1_000)] = 1
    components: bool = False
    discretize: bool = False
    show_test: bool = False
    log_cost: bool = False
    decimals: Literal[3, 6, 17] = 3
    example: Row = 0


class PlaygroundState(Struct, forbid_unknown_fields=True):
    """The playground's whole state."""

    data: DataState = field(default_factory=DataState)
    network: NetworkState = field(default_factory=NetworkState)
    training: TrainingChoice = field(default_factory=TrainingChoice)
    stop: StopChoice = field(default_factory=StopChoice)
    run: RunState = field(default_factory=RunState)
    view: ViewState = field(default_factory=ViewState)


# From the page to the server.


class Hello(Struct, tag="hello", tag_field="type", forbid_unknown_fields=True):
    """The first message: take up a session again, or start one from a state."""

    protocol: int
    session: Annotated[str, Meta(max_length=64)] = ""
    state: PlaygroundState | None = None


class SetState(Struct, tag="set_state", tag_field="type", forbid_unknown_fields=True):
    """Replace the whole state; what differs decides what is made anew."""

    state: PlaygroundState


class Play(Struct, tag="play", tag_field="type", forbid_unknown_fields=True):
    """Train; a speed of 0 means as fast as it goes, else iterations a second."""

    speed: Annotated[float, Meta(ge=0.0, le=1e9)] = 0.0


class Pause(Struct, tag="pause", tag_field="type", forbid_unknown_fields=True):
    """Stop training where it is."""


class Step(Struct, tag="step", tag_field="type", forbid_unknown_fields=True):
    """Train one iteration, or to the end of the epoch."""

    unit: Literal["iteration", "epoch"] = "iteration"


class Seek(Struct, tag="seek", tag_field="type", forbid_unknown_fields=True):
    """Go to an iteration that training has been at."""

    iteration: Iteration


class Reset(Struct, tag="reset", tag_field="type", forbid_unknown_fields=True):
    """Go back to the same start and forget what was changed by hand."""


class Change(Struct, tag="change", tag_field="type", forbid_unknown_fields=True):
    """Change the learning rate or one parameter at the present iteration."""

    kind: Literal["learning_rate", "parameter"]
    value: Annotated[float, Meta(ge=-MAX_PARAMETER, le=MAX_PARAMETER)]
    index: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class NextFrame(Struct, tag="next", tag_field="type", forbid_unknown_fields=True):
    """Acknowledge a frame and ask for the next one."""

    gradients: bool = False


class Trace(Struct, tag="trace", tag_field="type", forbid_unknown_fields=True):
    """Write out the next iteration for one example and one neuron, counted from 1."""

    example: Row = 0
    layer: Place = 1
    neuron: Place = 1
    decimals: Literal[3, 6, 17] = 3


class Nudge(Struct, tag="nudge", tag_field="type", forbid_unknown_fields=True):
    """Compare a derivative with a finite difference; input 0 is the bias."""

    layer: Place
    neuron: Place
    input: Annotated[int, Meta(ge=0, le=1_000)] = 0
    example: Row = 0


class Probe(Struct, tag="probe", tag_field="type", forbid_unknown_fields=True):
    """Feed one place of the map forward through the network."""

    x: Coordinate
    y: Coordinate


class Surface(Struct, tag="surface", tag_field="type", forbid_unknown_fields=True):
    """Ask for the cost's surface over two parameters, or over two directions."""

    kind: Literal["parameters", "components"] = "components"
    first: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    second: Annotated[int, Meta(ge=0, le=1_000_000)] = 1


ClientMessage = (
    Hello
    | SetState
    | Play
    | Pause
    | Step
    | Seek
    | Reset
    | Change
    | NextFrame
    | Trace
    | Nudge
    | Probe
    | Surface
)


# From the server to the page; frames of numbers go as bytes, see frames.py.


class ColumnInfo(Struct):
    """One column of the person's own table."""

    name: str
    kind: str
    missing: int
    usable: bool


class Welcome(Struct, tag="welcome", tag_field="type"):
    """The session that the page has, the state it is in, and the table that is here.

    The state may be of another table: ``file`` is what to start with in this one.
    """

    session: str
    state: PlaygroundState
    file: FileChoice
    file_columns: list[ColumnInfo]


class DataInfo(Struct, tag="data", tag_field="type"):
    """What the examples are; their coordinates follow as bytes."""

    task: Task
    inputs: list[str]
    classes: list[str]
    target: str
    n_train: int
    n_test: int
    n_shown: int
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    layer_sizes: list[int]
    activations: list[str]
    cost: str
    iterations_per_epoch: int
    notes: list[str]


class RunInfo(Struct, tag="run", tag_field="type"):
    """Where the run is and what was changed by hand; sent when either changes."""

    run: RunState
    furthest: int
    playing: bool
    branched: bool
    stopped: str = ""


class Problem(Struct, tag="problem", tag_field="type"):
    """One sentence on what went wrong; the session goes on."""

    message: str
    kind: Literal["message", "state", "diverged", "limit"] = "message"
    iteration: int | None = None
    layer: int | None = None


class WrittenLine(Struct):
    """One quantity worked out: pieces of MathML, and what it speaks of."""

    left: str
    becomes: bool
    symbols: list[str]
    numbers: list[tuple[str, str]]
    note: str
    base: str
    below: list[int]
    layer: int


class WrittenStage(Struct):
    """Feed-forward, cost, back-propagation or update."""

    name: StageName
    lines: list[WrittenLine]


class TraceInfo(Struct, tag="trace", tag_field="type"):
    """One iteration written out for one neuron, as `walnet.trace` does it."""

    iteration: int
    example: int
    layer: int
    neuron: int
    facts: list[str]
    taking_part: bool
    inputs: list[float]
    activations: list[list[float]]
    errors: list[list[float]]
    stages: list[WrittenStage]


class NudgeInfo(Struct, tag="nudge", tag_field="type"):
    """A derivative beside its finite difference."""

    layer: int
    neuron: int
    input: int
    name: str
    h: float
    cost_up: float
    cost_down: float
    numeric: float
    analytic: float
    agrees: bool


class ProbeInfo(Struct, tag="probe", tag_field="type"):
    """The activations of every layer at one place of the map."""

    x: float
    y: float
    inputs: list[float]
    activations: list[list[float]]


class Status(Struct, tag="status", tag_field="type"):
    """What the server is doing when it takes longer than a moment; empty: nothing."""

    message: str


ServerMessage = (
    Welcome | DataInfo | RunInfo | Problem | TraceInfo | NudgeInfo | ProbeInfo | Status
)
