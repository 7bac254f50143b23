"""``walnet demo``: a first network, from random weights to predicted labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from typer import Option

from walnet.cli import arguments as a
from walnet.cli.files import say_replaced
from walnet.cli.terminal import Screen
from walnet.errors import DataError
from walnet.words import count, number, percent

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from walnet.cli.interruption import Interruption
    from walnet.engine.history import History
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings
    from walnet.inspection.evaluation import Evaluation
    from walnet.tables import Table

    Labels = NDArray[np.int64]
    Points = NDArray[np.float64]

N_TRAIN, N_TEST, NOISE = 200, 100, 0.2
LEARNING_RATE, ITERATIONS = 2.0, 2000
_SHOWN = 5
_PICTURES = (
    *("1-data.png", "2-network-before.png", "3-cost.png"),
    *("4-network-after.png", "5-labels.png", "6-boundary.png"),
)
_REPORT = "report.html"


def demo(
    folder: Annotated[
        Path, Option("--folder", "-o", help="Where pictures and report go.")
    ] = Path("walnet-demo"),
    seed: a.Seed = 0,
) -> int:
    """Train a first network, step by step: two features, one label, 2-4-1 neurons."""
    import matplotlib as mpl

    from walnet.cli.interruption import Interruption

    screen = Screen()
    mpl.use("agg")  # files only, also where there is no display
    lesson = _begin(screen, folder, seed)  # refuses a seed before a folder is made
    _make(folder)
    say_replaced(screen, [folder / name for name in (*_PICTURES, _REPORT)])
    _show_data(lesson)
    _show_network(lesson)
    _show_first_predictions(lesson)
    _show_iteration(lesson)
    with Interruption() as interruption:
        history = _train(lesson, interruption)
        _show_labels(lesson)
        _write_report(lesson, history)
    return interruption.exit_code


class _Drawable(Protocol):
    """A picture."""

    figure_: Figure

    def plot(self) -> object:
        """Draw it in a new figure."""


@dataclass
class Lesson:
    """What the steps of the lesson share.

    Attributes
    ----------
    screen : Screen
        Where it is printed.
    folder : Path
        Where the pictures go.
    seed : int
        Where the points and the first weights come from.
    X, y : ndarray
        The points, and their labels.
    network : Network
        The network.
    settings : Settings
        How it is trained.
    """

    screen: Screen
    folder: Path
    seed: int
    X: Points
    y: Labels
    network: Network
    settings: Settings

    @property
    def learned(self) -> tuple[Points, Labels]:
        """The points to learn from."""
        return self.X[:N_TRAIN], self.y[:N_TRAIN]

    @property
    def unseen(self) -> tuple[Points, Labels]:
        """The points that the network does not learn from."""
        return self.X[N_TRAIN:], self.y[N_TRAIN:]

    def labels(self, X: Points) -> Labels:
        """Return predicted labels: 1 where the output is above a half."""
        return (self.network.feed_forward(X)[:, 0] > 0.5).astype(self.y.dtype)

    def right(self, X: Points, y: Labels) -> float:
        """Return the share of right labels."""
        from walnet.inspection.evaluation import accuracy

        return accuracy(y, self.labels(X))

    def heading(self, title: str) -> None:
        """Print the heading of a step."""
        self.screen.say()
        self.screen.say(title, style="bold")

    def draw(self, name: str, display: _Drawable) -> None:
        """Save a picture and say where."""
        from walnet.saving.atomic import open_atomically

        path = self.folder / name
        display.plot()
        with open_atomically(path) as file:
            display.figure_.savefig(file, format="png", dpi=120)
        self.screen.say(f"  picture: {path}", style="dim")


def _begin(screen: Screen, folder: Path, seed: int) -> Lesson:
    """Return the points and the network with its random weights."""
    import numpy as np

    from walnet.datasets import moons
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings

    data = moons(N_TRAIN + N_TEST, noise=NOISE, seed=seed)
    network = Network([2, 4, 1], output="sigmoid", seed=seed)
    settings = Settings(cost="mse", learning_rate=LEARNING_RATE, iterations=ITERATIONS)
    labels = data.y.astype(np.int64)
    return Lesson(screen, folder, seed, data.X, labels, network, settings)


def _show_data(lesson: Lesson) -> None:
    """Step 1."""
    from walnet.plots import DataDisplay

    X, y = lesson.learned
    lesson.heading("1  The data")
    lesson.screen.say(
        f"{len(y)} points to learn from, and {N_TEST} more to test with. A point\n"
        "has two features, x1 and x2, and a label: 0 in the upper moon, 1 in the lower."
    )
    lesson.screen.table(
        ["point", "x1", "x2", "label"],
        [
            [str(i), f"{X[i, 0]:.3f}", f"{X[i, 1]:.3f}", str(y[i])]
            for i in range(_SHOWN)
        ],
    )
    lesson.draw("1-data.png", DataDisplay(X, y))


def _show_network(lesson: Lesson) -> None:
    """Step 2."""
    from walnet.plots import NetworkDisplay

    network = lesson.network
    lesson.heading("2  The network, with random weights")
    lesson.screen.say(
        "Two inputs, one hidden layer of four neurons, one output neuron. Each neuron\n"
        "multiplies its inputs with weights, adds a bias, and applies its activation:\n"
        "Z = W·A + b, then A = tanh(Z), or sigmoid(Z) for the output between 0 and 1."
    )
    for layer in range(network.n_layers):
        for name, values in (("W", network.weights), ("b", network.biases)):
            lesson.screen.say(f"  {name}{layer + 1} = {_written(values[layer])}")
    lesson.screen.say(f"{network.n_parameters} parameters in all.")
    display = NetworkDisplay(network, ["x1", "x2"], ["label"])
    lesson.draw("2-network-before.png", display)


def _show_first_predictions(lesson: Lesson) -> None:
    """Step 3."""
    X, y = lesson.learned
    lesson.heading("3  Feed-forward: the first predictions, and their cost")
    outputs = lesson.network.feed_forward(X)[:, 0]
    lesson.screen.table(
        ["point", "y_orig", "y_pred", "(y_orig − y_pred)²"],
        [
            [str(i), str(y[i]), f"{outputs[i]:.4f}", f"{(y[i] - outputs[i]) ** 2:.4f}"]
            for i in range(_SHOWN)
        ],
    )
    lesson.screen.say(
        "The cost J is the mean of the last column over all points, 1/m · Σ (y_orig − "
        f"y_pred)²:\nJ = {lesson.network.cost(X, y):.4f}, and "
        f"{percent(lesson.right(X, y))} of the labels are right: hardly a guess."
    )


def _show_iteration(lesson: Lesson) -> None:
    """Step 4."""
    import walnet
    from walnet.tracing.text import write_line

    X, y = lesson.learned
    step = walnet.trace(lesson.network, X, y, example=0, settings=lesson.settings)
    lesson.heading("4  One iteration of back-propagation and gradient descent")
    lesson.screen.say(
        "How does J change with each weight? The chain rule tells, output first.\n"
        "Here it is written out for point 0 and one weight of the output neuron:"
    )
    lines = step.lines(layer=2, neuron=1)
    forward, cost, back, update = (lines[name] for name in lines)
    for line in [*forward, cost[0], *back[:4], update[0]]:
        for row in write_line(line, 4, "  "):
            lesson.screen.say(row)
    after = lesson.network.copy()
    after.parameters[:] = step.after
    lesson.screen.say(
        f"All {lesson.network.n_parameters} parameters move at once, each against its "
        f"derivative, by the\nlearning rate η = {LEARNING_RATE:g} times it: "
        f"J falls from {step.cost:.4f} to {after.cost(X, y):.4f}."
    )


def _train(lesson: Lesson, interruption: Interruption) -> History:
    """Step 5."""
    from walnet.engine.driver import train
    from walnet.engine.training import Training
    from walnet.models.network_model import NetworkModel
    from walnet.plots import CostDisplay, NetworkDisplay

    X, y = lesson.learned
    screen, network = lesson.screen, lesson.network
    lesson.heading(f"5  Training: {ITERATIONS:,} iterations")
    with screen.progress(NetworkModel.progress) as progress:

        def callback(training: Training) -> None:
            interruption(training)
            progress(training)

        history = train(network, X, y, lesson.settings, callback=callback)
    marks = [i for i in (1, 10, 100, 1000, ITERATIONS) if i <= len(history)]
    accuracy = history.accuracy if history.accuracy is not None else history.cost
    screen.table(
        ["iteration", "cost J", "right labels"],
        [
            [f"{i:,}", f"{history.cost[i - 1]:.4f}", percent(accuracy[i - 1])]
            for i in marks
        ],
    )
    if interruption.signal:
        screen.say(f"{interruption.reason} after {len(history):,} iterations")
    lesson.draw("3-cost.png", CostDisplay(history))
    display = NetworkDisplay(network, ["x1", "x2"], ["label"])
    lesson.draw("4-network-after.png", display)
    return history


def _show_labels(lesson: Lesson) -> None:
    """Step 6."""
    from walnet.plots import DecisionBoundaryDisplay, PredictionDisplay

    X, y = lesson.learned
    X_new, y_new = lesson.unseen
    lesson.heading("6  Original labels vs. predicted labels")
    predicted = lesson.labels(X_new)
    lesson.screen.table(
        [f"the {N_TEST} test points", "predicted 0", "predicted 1"],
        [
            [f"original {label}"]
            + [str(((y_new == label) & (predicted == p)).sum()) for p in (0, 1)]
            for label in (0, 1)
        ],
    )
    lesson.screen.say(
        f"Right labels: {percent(lesson.right(X, y))} of the points that were learned "
        f"from, {percent(lesson.right(X_new, y_new))} of the others."
    )
    lesson.draw("5-labels.png", PredictionDisplay(y_new, predicted, X_new))
    boundary = DecisionBoundaryDisplay(lesson.network, X_new, y_new)
    lesson.draw("6-boundary.png", boundary)


def _write_report(lesson: Lesson, history: History) -> None:
    """Write all into one page, and say what comes next."""
    import numpy as np

    from walnet.inspection.evaluation import evaluate_outputs
    from walnet.models.network_model import network_structure
    from walnet.report import ReportContent, write_report
    from walnet.tables import Schema, as_table

    X, y = lesson.X, lesson.y
    table = as_table({"x1": X[:, 0], "x2": X[:, 1], "label": y})
    rows = np.arange(len(y))

    def predict(some: Table) -> Any:
        features = [some[name].numbers() for name in ("x1", "x2")]
        return lesson.network.feed_forward(np.column_stack(features))

    schema = Schema.fit(table.take(rows[:N_TRAIN]), "label")
    counts = np.bincount(lesson.learned[1]).tolist()

    def evaluate(some: Table) -> Evaluation:
        return evaluate_outputs(schema, some, predict(some), counts)

    content = ReportContent(
        title="A first network: two half moons",
        table=table,
        schema=schema,
        training_rows=rows[:N_TRAIN],
        test_rows=rows[N_TRAIN:],
        predict=predict,
        on_training=evaluate(table.take(rows[:N_TRAIN])),
        on_test=evaluate(table.take(rows[N_TRAIN:])),
        structure=network_structure(lesson.network),
        network=lesson.network,
        history=history,
        course=(
            f"Trained {count(len(history), 'iteration')}: cost "
            f"{number(history.cost[0])} → {number(history.cost[-1])}."
        ),
        settings=lesson.settings.to_dict(),
        code=_code(lesson, len(history)),
    )
    path = lesson.folder / _REPORT
    write_report(path, content)
    X_new, y_new = lesson.unseen
    screen = lesson.screen
    screen.say()
    screen.say(f"Report: {path}  (all of it on one page; open it in a browser)")
    screen.say(
        "Next:   walnet play, or your own table: walnet train FILE --target COLUMN"
    )
    screen.say(
        f"Accuracy on the test points: {percent(lesson.right(X_new, y_new))}; cost J "
        f"{number(history.cost[0])} → {number(history.cost[-1])}",
        style="bold",
    )


def _code(lesson: Lesson, iterations: int) -> str:
    """Return the Python program that repeats the lesson."""
    return f"""import walnet

X, y = walnet.datasets.moons({N_TRAIN + N_TEST}, noise={NOISE}, seed={lesson.seed})
network = walnet.Network([2, 4, 1], output="sigmoid", seed={lesson.seed})
history = walnet.train(
    network,
    X[:{N_TRAIN}],
    y[:{N_TRAIN}],
    cost="mse",
    learning_rate={LEARNING_RATE},
    iterations={iterations},
)
print(network.feed_forward(X[{N_TRAIN}:])[:, 0] > 0.5)"""


def _written(values: NDArray[np.float32]) -> str:
    """Return weights or biases on one line."""
    if values.ndim == 2:
        return f"[{'  '.join(_written(row) for row in values)}]"
    return f"[{' '.join(f'{value:.2f}' for value in values)}]"


def _make(folder: Path) -> None:
    """Make the folder for the pictures."""
    from walnet.saving.atomic import explain_os_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot make the folder {str(folder)!r}: {explain_os_error(error)}"
        raise DataError(message) from error
