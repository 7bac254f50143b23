"""A run of the page, repeated with walnet's public names: what a person would write."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np

import walnet

COSTS = {0: "mse", 2: "binary_cross_entropy"}
OUTPUTS = {0: "identity", 2: "sigmoid"}


class Replay:
    """The run that a state of the page describes."""

    def __init__(self, state):
        self.state = state
        start = state["run"]["start"] or state
        data = walnet.datasets.make(
            state["data"]["source"],
            state["data"]["size"],
            state["data"]["noise"],
            state["data"]["seed"],
        )
        n = max(1, len(data.X) - round(len(data.X) * state["data"]["test_share"]))
        self.classes = len(data.class_names)
        self.X, self.y = data.X[:n], data.y[:n]
        self.choice = start["network"]
        self.network = self._make_network()
        self.training = self._make_training(start["training"])

    def run(self):
        """Train to the state's iteration, with what was changed on the way."""
        here = 0
        for event in self.state["run"]["events"]:
            if event["iteration"] > self.state["run"]["iteration"]:
                break
            self.training.advance(event["iteration"] - here)
            here = event["iteration"]
            getattr(self, f"_{event['kind']}")(event)
        self.training.advance(self.state["run"]["iteration"] - here)
        return hashlib.sha256(self.network.parameters.tobytes()).hexdigest()

    def _make_network(self):
        outputs = self.classes if self.classes > 2 else 1
        layers = self.choice["layers"]
        return walnet.Network(
            [self.X.shape[1], *(layer["neurons"] for layer in layers), outputs],
            activation=[layer["activation"] for layer in layers],
            output=OUTPUTS.get(self.classes, "softmax"),
            initializer=self.choice["initializer"],
            seed=self.choice["seed"],
        )

    def _make_training(self, chosen):
        rates = tuple(layer["dropout"] for layer in self.choice["layers"])
        cost = COSTS.get(self.classes, "categorical_cross_entropy")
        decays = chosen["optimizer"] == "adamw"
        settings = walnet.Settings(
            cost=cost if chosen["cost"] == "auto" else chosen["cost"],
            learning_rate=chosen["learning_rate"],
            batch_size=min(chosen["batch_size"], len(self.X)) or None,
            optimizer=chosen["optimizer"],
            l1=chosen["l1"],
            l2=chosen["l2"],
            weight_decay=chosen["weight_decay"] if decays else None,
            dropout=rates if any(rates) else 0.0,
            seed=chosen["seed"],
        )
        self.chosen = chosen
        return walnet.Training(self.network, self.X, self.y, settings)

    # What can be changed while a run is under way.

    def _learning_rate(self, event):
        self.training.learning_rate = event["value"]

    def _parameter(self, event):
        self.network.parameters[event["index"]] = event["value"]

    def _row(self, event):
        settings = dataclasses.replace(
            self.training.settings,
            batch_size=None,
            learning_rate=self.training.learning_rate,
        )
        row = slice(event["row"], event["row"] + 1)
        y = self.y[row]
        if self.classes > 2:
            y = np.eye(self.classes)[y]
        walnet.Training(self.network, self.X[row], y, settings).advance(1)

    def _training(self, event):
        self._go_on(self.chosen | event["training"])

    def _network(self, event):
        self.choice = self.choice | {"layers": event["layers"]}
        before, self.network = self.network, self._make_network()
        same_depth = before.n_layers == self.network.n_layers
        common = min(before.n_layers, self.network.n_layers) - (not same_depth)
        for layer in range(common):
            old, new = before.weights[layer], self.network.weights[layer]
            outs, ins = np.minimum(old.shape, new.shape)
            new[:outs, :ins] = old[:outs, :ins]
            self.network.biases[layer][:outs] = before.biases[layer][:outs]
        self._go_on(self.chosen)

    def _go_on(self, chosen):
        """Go on with another training, with the state of this one where that fits."""
        before, rate = self.training, self.training.learning_rate
        kept = before.settings.optimizer, before.settings.batch_size
        sizes = before.network.layer_sizes
        self.training = self._make_training(chosen | {"learning_rate": rate})
        settings = self.training.settings
        if (settings.optimizer, settings.batch_size) != kept:
            return
        if self.network.layer_sizes == sizes:
            self.training.restore(before.state())
