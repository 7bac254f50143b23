"""Ctrl-C and SIGTERM while a training runs: what was learned so far is kept."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from walnet.engine.training import Training
    from walnet.tabular.ensemble.training import EnsembleTraining
    from walnet.tuning.search import Search

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
PATIENCE = 20.0  # seconds; who sends SIGTERM often kills after thirty


class Interruption:
    """Ends a training after the epoch under way; a second signal ends everything.

    The end of an epoch can be found again: the same number of epochs gives the same
    bits. A signal that whoever started the process has it ignore stays ignored: a shell
    does so with Ctrl-C for what a script runs in the background, which goes on when the
    script is interrupted.

    SIGTERM always ends: where no training has looked for it in time, because none is
    under way or an epoch is long, it ends everything, too.

    Attributes
    ----------
    signal : int
        The signal that came, 0 for none.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._before: dict[signal.Signals, Any] = {}
        self._heard = threading.Event()

    def __enter__(self) -> Self:
        for number in _NAMES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._heard.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, training: Training | EnsembleTraining | Search) -> None:
        """Stop a training if a signal has come: its callback."""
        if self.signal:
            self._heard.set()
        if self.signal and not training.finished:
            training.stop(self.reason)

    @property
    def reason(self) -> str:
        """Why training stopped; empty where no signal has come."""
        if not self.signal:
            return ""
        return f"stopped by {_NAMES[signal.Signals(self.signal)]}"

    @property
    def exit_code(self) -> int:
        """0, or what a shell expects of a process that the signal ended."""
        return 128 + self.signal if self.signal else 0

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        """Remember the first signal; the second one does not wait."""
        if self.signal:
            _end(number)
        self.signal = number
        if number == signal.SIGTERM:
            threading.Thread(target=self._insist, daemon=True).start()

    def _insist(self) -> None:
        """End the process where nobody hears of the signal."""
        if self._heard.wait(PATIENCE):
            return
        os.kill(os.getpid(), signal.SIGTERM)
        if not self._heard.wait(PATIENCE / 2):  # not even Python has looked
            os._exit(128 + signal.SIGTERM)


def _end(number: int) -> NoReturn:
    """End everything, as the signal asks."""
    if number == signal.SIGTERM:
        sys.exit(128 + number)
    raise KeyboardInterrupt
