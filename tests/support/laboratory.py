"""A real JupyterLab, and one notebook in it as a person works in it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from processes import started
from visiting import SETTLED

TOKEN = "a-token-of-this-test"  # noqa: S105 - of a server that ends with the test
FRAME = 'iframe[name="walnet-notebook"]'
SAVES_WIDGETS = "@jupyter-widgets/jupyterlab-manager/plugin.jupyterlab-settings"


def need_laboratory() -> None:
    for library in ("jupyterlab", "ipykernel", "anywidget"):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed: pip install anywidget jupyterlab")


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook of code cells that have not run."""
    made = [
        {
            "cell_type": "code",
            "id": f"cell-{k}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"cells": made, "metadata": {"kernelspec": kernel}}
    path.write_text(json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}))


@contextmanager
def laboratory(folder: Path) -> Iterator[str]:
    """A JupyterLab that serves a folder and keeps all its own files there, too."""
    settings = folder / "settings"
    (settings / SAVES_WIDGETS).parent.mkdir(parents=True)
    (settings / SAVES_WIDGETS).write_text('{"saveState": true}')
    own = {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    command = (sys.executable, "-m", "jupyterlab", *options)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with started(*command, env={**os.environ, **own}, **pipes) as process:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield address
        process.terminate()  # it ends its kernels, too
        process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while True:
        assert process.poll() is None, "JupyterLab ended"
        try:
            urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()  # noqa: S310
        except OSError:
            assert time.monotonic() < end, "JupyterLab does not answer"
        else:
            return


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, browser, address: str, name: str) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 1200})
        self.page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.goto(f"{address}/lab/tree/{name}?token={TOKEN}")
        self.page.wait_for_function("window.jupyterapp")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.wait_for_function(
            "document.querySelector('.jp-NotebookPanel-toolbar') !== null"
            " && jupyterapp.shell.currentWidget?.sessionContext?.isReady"
        )

    def command(self, name: str) -> None:
        """Have JupyterLab do something, to its end."""
        self.page.evaluate("name => jupyterapp.commands.execute(name)", name)

    def run(self, cell: int) -> str:
        """Run a cell, to its end; return what it has printed."""
        self.page.evaluate(
            "k => { jupyterapp.shell.currentWidget.content.activeCellIndex = k }", cell
        )
        self.command("notebook:run-cell")
        return self.page.evaluate(
            """k => {
                const { model } = jupyterapp.shell.currentWidget.content.widgets[k];
                const outputs = model.outputs.toJSON();
                const error = outputs.find(each => each.output_type === "error");
                if (error) throw new Error(error.evalue);
                return outputs.map(each => [each.text ?? []].flat().join("")).join("");
            }""",
            cell,
        )

    def frame(self):
        """Return the playground's page, once it shows all that was asked of it."""
        handle = self.page.locator(FRAME).element_handle()
        frame = handle.content_frame()
        frame.wait_for_selector("main")
        assert frame.evaluate(SETTLED, 120), "the page is still busy"
        return frame

    def iteration(self) -> int:
        """Return the number that is shown, once there is one."""
        shown = self.frame().get_by_test_id("iteration")
        text = shown.filter(has_text=re.compile(r"\d")).inner_text()
        return int("".join(digit for digit in text if digit.isdigit()))

    def press(self, name: str) -> None:
        """Press one of the page's buttons; Play and Pause are those of its toolbar."""
        self.frame().get_by_role("button", name=name, exact=True).last.click()
        self.frame()

    def wait_until(self, test: Callable[[], bool], seconds: float = 240) -> None:
        """Look at the page, picture by picture, until it passes a test."""
        end = time.monotonic() + seconds
        while not test():
            assert time.monotonic() < end, "the page did not get there"
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def wait_for_cell(self, cell: int, expected: str, seconds: float = 60) -> None:
        """Run a cell until it prints this: news of the page come between cells."""
        end = time.monotonic() + seconds
        while (found := self.run(cell)) != expected:
            assert time.monotonic() < end, found

    def close(self) -> None:
        """Save the notebook, with its widgets, and leave it."""
        self.command("docmanager:save")
        self.context.close()
