"""Ensembles for tables of each kind, quickly trained, and rows that surprise them."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd

from walnet import TabularClassifier, TabularRegressor
from walnet.tabular.ensemble.target_scale import Logarithm

FEW = {"preset": "fast", "max_iter": 6, "members": 3}


def mixed_table(n=240):
    """Return columns of each kind with gaps, a class and a number."""
    rng = np.random.default_rng(0)
    size = rng.normal(50, 10, n)
    paid = rng.random(n) > 0.5
    seconds = rng.integers(0, 80_000 * 86_400, n) * 1_000_000
    table = pd.DataFrame(
        {
            "size": size,
            "hue": rng.choice(["red", "green", "blue"], n).astype(object),
            "town": rng.choice([f"town {k}" for k in range(14)], n).astype(object),
            "side": rng.choice(["left", "right"], n).astype(object),
            "paid": paid,
            "day": np.datetime64("1890-01-01", "us") + seconds.astype("m8[us]"),
        }
    )
    kind = np.where((size > 50) ^ paid, "nut", "egg")
    price = size * 1e4 + paid * 1e5 + 1e6
    for step, name in ((7, "size"), (11, "hue"), (13, "town"), (17, "day")):
        table.loc[::step, name] = None
    return table, kind, price


def with_surprises(table):
    """Return rows with levels never seen and numbers far outside."""
    new = table.copy()
    for step, name in ((3, "side"), (4, "town"), (5, "hue")):
        new.loc[::step, name] = "never seen"
    new.loc[:3, "size"] = [1e300, -1e300, 1e9, 0.0]
    return new


def fit_each_kind():
    """Return a fitted ensemble of each kind by its name."""
    table, kind, price = mixed_table()
    # What a linear model says best, and networks of few epochs do not.
    large = np.where(table["size"].fillna(50) > 50, "large", "small")
    classifier = TabularClassifier(**FEW).fit(table, large)
    number = TabularRegressor(**FEW).fit(table, price)
    return {
        "linear": classifier,
        "alone": without_partner(classifier),
        "unclipped": with_unclipped_inputs(classifier),
        "number": number,
        "logarithm": with_logarithm(number),
        "plain": with_plain_numbers(table, kind),
    }


def with_unclipped_inputs(model):
    """Return the same networks, and a linear model that reads unclipped inputs."""
    twin = copy(model)
    twin.linear_ = replace(model.linear_, unclips=True)
    return twin


def with_logarithm(model):
    """Return the same networks as if they had learned a logarithm."""
    twin = copy(model)
    twin.logarithm_ = Logarithm(centre=3e5, scale=2e4)
    twin.mean_, twin.deviation_ = 4.0, 0.3
    return twin


def with_plain_numbers(table, kind):
    """Return an ensemble of which a bag's numbers go to the first layer as they are."""
    recipe = [{"numbers": "plain"}, {"hidden_layers": [8], "activation": "mish"}]
    return TabularClassifier(recipe=recipe, **FEW).fit(table, kind)


def without_partner(model):
    """Return the same networks with no linear model beside them."""
    _, header, arrays = model.to_saved()
    arrays = {name: array for name, array in arrays.items() if name != "linear"}
    return TabularClassifier.from_saved(header, arrays)
