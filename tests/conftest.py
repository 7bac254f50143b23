"""What every test shares."""

from __future__ import annotations

from hypothesis import settings

# The same draws for everybody; `--hypothesis-profile nightly` digs deeper.
settings.register_profile("dev", max_examples=20, derandomize=True, deadline=None)
settings.register_profile("ci", max_examples=200, derandomize=True, deadline=None)
settings.register_profile("nightly", max_examples=5000, deadline=None)
settings.load_profile("dev")
