"""One iteration written out: every number, from the inputs to the update."""

from walnet.tracing.nudge import Nudge
from walnet.tracing.trace import Trace, trace

__all__ = ["Nudge", "Trace", "trace"]
