"""What every test shares."""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from visiting import CHROMIUM, FLAGS

# The same draws for everybody; `--hypothesis-profile nightly` digs deeper.
settings.register_profile("dev", max_examples=20, derandomize=True, deadline=None)
settings.register_profile("ci", max_examples=200, derandomize=True, deadline=None)
settings.register_profile("nightly", max_examples=5000, deadline=None)
settings.load_profile("dev")


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests of a process: it cannot have two."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Let Ctrl-C interrupt, here and in every process that a test starts.

    A shell that starts the tests in the background has it ignored, and what is ignored
    is so in all children.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Throw away what a failed test left open: no other test is blamed for it."""
    before = item.session.testsfailed
    done = yield
    if item.session.testsfailed > before:
        sys.last_value = sys.last_traceback = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
    return done
