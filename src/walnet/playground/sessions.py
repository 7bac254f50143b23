"""All sessions of the server: bounded in number, freed soon after their page leaves."""

from __future__ import annotations

import asyncio
import queue
import secrets
from typing import TYPE_CHECKING

from walnet.errors import WalnetError

if TYPE_CHECKING:
    # The engine, which is loaded after the page is served.
    from walnet.playground import messages as m
    from walnet.playground.own_table import OwnTable
    from walnet.playground.session import Post, Session

MAX_SESSIONS = 40
MAX_MESSAGE_BYTES = 65_536
MAX_SOCKETS = 48
GRACE_SECONDS = 4.0


class NoRoomError(WalnetError):
    """There are as many sessions as the server takes."""


class Sessions:
    """The sessions by their keys.

    Parameters
    ----------
    table : OwnTable, optional
        The table given on the command line: new sessions start with it.
    """

    def __init__(self, table: OwnTable | None = None) -> None:
        self._table = table
        self._sessions: dict[str, Session] = {}
        self._owners: dict[str, Post] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._sockets = 0
        self.reading = asyncio.Semaphore(1)

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, key: str) -> Session | None:
        """Return a session by its key."""
        return self._sessions.get(key)

    def open_socket(self) -> bool:
        """Count a socket in, if there is room for it."""
        if self._sockets >= MAX_SOCKETS:
            return False
        self._sockets += 1
        return True

    def close_socket(self) -> None:
        """Count a socket out."""
        self._sockets -= 1

    def join(self, hello: m.Hello, post: Post) -> Session:
        """Give a page its session: the one it had, or a new one from its state.

        Raises
        ------
        NoRoomError
            If there are too many, or the session is too busy to answer.
        """
        session = self._sessions.get(hello.session)
        if session is None or session.key in self._owners:
            session = self._new(hello.state)
        try:
            session.attach(post)
        except queue.Full as error:
            raise NoRoomError("The session is busy: reload the page.") from error
        self._owners[session.key] = post
        self._keep(session)
        return session

    def leave(self, session: Session, post: Post) -> None:
        """Free a session, unless its page comes back within a moment."""
        if self._owners.get(session.key) != post:
            return
        del self._owners[session.key]
        session.detach()
        loop = asyncio.get_running_loop()
        end = loop.call_later(GRACE_SECONDS, self._free, session)
        self._ends[session.key] = end

    def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            session.close()
        for session in self._sessions.values():
            session.join(2.0)

    def _new(self, state: m.PlaygroundState | None) -> Session:
        from walnet.playground.experiment import Lab
        from walnet.playground.messages import PlaygroundState
        from walnet.playground.session import Session

        if len(self._sessions) >= MAX_SESSIONS:
            for session in [*self._sessions.values()]:
                self._free(session)
        if len(self._sessions) >= MAX_SESSIONS:
            message = "Too many pages are open: close some and reload this one."
            raise NoRoomError(message)
        lab = Lab(state or PlaygroundState(), self._table_of(state))
        if state is None and self._table is not None:
            lab.use_table(self._table)
        session = Session(secrets.token_urlsafe(16), lab)
        self._sessions[session.key] = session
        session.start()
        return session

    def _table_of(self, state: m.PlaygroundState | None) -> OwnTable | None:
        """Return the table that a state was made with, where another page has it.

        Every page here carries the one cookie of this server: they are one person's.
        The table is shared, not copied, and goes with the last page that has it.
        """
        wanted = state.data.file.sha256 if state is not None else ""
        tables = [session.lab.table for session in self._sessions.values()]
        for table in tables:
            if table is not None and table.sha256 == wanted:
                return table
        return self._table

    def _keep(self, session: Session) -> None:
        """Call off the end of a session whose page came back."""
        end = self._ends.pop(session.key, None)
        if end is not None:
            end.cancel()

    def _free(self, session: Session) -> None:
        if session.key not in self._owners:
            self._keep(session)
            session.close()
            self._sessions.pop(session.key, None)
