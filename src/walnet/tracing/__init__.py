"""One iteration written out: every number, from the inputs to the update.

Begin with `trace`. An `iteration` is run by the kernels of training; `chain` links its
inputs, layers (`layer`, `dense`) and cost (`loss`), which write their formulas as trees
(`expressions`); `stages` puts their lines in order, `text` and `html` print them. The
tables `activations`, `costs` and `updates` have one row for each formula.
"""

from walnet.tracing.nudge import Nudge
from walnet.tracing.trace import Trace, trace

__all__ = ["Nudge", "Trace", "trace"]
