"""The playground: a page in the browser on which a network is built and trained."""

from __future__ import annotations

from walnet.playground.server import Playground, serve

__all__ = ["Playground", "serve"]
