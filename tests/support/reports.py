"""The content of a report, made by a short training."""

from __future__ import annotations

import numpy as np

import walnet
from walnet.inspection.evaluation import evaluate_outputs
from walnet.models.network_model import network_structure
from walnet.models.network_settings import output_layer
from walnet.report import ReportContent
from walnet.tables import Schema, split_rows


def content_of(table, target, **changes):
    """Return the content of a report about a short training."""
    classes = changes.pop("classes", None)
    train, test = split_rows(len(table), seed=1, classes=classes)
    schema = Schema.fit(table.take(train), target)
    X, y = schema.encode(table.take(train)), schema.target_matrix(table.take(train))
    layer = output_layer(schema.target)
    sizes = [X.shape[1], 6, layer.n_outputs]
    network = walnet.Network(sizes, activation="relu", output=layer.activation)
    settings = walnet.Settings(
        cost=layer.cost,
        optimizer="adam",
        learning_rate=0.02,
        epochs=8,
        batch_size=32,
    )
    history = walnet.train(network, X, y, settings)
    counts = []
    if schema.task == "classification":
        counts = np.bincount(schema.encode_target(table.take(train))).tolist()

    def evaluate(rows):
        some = table.take(rows)
        outputs = network.feed_forward(schema.encode(some))
        return evaluate_outputs(schema, some, outputs, counts) if len(rows) else None

    train = changes.get("training_rows", train)
    test = changes.get("test_rows", test)
    fields = {
        "title": "a table",
        "table": table,
        "schema": schema,
        "training_rows": train,
        "test_rows": test,
        "predict": lambda some: network.feed_forward(schema.encode(some)),
        "on_training": evaluate(train),
        "on_test": evaluate(test),
        "structure": network_structure(network),
        "network": network,
        "history": history,
        "settings": settings.to_dict(),
        "code": "import walnet\nprint('done')",
    }
    return ReportContent(**(fields | changes))
