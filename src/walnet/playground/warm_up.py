"""Loading the engine: after the page is served, before its first session.

What sessions work with takes longer to load than the whole server, and the page
meanwhile has its own files to fetch.
"""

from __future__ import annotations

import threading
import time

PICTURE_SECONDS = 0.5

_LOADING = threading.Lock()


def load_engine() -> None:
    """Import what sessions work with; who comes meanwhile waits for it."""
    with _LOADING:
        import walnet.playground.session  # noqa: F401


def warm_up() -> None:
    """Run what the first session runs once, which loads it."""
    from walnet.playground.experiment import Lab
    from walnet.playground.messages import Nudge, PlaygroundState

    lab = Lab(PlaygroundState())
    lab.frame(playing=False, speed=0.0, gradients=False)
    # The first picture has all it needs; what comes next is not to hold it up.
    time.sleep(PICTURE_SECONDS)
    lab.timeline.advance(1)
    lab.frame(playing=False, speed=0.0, gradients=True)
    lab.nudge(Nudge(layer=1, neuron=1))


def load_tables() -> None:
    """Import what the first table that is dropped would else have to wait for."""
    import walnet.playground.own_table  # noqa: F401
