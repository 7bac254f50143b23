"""The playground inside a notebook: in Python alone, and in a real JupyterLab."""

from __future__ import annotations

import pytest
from laboratory import Notebook, laboratory, need_laboratory, write_notebook
from playing import need_page

SHOW = """
import numpy as np, walnet
X, y = walnet.datasets.circles(n=200, seed=1)
network = walnet.Network([2, 4, 2, 1], output="sigmoid", seed=1)
settings = walnet.Settings(learning_rate=0.3, batch_size=16, seed=3)
test = (X[150:], y[150:])
playground = walnet.Playground(network, X[:150], y[:150], settings, test=test)
playground
"""
SAME = """
training = walnet.Training(network, X[:150], y[:150], playground.settings)
training.advance(playground.iteration)
print(playground.iteration, playground.playing, len(playground.history["train_cost"]))
print(np.array_equal(playground.network.parameters, network.parameters))
"""
WRITE = """
other = walnet.Network([2, 3, 1], activation="relu", output="sigmoid", seed=5)
playground.network = other
playground.learning_rate = 0.05
print(playground.network.layer_sizes, playground.learning_rate)
"""
READ = """
print(np.array_equal(playground.network.parameters, other.parameters))
print(playground.network.layer_sizes, playground.network.activations)
print(playground.learning_rate, playground.settings.learning_rate)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    need_page()
    need_laboratory()
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "play.ipynb", [SHOW, SAME, WRITE, READ])
    with laboratory(folder) as address:
        yield address


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_notebook_trains_is_read_and_written_and_moves_when_it_was_saved(
    browser, lab
):
    notebook = Notebook(browser, lab, "play.ipynb")
    notebook.run(0)
    frame = notebook.frame()
    notebook.page.screenshot(path="/tmp/notebook-1.png")
    frame.get_by_role("button", name="Play", exact=True).first.click()
    frame.get_by_role("button", name="Pause", exact=True).first.wait_for()
    frame.get_by_role("button", name="Pause", exact=True).first.click()
    notebook.page.screenshot(path="/tmp/notebook-2.png")
    print(notebook.iteration())
    for k in (1, 2, 3):
        print(notebook.run(k))
        notebook.frame()
    notebook.page.screenshot(path="/tmp/notebook-3.png")
