"""Write ``frontend/src/draw/curves.json``: activations and their slopes, to be drawn.

Each is worked out from its formula in the engine's table, at the same places. Run it
after a change of these; a test compares the file with the sources.

    python tools/activation_curves.py
"""

from __future__ import annotations

import json
from pathlib import Path

from walnet.tracing.activations import ACTIVATIONS, Activation
from walnet.tracing.expressions import Name

TARGET = Path(__file__).parents[1] / "frontend" / "src" / "draw" / "curves.json"
FIRST, STEP, COUNT = -6.0, 0.25, 49
DIGITS = 3


def curve(activation: Activation) -> dict[str, list[float]]:
    """Return g(z) and g'(z) at all places, rounded to what a picture shows."""
    values, slopes = [], []
    for place in range(COUNT):
        z = Name("z", FIRST + STEP * place)
        a = Name("a", activation.value(z).value())
        values.append(float(f"{a.number:.{DIGITS}g}"))
        slopes.append(float(f"{activation.slope(z, a).value():.{DIGITS}g}"))
    return {"values": values, "slopes": slopes}


def text() -> str:
    """Return the file's contents."""
    curves = {name: curve(each) for name, each in ACTIVATIONS.items()}
    whole = {"first": FIRST, "step": STEP, "curves": curves}
    return json.dumps(whole, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
