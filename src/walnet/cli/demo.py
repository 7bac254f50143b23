"""``walnet demo``: a first network, from random weights to predicted labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from walnet.cli import arguments as a
from walnet.cli.terminal import Screen


def demo(
    folder: Annotated[
        Path, Option("--folder", "-o", help="Where pictures and report go.")
    ] = Path("walnet-demo"),
    seed: a.Seed = 0,
) -> int:
    """Train a first network, step by step: two features, one label, 2-4-1 neurons."""
    from walnet.cli.demo_lesson import teach

    return teach(Screen(), folder, seed)
