"""A training that can be gone back and forth in, exactly.

Snapshots are kept on the way, fewer as the run gets longer. Any iteration is reached by
restoring the nearest snapshot before it and training on from there, with the changes
made by hand applied where they were made: the parameters are the same to the last bit.
"""

from __future__ import annotations

import bisect

from walnet.engine.training import Training
from walnet.engine.training_state import TrainingState
from walnet.playground.epochs import EpochLog
from walnet.playground.messages import RunEvent

MAX_SNAPSHOTS = 512
SNAPSHOT_BYTES = 16_000_000
EARLY_EPOCHS = frozenset(round(2 ** (i / 2)) for i in range(16))


class Timeline:
    """One run of a training, with its snapshots and the changes made by hand.

    Parameters
    ----------
    training : Training
        The training, at its start.
    events : list of RunEvent
        Changes made by hand, applied when their iteration is reached.
    """

    def __init__(self, training: Training, events: list[RunEvent]) -> None:
        self.training = training
        self.events = sorted(events, key=lambda event: event.iteration)
        self.furthest = 0
        self.log = EpochLog()
        self._start = training.state()
        self._stride = max(1, training.iterations_per_epoch)
        size = 4 * training.network.parameters.nbytes + 500
        self._capacity = max(16, min(MAX_SNAPSHOTS, SNAPSHOT_BYTES // size))
        self._apply_events()
        self._snapshots: dict[int, TrainingState] = {0: training.state()}

    @property
    def iteration(self) -> int:
        """The iteration that the run stands at."""
        return self.training.iteration

    def advance(self, iterations: int) -> None:
        """Train so many iterations, as the run went before as far as it is known."""
        goal = self.iteration + iterations
        while self.iteration < goal:
            before = self.iteration
            try:
                self.training.advance(self._next_stop(goal) - before)
            finally:
                self._log_epochs(before)
            if self.iteration == before:
                break
            self._apply_events()
            self._keep_snapshot()
            self.furthest = max(self.furthest, self.iteration)

    def seek(self, iteration: int) -> None:
        """Go to the nearest snapshot at or before an iteration."""
        if iteration >= self.iteration and self._nearest(iteration) <= self.iteration:
            return
        self.training.restore(self._snapshots[self._nearest(iteration)])

    def change(self, event: RunEvent) -> None:
        """Change the learning rate or a parameter here; what came after is dropped."""
        # A run that ended in an explosion goes on from its last finite parameters.
        self.training.restore(self.training.state())
        here = self.iteration
        self.events = [*self.kept_by(event), event]
        self.furthest = here
        self._snapshots = {k: v for k, v in self._snapshots.items() if k < here}
        self._apply(event)
        self._snapshots[here] = self.training.state()

    def kept_by(self, event: RunEvent) -> list[RunEvent]:
        """Return the changes that stay when another is made."""
        return [
            past
            for past in self.events
            if past.iteration <= event.iteration and not _same_place(past, event)
        ]

    def reset(self) -> None:
        """Go back to the start and forget the changes made by hand."""
        self.training.restore(self._start)
        self.events = []
        self.furthest = 0
        self._snapshots = {0: self.training.state()}

    def note_end(self) -> None:
        """Count in how far training came before it broke off."""
        self.furthest = max(self.furthest, self.iteration)

    def visited(self, count: int) -> list[TrainingState]:
        """Return up to `count` kept states from the start to here.

        They are closer at the start, where a network learns most.
        """
        kept = sorted(k for k in self._snapshots if k <= self.iteration)
        goals = (self.iteration ** (i / (count - 1)) for i in range(1, count))
        nearest = {0, *(bisect.bisect_left(kept, goal) for goal in goals)}
        return [self._snapshots[kept[i]] for i in sorted(nearest) if i < len(kept)]

    def _is_early(self, iteration: int) -> bool:
        """Whether it is the 1st, 2nd, 3rd, 4th, 6th … epoch, and there is room."""
        if self._capacity < 8 * len(EARLY_EPOCHS):
            return False
        return iteration / self.training.iterations_per_epoch in EARLY_EPOCHS

    def _nearest(self, iteration: int) -> int:
        kept: list[int] = sorted(self._snapshots)
        return kept[bisect.bisect_right(kept, iteration) - 1]

    def _log_epochs(self, before: int) -> None:
        """Take over what training recorded since an iteration.

        Its own history would grow without end, and has gaps where the run went back.
        """
        history = self.training.history
        self.log.note(before // self.training.iterations_per_epoch, history.rows())
        history.cut(0)

    def _next_stop(self, goal: int) -> int:
        here = self.iteration
        due = here + self._stride - here % self._stride
        ahead = [e.iteration for e in self.events if e.iteration > here]
        return min([goal, due, *ahead[:1]])

    def _apply_events(self) -> None:
        for event in self.events:
            if event.iteration == self.iteration:
                self._apply(event)

    def _apply(self, event: RunEvent) -> None:
        if event.kind == "learning_rate":
            self.training.learning_rate = event.value
        else:
            self.training.network.parameters[event.index] = event.value

    def _keep_snapshot(self) -> None:
        here = self.iteration
        if here % self._stride or here in self._snapshots:
            return
        self._snapshots[here] = self.training.state()
        if len(self._snapshots) > self._capacity:
            self._stride *= 2
            kept = {e.iteration for e in self.events} | {0}
            self._snapshots = {
                k: v
                for k, v in self._snapshots.items()
                if k % self._stride == 0 or k in kept or self._is_early(k)
            }


def _same_place(past: RunEvent, event: RunEvent) -> bool:
    """Whether one change replaces another made at the same iteration."""
    return (past.iteration, past.kind, past.index) == (
        event.iteration,
        event.kind,
        event.index,
    )
