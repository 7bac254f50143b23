"""The Python code that repeats a run of the command line, to the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run of ``walnet train`` was asked to do.

    Attributes
    ----------
    file : str
        The table's path.
    delimiter : str or None
        What stands between the cells, where it was given.
    reading : dict
        Fields of `walnet.ReadOptions`, those that were given.
    target : str
        The column to be predicted.
    test_share : float
        Share of the rows to test with; 0 for none.
    seed : int
        The source of all that is random.
    task : str or None
        Classification or regression, where it was given.
    model : str
        "tabular" for many networks, or "mlp" for a plain one.
    stream : bool
        Whether the rows are read block by block.
    options : dict
        What else was given to `TabularModel.fit` or `TableModel.fit`.
    model_file : str
        Where the model is saved.
    """

    file: str
    target: str
    model_file: str
    delimiter: str | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    test_share: float = 0.25
    seed: int = 0
    task: Literal["classification", "regression"] | None = None
    model: Literal["tabular", "mlp"] = "tabular"
    stream: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def python_code(recipe: Recipe, *, stopped_after: int = 0, reason: str = "") -> str:
    """Return a Python program that repeats a run.

    Parameters
    ----------
    recipe : Recipe
        What was asked for.
    stopped_after : int
        The number of epochs after which the run was interrupted, 0 if it was not.
    reason : str
        By what.

    Returns
    -------
    str
        The program. All that was given stands in it as a literal, so that a name
        cannot become code.

    Examples
    --------
    >>> recipe = Recipe(file="nuts.csv", target="kind", model_file="n.walnet")
    >>> print(python_code(recipe))
    # walnet ... gives the same numbers from the same file.
    import walnet
    <BLANKLINE>
    table = walnet.read_table('nuts.csv')
    train, test = walnet.split_table(table, 'kind', test_share=0.25, seed=0)
    model = walnet.TabularModel.fit(train, 'kind', random_state=0)
    print(model.evaluate(test))
    walnet.save(model, 'n.walnet')
    """
    if recipe.stream:
        return _stream_code(recipe, reason)
    given = {"delimiter": recipe.delimiter} if recipe.delimiter else {}
    given |= recipe.reading
    task = {"task": recipe.task} if recipe.task else {}
    plain = recipe.model == "mlp"
    seed = {"seed" if plain else "random_state": recipe.seed}
    fitting = {**task, **recipe.options, **seed}
    rows = "train" if recipe.test_share else "table"
    lines = [
        *_promise(recipe, reason),
        "import walnet",
        "",
        f"table = {_call('walnet.read_table', repr(recipe.file), **given)}",
    ]
    if recipe.test_share:
        share = {"test_share": recipe.test_share, "seed": recipe.seed, **task}
        split = _call("walnet.split_table", "table", repr(recipe.target), **share)
        lines.append(f"train, test = {split}")
    kind = "walnet.TableModel" if plain else "walnet.TabularModel"
    fit = _call(f"{kind}.fit", rows, repr(recipe.target), **fitting)
    if stopped_after and plain:
        lines += _stop(stopped_after, reason)
        fit = f"{fit[:-1]}, callback=stop)"
    return "\n".join(
        [
            *lines,
            f"model = {fit}",
            f"print(model.evaluate({'test' if recipe.test_share else 'table'}))",
            f"walnet.save(model, {recipe.model_file!r})",
        ]
    )


def _stream_code(recipe: Recipe, reason: str) -> str:
    """Return the program for rows that are read block by block."""
    rows = repr(recipe.file)
    if recipe.test_share:
        part = f"Part({recipe.test_share!r}, {recipe.seed}, is_chosen=False)"
        read = f"{_call('walnet.ReadOptions', **recipe.reading)}, "
        rows = f"Stream({rows}, {read if recipe.reading else ''}part={part})"
    task = {"task": recipe.task} if recipe.task else {}
    fitting = {**task, **recipe.options, "random_state": recipe.seed}
    call = _call("walnet.TabularModel.fit_stream", rows, repr(recipe.target), **fitting)
    return "\n".join(
        [
            *_promise(recipe, reason),
            "import walnet",
            *(["from walnet.tables import Part, Stream"] if recipe.test_share else []),
            "",
            f"model = {call}",
            f"walnet.save(model, {recipe.model_file!r})",
        ]
    )


def _promise(recipe: Recipe, reason: str) -> list[str]:
    """Return in comments how far the program gives the same numbers."""
    made = f"# walnet {version('walnet')} gives the same numbers from the same file"
    if recipe.model == "mlp":
        return [f"{made}."]
    if reason:
        return [f"{made},", f"# but for one thing: the run was {reason}."]
    if recipe.options.get("time_limit") is not None:
        return [f"{made},", "# as far as as much is learned within the time limit."]
    return [f"{made}."]


def _call(function: str, *arguments: str, **named: Any) -> str:
    """Return a call as Python code."""
    parts = [*arguments, *(f"{name}={value!r}" for name, value in named.items())]
    return f"{function}({', '.join(parts)})"


def _stop(epochs: int, reason: str) -> list[str]:
    """Return the function that ends a training where the run was interrupted."""
    return [
        "",
        "",
        "def stop(training):",
        f"    if training.epoch == {epochs}:",
        f"        training.stop({reason!r})",
        "",
        "",
    ]
