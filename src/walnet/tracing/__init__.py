"""Predictions and iterations written out: every number, from the inputs on.

Begin with `trace`. An `iteration` is run by the kernels of training, a prediction by
those of feed-forward (`passes`, `explanation`); `chain` links the layers, each kind in
a file (`dense`, `normalization`, `scale`, `embeddings`), and the cost (`loss`), which
write their formulas as trees (`expressions`); `stages` puts their lines in order,
`text` and `html` print them. The tables `activations`, `costs` and `updates` have one
row for each formula.
"""

from walnet.tracing.explanation import Explanation
from walnet.tracing.nudge import Nudge
from walnet.tracing.trace import Trace, trace

__all__ = ["Explanation", "Nudge", "Trace", "trace"]
