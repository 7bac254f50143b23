"""Tabular estimators in model files: encoders of columns, and members; never code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct, field
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.errors import DataError, FileFormatError
from walnet.saving.labels import labels_from_json, labels_to_json
from walnet.tabular.base import BaseTabular
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.ensemble.bag import Bag
from walnet.tabular.ensemble.linear import LinearModel, n_linear_inputs
from walnet.tabular.ensemble.target_scale import Logarithm
from walnet.tabular.parameters import current
from walnet.tabular.recipes.recipe import CLASSIFICATION, REGRESSION, Recipe, Widths

Share = Annotated[float, Meta(ge=0, le=1)]
Size = Annotated[int, Meta(ge=1, le=2**20)]
Model = TypeVar("Model", bound=BaseTabular)
_OF_INTERVALS = {"residuals", "slopes", "spread"}


class Params(Struct, forbid_unknown_fields=True):
    """The parameters that an estimator was made with, by the names of version 1."""

    preset: str
    time_limit: float | None
    members: int | None
    epochs: int | None
    random_state: int | None
    threads: int | None
    recipe: dict[str, Any] | list[dict[str, Any]] | None = None


class SavedBag(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a file holds of a bag beside its parameters."""

    hidden_layers: Annotated[list[Size], Meta(max_length=20)] = field(name="hidden")
    activation: str
    sharpness: Annotated[float, Meta(gt=0)]
    numbers: Literal["waves", "ramps", "plain"] | None = None
    embed_numbers: bool | None = None  # what version 1 has instead

    def __post_init__(self) -> None:
        if (self.numbers is None) == (self.embed_numbers is None):
            raise ValueError("a bag must say how its networks see numbers, once")

    def recipe(self, usual: Recipe) -> Recipe:
        """Return the recipe, by which the parameters are laid out.

        How the members were trained is not in the file: that is as `usual`.
        """
        if self.activation not in ACTIVATIONS or self.activation == "softmax":
            raise FileFormatError(f"there is no activation {self.activation!r:.60}")
        return replace(
            usual,
            hidden_layers=tuple(self.hidden_layers),
            activation=self.activation,
            numbers=self.numbers or ("waves" if self.embed_numbers else "plain"),
        )


class Common(Struct, forbid_unknown_fields=True):
    """What a file holds of either estimator."""

    params: Params
    preprocessor: Preprocessor | None
    bags: Annotated[list[SavedBag], Meta(max_length=100)]
    n_features: Annotated[int, Meta(ge=1)]
    names: list[str] | None
    warnings: list[str]
    task: dict[str, Any]
    linear_unclips: bool = False


class ClassFacts(Struct, forbid_unknown_fields=True):
    """What a file holds of a classifier alone."""

    labels: dict[str, Any]
    shares: tuple[Share, ...]


class NumberFacts(Struct, forbid_unknown_fields=True):
    """What a file holds of a regressor alone."""

    mean: float
    deviation: Annotated[float, Meta(ge=0)]
    range: tuple[float, float]
    shares: tuple[Annotated[float, Meta(ge=0)], ...]
    possible: tuple[float, float] | None = None
    logarithm: Logarithm | None = None


def to_saved(
    model: BaseTabular, task: ClassFacts | NumberFacts
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a fitted estimator.

    Raises
    ------
    DataError
        If the recipe holds functions, which a file cannot.
    """
    params = msgspec.to_builtins(_plain_params(model), enc_hook=_plain)
    fitted = model.n_members_ > 0
    names = getattr(model, "feature_names_in_", None)
    header = Common(
        params=msgspec.convert(params, Params),
        preprocessor=model.preprocessor_ if fitted else None,
        bags=[
            SavedBag(
                list(bag.recipe.hidden_layers),
                bag.recipe.activation,
                bag.sharpness,
                bag.recipe.numbers,
            )
            for bag in model.bags_
        ],
        n_features=int(model.n_features_in_),
        names=None if names is None else [str(name) for name in names],
        warnings=list(model.warnings_),
        task=msgspec.to_builtins(task),
        linear_unclips=model.linear_ is not None and model.linear_.unclips,
    )
    arrays: dict[str, NDArray[Any]] = {
        f"bag {number}": bag.parameters for number, bag in enumerate(model.bags_, 1)
    }
    if model.linear_ is not None:
        arrays["linear"] = model.linear_.weights
    description: dict[str, Any] = msgspec.to_builtins(header)
    return description, arrays


def _plain_params(model: BaseTabular) -> dict[str, Any]:
    """Return the parameters by the names that they have in a file."""
    given = model.get_params(deep=False)
    kept = {name: given[name] for name in ("preset", "time_limit", "members", "recipe")}
    seed, n_jobs = given["random_state"], current(model, "n_jobs")
    return kept | {
        "epochs": current(model, "max_iter"),
        "random_state": seed if isinstance(seed, Integral) else None,
        "threads": {-1: None, None: 1}.get(n_jobs, n_jobs),
    }


def _plain(value: Any) -> Any:
    """Return what msgspec does not know as what it does: NumPy's numbers, mappings."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise DataError(
        f"the parameter recipe holds {type(value).__name__}, which a model file "
        "cannot: nothing in it is ever code; call set_params(recipe=None) before "
        "saving, predictions do not depend on it"
    )


def check_fitted(model: BaseTabular) -> None:
    """Raise an error if there is nothing to save yet."""
    if not hasattr(model, "n_members_"):
        name = type(model).__name__
        raise NotFittedError(f"this {name} is not fitted; call fit first")


def from_saved(
    model: Model, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> tuple[Model, dict[str, Any]]:
    """Fill a new estimator from a file, trusting neither header nor arrays.

    Returns
    -------
    model : TabularClassifier or TabularRegressor
        The estimator, with all that either of them has.
    task : dict
        What only one of them has.

    Raises
    ------
    FileFormatError
        If the header is not one of an estimator.
    """
    saved = converted(header, Common)
    params = msgspec.to_builtins(saved.params)
    threads, params["max_iter"] = params.pop("threads"), params.pop("epochs")
    params["recipe"] = _in_todays_words(params["recipe"])
    model.set_params(**params, n_jobs=-1 if threads is None else threads)
    model.n_features_in_ = saved.n_features
    if saved.names is not None:
        if len(saved.names) != saved.n_features:
            raise FileFormatError("the columns and their names do not belong together")
        model.feature_names_in_ = np.array(saved.names, object)
    model.warnings_, model.stopped_, model.stop_reason_ = saved.warnings, "", ""
    model.validation_loss_, model.linear_ = math.nan, None
    if "linear" in arrays:
        model.linear_ = LinearModel(arrays["linear"], saved.linear_unclips)
    if saved.preprocessor is not None:
        if not set(saved.preprocessor.names) <= set(model.column_names):
            raise FileFormatError("the encoders are not those of the columns")
        model.preprocessor_ = saved.preprocessor
    elif saved.bags:
        raise FileFormatError("the encoders of the members are missing")
    nothing = np.empty((0, 0), np.float32)
    widths = Widths(0, 0, (), 1)  # until the number of outputs is known
    usual = CLASSIFICATION if hasattr(model, "predict_proba") else REGRESSION
    model.bags_ = [
        Bag(
            bag.recipe(usual),
            widths,
            arrays.get(f"bag {number}", nothing),
            bag.sharpness,
        )
        for number, bag in enumerate(saved.bags, 1)
    ]
    model.n_members_ = sum(len(bag.parameters) for bag in model.bags_)
    return model, saved.task


def _in_todays_words(recipe: Any) -> Any:
    """Return a recipe of a file, in which version 1 may have named things otherwise."""
    if isinstance(recipe, list):
        return [_in_todays_words(each) for each in recipe]
    if not isinstance(recipe, dict):
        return recipe
    today = dict(recipe)
    if "hidden" in today:
        today["hidden_layers"] = today.pop("hidden")
    if "embed_numbers" in today:
        today["numbers"] = "waves" if today.pop("embed_numbers") else "plain"
    return today


def finish_saved(
    model: BaseTabular, arrays: dict[str, NDArray[Any]], n_outputs: int
) -> None:
    """Check that arrays, header and number of outputs belong together."""
    known = {f"bag {number}" for number in range(1, len(model.bags_) + 1)}
    if model.n_members_:
        known |= {"linear"}
    if not arrays.keys() <= known | _OF_INTERVALS:
        raise FileFormatError("the file holds arrays that no tabular model has")
    if len(model.shares_) != len(model.bags_) + bool(model.bags_):
        raise FileFormatError("the shares and the members do not belong together")
    if not model.bags_:
        return
    widths = model.widths(n_outputs)
    model.bags_ = [replace(bag, widths=widths) for bag in model.bags_]
    for bag in model.bags_:
        _check_members(bag.parameters, bag.n_parameters)
    if model.linear_ is not None:
        columns = model.preprocessor_
        n_levels = sum(columns.level_counts)
        shape = (n_linear_inputs(len(columns.scales), n_levels), n_outputs)
        weights = model.linear_.weights
        if weights.dtype != np.float64 or weights.shape != shape:
            message = "the linear model and the columns do not belong together"
            raise FileFormatError(message)


def _check_members(members: NDArray[Any], size: int) -> None:
    """Check that there are members, each with as many parameters as its recipe says."""
    fits = members.ndim == 2 and members.shape[1] == size and len(members)
    if members.dtype != np.float32 or not fits:
        raise FileFormatError("the members and the columns do not belong together")


def class_facts(labels: NDArray[Any], shares: tuple[float, ...]) -> ClassFacts:
    """Return what a file holds of a classifier alone."""
    return ClassFacts(labels_to_json(labels), shares)


def labels_of(facts: ClassFacts) -> NDArray[Any]:
    """Return the classes, after checking that they are sorted and differ."""
    labels = labels_from_json(facts.labels)
    if not len(labels) or len(np.unique(labels)) != len(labels):
        raise FileFormatError("the classes must differ, at least one")
    return labels


Facts = TypeVar("Facts")


def converted(description: Any, kind: type[Facts]) -> Facts:
    """Return a part of a header as what it has to be."""
    try:
        return msgspec.convert(description, kind)
    except msgspec.ValidationError as error:
        raise FileFormatError(f"the tabular model is not valid: {error}") from error
