"""The command line: one file a command, each loading its libraries when it runs."""

from __future__ import annotations

from walnet.cli.app import main

__all__ = ["main"]
