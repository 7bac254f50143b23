"""Stop training by itself: at a cost, at an accuracy, or after so many epochs."""

from __future__ import annotations

from walnet.playground.evaluate import evaluate
from walnet.playground.experiment import Lab


def advance(lab: Lab, iterations: int) -> str:
    """Train so many iterations; return why training stops before, else nothing.

    With a cost or an accuracy to reach, every epoch's end is looked at, so that the run
    stands exactly where it first was good enough.
    """
    timeline, stop = lab.timeline, lab.state.stop
    if not (stop.cost or stop.accuracy or stop.epochs):
        timeline.advance(iterations)
        return ""
    per_epoch = timeline.training.iterations_per_epoch
    goal = timeline.iteration + iterations
    while timeline.iteration < goal:
        here = timeline.iteration
        epoch = here // per_epoch + 1
        timeline.advance(min(goal, epoch * per_epoch) - here)
        if timeline.iteration < epoch * per_epoch:
            break
        if reason := _reason(lab, epoch):
            return reason
    return ""


def _reason(lab: Lab, epoch: int) -> str:
    stop = lab.state.stop
    if epoch == stop.epochs:
        return f"Stopped after {epoch:,} epochs, as asked."
    if not (stop.cost or stop.accuracy):
        return ""
    seen = evaluate(lab.network, lab.data, lab.settings.cost, test=False)
    if stop.cost and seen.train_cost <= stop.cost:
        return f"Stopped: the training cost is at most {stop.cost:g}."
    if stop.accuracy and seen.train_accuracy >= stop.accuracy:
        share = f"{100 * stop.accuracy:g} %"
        return f"Stopped: {share} of the training examples are right."
    return ""
