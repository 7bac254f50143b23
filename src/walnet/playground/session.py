"""One page's session: a thread that trains in short slices and answers between them.

The page pulls: a frame is made only after it acknowledged the last one, so a slow page
gets fewer frames and never a growing queue. The kernels release the interpreter's lock,
so that sessions train side by side and the server stays awake.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from walnet.errors import DivergedError, WalnetError
from walnet.playground import messages as m
from walnet.playground.experiment import Lab
from walnet.playground.fair_lock import Turns
from walnet.playground.slow_notice import notify_when_slow
from walnet.playground.stopping import advance

if TYPE_CHECKING:
    from walnet.playground.own_table import OwnTable

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.004
SHORTEST_SLICE_SECONDS = 0.001
MAX_RATE = 50_000_000.0
MAX_SLICE = 10_000_000
EASE_SECONDS = 0.1
INBOX = 64
STARTING = "Starting the engine (the very first time it takes up to a minute) …"

TURNS = Turns()

Post = Callable[[bytes | str], None]


class Pace:
    """How many iterations the next slice should have."""

    def __init__(self) -> None:
        self.speed = 0.0
        self._rate = 2_000.0
        self._credit = 0.0
        self._last = time.perf_counter()

    def restart(self, speed: float) -> None:
        """Start to count anew, at a speed in iterations a second; 0 is flat out."""
        self.speed = speed
        self._credit = 1.0
        self._last = time.perf_counter()

    def due(self) -> int:
        """Return how many iterations are due now: fewer, the more pages wait."""
        seconds = max(SLICE_SECONDS / (1 + TURNS.waiting / 4), SHORTEST_SLICE_SECONDS)
        most = max(1, int(self._rate * seconds))
        if self.speed <= 0:
            return most
        now = time.perf_counter()
        self._credit = min(self._credit + (now - self._last) * self.speed, most)
        self._last = now
        return int(self._credit)

    def wait(self) -> float:
        """Return the seconds until the next iteration is due."""
        if self.speed <= 0 or self._credit >= 1:
            return 0.0
        return min((1.0 - self._credit) / self.speed, 0.05)

    def done(self, iterations: int, seconds: float) -> None:
        """Learn how fast the slice went."""
        self._credit -= iterations
        rate = iterations / max(seconds, 1e-6)
        self._rate = min(0.7 * self._rate + 0.3 * rate, MAX_RATE)


class Session(threading.Thread):
    """The thread behind one page.

    Parameters
    ----------
    name : str
        The session's identifier.
    lab : Lab
        What is worked on.
    """

    def __init__(self, name: str, lab: Lab) -> None:
        super().__init__(name=f"session-{name[:6]}", daemon=True)
        self.key = name
        self.lab = lab
        self.closed = False
        self._inbox: queue.Queue[m.ClientMessage | Callable[[], None] | None]
        self._inbox = queue.Queue(INBOX)
        self._post: Post | None = None
        self._pace = Pace()
        self._playing = False
        self._goal: int | None = None
        self._frame_asked = False
        self._changed = True
        self._gradients = False
        self._measured = (time.perf_counter(), 0)
        self._speed_seen = 0.0
        self._shown = (0, 0.0)
        self._warm = False

    def submit(self, message: m.ClientMessage | Callable[[], None]) -> None:
        """Hand in a message, or a call that is to be made between two slices.

        Raises
        ------
        queue.Full
            If more messages wait than a page has reason to send.
        """
        self._inbox.put_nowait(message)

    def attach(self, post: Post) -> None:
        """Answer through `post` from now on.

        Raises
        ------
        queue.Full
            If more messages wait than a page has reason to send.
        """
        self._post = post
        try:
            self.submit(self._greet)
        except queue.Full:
            self._post = None
            raise

    def detach(self) -> None:
        """Stop answering; training goes on until the session is closed."""
        self._post = None

    def close(self) -> None:
        """End the thread after the present slice."""
        self.closed = True
        try:
            self._inbox.put_nowait(None)
        except queue.Full:
            return  # the thread is awake, and sees `closed`

    def run(self) -> None:
        """Take messages, train a slice, send a frame; until closed."""
        while not self.closed:
            self._take_messages()
            with TURNS:
                if self._playing or self._goal is not None:
                    self._guarded(self._train_slice if self._warm else self._warm_up)
                if self._frame_asked and self._changed:
                    self._guarded(self._send_frame)

    def send(self, message: m.ServerMessage | bytes | str) -> None:
        """Send a message or a frame to the page, if one is there."""
        post = self._post
        if post is not None:
            if not isinstance(message, bytes | str):
                message = msgspec.json.encode(message).decode()
            post(message)

    def _take_messages(self) -> None:
        """Handle what waits; sleep when there is nothing else to do."""
        timeout = self._idle_seconds()
        while not self.closed:
            try:
                item = self._inbox.get(block=timeout > 0, timeout=timeout or None)
            except queue.Empty:
                return
            if item is not None:
                call = item if callable(item) else self._handler(item)
                self._guarded(call)
            timeout = 0.0

    def _idle_seconds(self) -> float:
        if self._frame_asked and self._changed:
            return 0.0
        if self._goal is not None:
            return 0.0
        if not self._playing:
            return 3600.0
        return self._pace.wait() if self._ease() else 0.004

    def _guarded(self, call: Callable[[], None]) -> None:
        """Make a call; what it objects to is said in one sentence."""
        try:
            call()
        except DivergedError as error:
            self._stop()
            self.lab.timeline.note_end()
            where = error.iteration, error.layer
            said = str(error)
            sentence = f"{said[:1].upper()}{said[1:].rstrip('.')}."
            self.send(m.Problem(sentence, "diverged", *where))
            self._tell_run()
            self._changed = True
        except WalnetError as error:
            self._stop()
            self.send(m.Problem(str(error), "state"))
        except MemoryError:
            self._stop()
            self.send(m.Problem("That does not fit into the memory.", "state"))
        except Exception:  # a page must not hang because of a defect of ours
            self._stop()
            logger.exception("a session's request failed")
            self.send(m.Problem("That failed; the server's log says why.", "state"))

    def _handler(self, message: m.ClientMessage) -> Callable[[], None]:
        handlers: dict[type, Callable[..., None]] = {
            m.SetState: self._set_state,
            m.Play: self._play,
            m.Pause: self._pause,
            m.Step: self._step,
            m.Seek: self._seek,
            m.Reset: self._reset,
            m.Change: self._change,
            m.NextFrame: self._next_frame,
            m.Trace: lambda msg: self._answer(self.lab.trace, msg),
            m.Nudge: lambda msg: self._answer(self.lab.nudge, msg),
            m.Probe: lambda msg: self.send(self.lab.probe(msg.x, msg.y)),
            m.Surface: lambda msg: self._answer(self.lab.surface, msg),
        }
        handle = handlers[type(message)]
        return lambda: handle(message)

    # What messages do.

    def _greet(self) -> None:
        """Tell a page that came (again) everything it needs."""
        self._frame_asked = False
        self.send(self.lab.welcome(self.key))
        self.send(m.Status(STARTING))
        try:
            self._tell_all()
        finally:
            # Also where the state cannot be trained: the next one may be.
            self.send(m.Status(""))
            self._changed = True
            self._frame_asked = True

    def _tell_all(self) -> None:
        self.lab.prepare()
        self._goal = self.lab.pending_goal()
        self._tell_data()
        self._tell_run()

    def _set_state(self, message: m.SetState) -> None:
        changes_view_only = self.lab.changes_view_only(message.state)
        made_anew = self.lab.set_state(message.state)
        if not changes_view_only:
            self._goal = self.lab.pending_goal()
        if made_anew:
            self._measured = (time.perf_counter(), 0)
            self._tell_data()
        self._tell_run()
        self._changed = True

    def _play(self, message: m.Play) -> None:
        self._goal = None
        self._playing = True
        self._pace.restart(message.speed)
        self._measured = (time.perf_counter(), self.lab.timeline.iteration)
        self._tell_run()

    def _pause(self, _: m.Pause) -> None:
        self._stop()
        self._tell_run()

    def _step(self, message: m.Step) -> None:
        self._stop()
        here = self.lab.timeline.iteration
        per_epoch = self.lab.timeline.training.iterations_per_epoch
        size = 1 if message.unit == "iteration" else per_epoch - here % per_epoch
        self._goal = here + size

    def _seek(self, message: m.Seek) -> None:
        self._stop()
        self._goal = self.lab.seek(message.iteration)
        self._changed = True
        if self._goal is None:  # the run is there already
            self._tell_run()

    def _reset(self, _: m.Reset) -> None:
        self._stop()
        self.lab.reset()
        self._tell_run(branched=True)
        self._changed = True

    def _change(self, message: m.Change) -> None:
        self._arrive()
        self.lab.change(message)
        self._tell_run(branched=True)
        self._changed = True

    def _arrive(self) -> None:
        """Be where a rewind leads to, before something is changed there."""
        timeline = self.lab.timeline
        if self._goal is not None and self._goal <= timeline.furthest:
            timeline.advance(self._goal - timeline.iteration)
            self._goal = None

    def _answer(
        self, work: Callable[[Any], m.ServerMessage | bytes], message: m.ClientMessage
    ) -> None:
        """Answer what may have to wait for what is loaded at its first use."""
        with notify_when_slow(self._say, STARTING):
            answer = work(message)
        self.send(answer)

    def _next_frame(self, message: m.NextFrame) -> None:
        self._frame_asked = True
        self._changed = self._changed or (message.gradients and not self._gradients)
        self._gradients = message.gradients

    def _stop(self) -> None:
        self._playing = False
        self._goal = None

    def use_table(self, table: OwnTable) -> None:
        """Learn from the person's own table from now on."""
        self._stop()
        self.lab.use_table(table)
        self.send(self.lab.welcome(self.key))
        self._goal = self.lab.pending_goal()
        self._tell_data()
        self._tell_run()
        self._changed = True

    # What the thread does between messages.

    def _warm_up(self) -> None:
        """Train the first slice, which may have to wait for the kernels."""
        with notify_when_slow(self._say, STARTING):
            self._train_slice()
        self._warm = True

    def _say(self, sentence: str) -> None:
        self.send(m.Status(sentence))

    def _train_slice(self) -> None:
        timeline = self.lab.timeline
        if self._goal is None:
            iterations = min(self._pace.due(), self._ease())
        else:
            iterations = min(self._goal - timeline.iteration, self._quick())
        if iterations <= 0:
            self._end_of_goal()
            return
        began, before = time.perf_counter(), timeline.iteration
        if self._goal is None:
            stopped = advance(self.lab, iterations)
        else:
            timeline.advance(iterations)
            stopped = ""
        self._pace.done(timeline.iteration - before, time.perf_counter() - began)
        self._changed = True
        if stopped:
            self._stop()
            self._tell_run(stopped=stopped)
        elif self._goal is not None and timeline.iteration >= self._goal:
            self._end_of_goal()
        elif timeline.iteration == before:
            self._stop()
            self.send(m.Problem(timeline.training.history.stopped, "diverged"))
            self._tell_run()

    def _ease(self) -> int:
        """Return how far training may go until the page drew the last frame.

        A run starts slowly enough to be seen and is at full speed within a second.
        """
        shown, when = self._shown
        if time.perf_counter() - when > EASE_SECONDS:
            return MAX_SLICE
        per_epoch = self.lab.timeline.training.iterations_per_epoch
        ahead = max(per_epoch, shown // 4)
        return max(0, shown + ahead - self.lab.timeline.iteration)

    def _quick(self) -> int:
        speed, self._pace.speed = self._pace.speed, 0.0
        due = self._pace.due()
        self._pace.speed = speed
        return due

    def _end_of_goal(self) -> None:
        if self._goal is not None:
            self._goal = None
            self._tell_run()

    def _send_frame(self) -> None:
        self._changed = False
        if self._post is None:
            return
        self._shown = (self.lab.timeline.iteration, time.perf_counter())
        speed = self._measure() if self._playing else 0.0
        frame = self.lab.frame(self._playing, speed, gradients=self._gradients)
        self._frame_asked = False
        self.send(frame)

    def _measure(self) -> float:
        """Return the iterations a second, over the last half second or so."""
        then, before = self._measured
        now, here = time.perf_counter(), self.lab.timeline.iteration
        if now - then > 0.5:
            self._speed_seen = max(0.0, (here - before) / (now - then))
            self._measured = (now, here)
        return self._speed_seen

    def _tell_data(self) -> None:
        for message in self.lab.data_messages():
            self.send(message)
        self.send(self.lab.curve_frame())

    def _tell_run(self, *, branched: bool = False, stopped: str = "") -> None:
        playing = self._playing
        self.send(
            self.lab.run_info(playing=playing, branched=branched, stopped=stopped)
        )
