"""What a person takes away: Python that repeats the run, the model, its history."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from math import nan
from pathlib import Path

from walnet.engine.draws import permutation
from walnet.engine.kernels.machine.randomness import ROWS
from walnet.errors import HyperparameterError, WalnetError
from walnet.playground import messages as m
from walnet.playground.epochs import RECORDED
from walnet.playground.examples import train_rows
from walnet.playground.experiment import Lab

File = tuple[bytes, str]


def make_file(lab: Lab, kind: str) -> File:
    """Return one of the files to take away, and its media type.

    Raises
    ------
    HyperparameterError
        If there is no such file.
    """
    makers: dict[str, Callable[[Lab], File]] = {
        "python": lambda lab: (python_code(lab).encode(), "text/x-python"),
        "model": _model,
        "onnx": _onnx,
        "history": _history,
        "curve": _curve,
        "state": lambda lab: (_state(lab), "application/json"),
    }
    if kind not in makers:
        raise HyperparameterError(f"There is no file of the kind {kind[:40]!r}.")
    return makers[kind](lab)


def python_code(lab: Lab) -> str:
    """Return a script that repeats the run to the last bit, and checks that it did."""
    parts = [
        '"""Repeats a run of walnet\'s playground, to the last bit."""',
        _imports(lab),
        _data_code(lab.state.data),
        _network_code(lab),
        _training_code(lab),
        _check_code(lab),
    ]
    return "\n\n".join(parts) + "\n"


def _imports(lab: Lab) -> str:
    source = lab.state.data.source
    lines = ["import hashlib", ""]
    if source == "drawn":
        lines += ["import numpy as np", ""]
    lines.append("import walnet")
    if source == "file":
        lines += [
            "from walnet.tables import Schema, drop_unlabelled, read_table, split_rows",
            "from walnet.tables.target import fit_target",
        ]
    return "\n".join(lines)


def _data_code(data: m.DataState) -> str:
    if data.source == "file":
        return _file_code(data)
    if data.source == "drawn":
        return _drawn_code(data)
    arguments = f"n={data.size}, noise={data.noise!r}, seed={data.seed}"
    if data.source == "blobs":
        arguments += f", classes={data.classes}"
    n = train_rows(data.size, data.test_share)
    return (
        f"X, y = walnet.datasets.{data.source}({arguments})\n"
        f"X_train, y_train = X[:{n}], y[:{n}]\n"
        f"X_test, y_test = X[{n}:], y[{n}:]"
    )


def _drawn_code(data: m.DataState) -> str:
    order = permutation(data.seed, ROWS, len(data.points))
    rows = "".join(f"    {data.points[row]!r},\n" for row in order)
    n = train_rows(len(data.points), data.test_share)
    kind = "np.int64" if data.drawn_task == "classification" else "np.float64"
    return (
        f"points = np.array([\n{rows}])\n"
        f"X, y = points[:, :2], points[:, 2].astype({kind})\n"
        f"X_train, y_train = X[:{n}], y[:{n}]\n"
        f"X_test, y_test = X[{n}:], y[{n}:]"
    )


def _file_code(data: m.DataState) -> str:
    choice = data.file
    names = [name for name in choice.columns if name != choice.target]
    task = None if choice.task == "auto" else choice.task
    lines = [
        f"target = {choice.target!r}",
        f"columns = {[*names, choice.target]!r}",
        f"table = read_table({choice.name!r}).select(columns)",
        "table, _ = drop_unlabelled(table, target)",
    ]
    if data.test_share > 0:
        split = f"test_share={data.test_share!r}, seed={data.seed}"
        lines += [
            f"kind = fit_target(table[target], {task!r})",
            "is_class = hasattr(kind, 'labels')",
            "classes = kind.encode(table[target]) if is_class else None",
            f"rows, _ = split_rows(len(table), {split}, classes=classes)",
            "table = table.take(rows)",
        ]
    lines += [
        f"schema = Schema.fit(table, target, task={task!r})",
        "X_train, y_train = schema.encode(table), schema.encode_target(table)",
    ]
    return "\n".join(lines)


def _network_code(lab: Lab) -> str:
    network, chosen = lab.network, lab.state.network
    activations = list(network.activations[:-1])
    return (
        "network = walnet.Network(\n"
        f"    {list(network.layer_sizes)},\n"
        f"    activation={activations!r},\n"
        f"    output={network.activations[-1]!r},\n"
        f"    initializer={chosen.initializer!r},\n"
        f"    seed={chosen.seed},\n"
        ")"
    )


def _training_code(lab: Lab) -> str:
    """Return the settings, then training with what was changed by hand on the way."""
    from walnet import Settings

    settings = lab.settings
    plain = Settings(cost=settings.cost, optimizer=settings.optimizer).to_dict()
    kept = {"cost", "optimizer", "learning_rate", "batch_size", "seed"}
    if settings.optimizer in m.DECAYING:
        kept.add("weight_decay")
    options = [
        f"    {name}={value!r},"
        for name, value in settings.to_dict().items()
        if name in kept or (value != plain.get(name) and name != "iterations")
    ]
    lines = ["settings = walnet.Settings(", *options, ")"]
    lines.append("training = walnet.Training(network, X_train, y_train, settings)")
    here = 0
    for event in lab.timeline.events:
        if event.iteration > lab.timeline.iteration:
            break
        lines += _advance(event.iteration - here)
        here = event.iteration
        if event.kind == "learning_rate":
            lines.append(f"training.learning_rate = {event.value!r}")
        else:
            lines.append(f"network.parameters[{event.index}] = {event.value!r}")
    return "\n".join(lines + _advance(lab.timeline.iteration - here))


def _advance(iterations: int) -> list[str]:
    return [f"training.advance({iterations:_})"] if iterations else []


def _check_code(lab: Lab) -> str:
    digest = hashlib.sha256(lab.network.parameters.tobytes()).hexdigest()
    cost = lab.settings.cost
    return (
        f'print("iteration", training.iteration)\n'
        f'print("cost", network.cost(X_train, y_train, {cost!r}))\n'
        f'same = "{digest}"\n'
        "digest = hashlib.sha256(network.parameters.tobytes()).hexdigest()\n"
        'print("the same bits as in the playground:", digest == same)'
    )


def _model(lab: Lab) -> File:
    from walnet import save

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.walnet"
        save(lab.network, path)
        return path.read_bytes(), "application/octet-stream"


def _onnx(lab: Lab) -> File:
    """Return the ONNX file; the exporter may not be part of this installation."""
    try:
        to_onnx = importlib.import_module("walnet.export.onnx").to_onnx
    except ImportError as error:
        sentence = (
            "This installation cannot write ONNX files: "
            "take the model file, or install walnet with its onnx extra."
        )
        raise WalnetError(sentence) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        to_onnx(lab.network, path)
        return path.read_bytes(), "application/octet-stream"


def _history(lab: Lab) -> File:
    """Return what training recorded of each epoch up to here."""
    per_epoch = lab.timeline.training.iterations_per_epoch
    numbers, rows = lab.timeline.log.until(lab.timeline.iteration // per_epoch)
    if lab.data.task != "classification":
        rows = rows.copy()
        rows[:, RECORDED.index("accuracy")] = nan
    table = zip(numbers.tolist(), rows.tolist(), strict=True)
    lines = ((epoch, epoch * per_epoch, *row) for epoch, row in table)
    return _csv(("epoch", "iteration", *RECORDED), lines)


def _curve(lab: Lab) -> File:
    """Return the points of the cost curve that is drawn: what frames have shown."""
    names = ("train_cost", "test_cost", "train_accuracy", "test_accuracy")
    here = lab.timeline.iteration
    lines = (
        (int(point[0]), *point[1:]) for point in lab.curve.points if point[0] <= here
    )
    return _csv(("iteration", *names), lines)


def _csv(names: Iterable[str], lines: Iterable[Iterable[float]]) -> File:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(map(_cell, line) for line in lines)
    return text.getvalue().encode(), "text/csv"


def _cell(value: float) -> str:
    return "" if value != value else repr(value)  # noqa: PLR0124 - NaN differs from itself


def _state(lab: Lab) -> bytes:
    import msgspec

    return json.dumps(msgspec.to_builtins(lab.present_state()), indent=1).encode()
