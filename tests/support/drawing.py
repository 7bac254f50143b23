"""What the tests of pictures share: a trained network, and looking at axes."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex

import walnet

X, Y = walnet.datasets.moons(120, noise=0.3, seed=1)
NETWORK = walnet.Network([2, 4, 1], output="sigmoid", seed=0)
HISTORY = walnet.train(NETWORK, X, Y, learning_rate=1.0, iterations=300)
PREDICTED = (NETWORK.feed_forward(X)[:, 0] > 0.5).astype(int)
WORDS = np.array(["no", "yes"], object)


def points(ax, marker_colour=None):
    """Return all points of scatters with such a face, as a matrix."""
    found = [
        scatter.get_offsets()
        for scatter in ax.collections
        if type(scatter).__name__ == "PathCollection"
        and len(scatter.get_offsets())
        and (
            marker_colour is None
            or (
                len(scatter.get_facecolor())
                and to_hex(scatter.get_facecolor()[0]) == marker_colour
            )
        )
    ]
    return np.concatenate(found) if found else np.empty((0, 2))


def legend(ax):
    """Return the texts of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]
