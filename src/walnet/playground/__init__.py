"""The playground: a page in the browser on which a network is built and trained.

The page needs nothing but a browser: `frontend/` has its sources, `static/` what was
built of them. Here is what serves that folder from this machine (`server`), beside a
table of the person's own (`table`), and what shows the page in a notebook (`notebook`).
"""

from __future__ import annotations

from walnet.playground.server import PageServer, serve

__all__ = ["PageServer", "serve"]
