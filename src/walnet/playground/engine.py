"""Loading the engine: after the page is served, before its first session.

Numba alone takes longer to load than the whole server, and the page meanwhile has its
own files to fetch.
"""

from __future__ import annotations

import threading
import time

TABLES_AFTER_SECONDS = 1.0

_LOADING = threading.Lock()


def load_engine() -> None:
    """Import what sessions work with; who comes meanwhile waits for it."""
    with _LOADING:
        import walnet.playground.session  # noqa: F401


def warm_up() -> None:
    """Load the engine and compile its kernels, or take them from their cache."""
    load_engine()
    from walnet.playground.lab import Lab
    from walnet.playground.messages import Nudge, PlaygroundState

    lab = Lab(PlaygroundState())
    lab.frame(playing=False, speed=0.0, gradients=False)
    lab.timeline.advance(1)
    lab.frame(playing=False, speed=0.0, gradients=True)
    lab.nudge(Nudge(layer=1, neuron=1))
    # So that the first table that is dropped need not wait for its libraries; later,
    # for the first picture is not to wait for them either.
    time.sleep(TABLES_AFTER_SECONDS)
    import walnet.playground.own_table  # noqa: F401
