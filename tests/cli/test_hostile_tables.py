"""Tables made to harm: formulas in cells, commands in names, bytes of all kinds."""

from __future__ import annotations

import json

import pytest
from command_line import assert_refused, small_table, with_column

import walnet
from walnet.models.script import Repetition, TrainRequest, python_script

FORMULAS = ("=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx")
RLO, ESCAPE = "\u202e", "\x1b[31m"
NAMES = {
    "script": "<script>alert(1)</script>",
    "newline": "a\nb",
    "right to left": f"a{RLO}b",
    "escape sequence": f"a{ESCAPE}b",
    "markup": "[bold]a[/bold]",
    "a megabyte": "n" * 2**20,
    "template": "{{ 7 * 7 }}",
}


def formula_table():
    """Return a table whose classes and notes a spreadsheet would run."""
    rows = [f'{i}.5,"{FORMULAS[i % 3]}","{FORMULAS[i % 6]}"' for i in range(60)]
    return "\n".join(["size,kind,note", *rows]) + "\n"


@pytest.fixture
def formula_model(run, table):
    table(formula_table())
    finished = run(
        "train", "table.csv", "-t", "kind", "-q", "--no-report", "--epochs=2"
    )
    assert finished.returncode == 0, finished.stderr


def test_predictions_hold_no_formula(run, formula_model, tmp_path):
    run("predict", "table.walnet", "table.csv", "-o", "out.csv", "--keep", "note")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [cell for line in lines for cell in line.split(",")[:2]]
    assert all(cell.startswith("\"'") for cell in cells if cell[1] in "'=+-@\t\r")
    assert any(cell.startswith("\"'=") for cell in cells)
    assert not any(cell[1] in "=+-@\t\r" for cell in cells)
    # Numbers are no text: a small probability is written as it is.
    assert all("'" not in line.split(",", 2)[2] for line in lines)


def test_raw_leaves_the_text_as_it_is(run, formula_model, tmp_path):
    run("predict", "table.walnet", "table.csv", "-o", "raw.csv", "--raw")
    written = walnet.read_table(tmp_path / "raw.csv")["kind"].levels()
    assert set(written) <= set(FORMULAS[:3])


@pytest.mark.parametrize("separator", list(",;\t|"))
def test_a_line_of_separators_alone_is_refused_before_it_is_taken_apart(
    separator, run, table
):
    table(f"a{separator}b\n" + separator * 20_000_000)
    finished = run("train", "table.csv", "-t", "a")
    assert_refused(finished, "line 2 has 16,777,217 cells or more")


def test_the_command_that_is_suggested_can_be_pasted(run, table):
    table(small_table(), "my table;$(x).csv")
    options = ("-t", "kind", "--model", "mlp", "--epochs", 1, "--no-report")
    finished = run("train", "my table;$(x).csv", *options)
    assert "(walnet predict 'my table;$(x).walnet' NEW.csv)" in finished.stdout


@pytest.mark.parametrize("case", NAMES)
def test_names_are_escaped_on_the_terminal_and_in_the_report(
    case, run, table, tmp_path
):
    name = NAMES[case]
    quoted = '"' + name.replace('"', '""') + '"'
    table(with_column(small_table(), quoted, lambda i: i % 5).replace("kind", "k"))
    finished = run("train", "table.csv", "-t", "k", "--epochs=2")
    assert finished.returncode == 0, finished.stderr
    page = (tmp_path / "table.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    for shown in (finished.stdout, finished.stderr, page):
        assert RLO not in shown
        assert ESCAPE not in shown
        assert len(shown) < 2_000_000
    assert "49" not in page.partition("{{ 7 * 7 }}")[0][-20:]


@pytest.mark.parametrize("case", ["newline", "right to left", "escape sequence"])
def test_a_target_s_name_is_escaped(case, run, table, tmp_path):
    name = NAMES[case]
    table(small_table().replace("kind", f'"{name}"', 1))
    finished = run("train", "table.csv", "-t", name, "--epochs=2")
    assert finished.returncode == 0, finished.stderr
    assert name not in finished.stdout
    assert name not in (tmp_path / "table.html").read_text(encoding="utf-8")
    facts = run("train", "table.csv", "-t", name, "--epochs=2", "--json", "--no-report")
    assert json.loads(facts.stdout)["target"] == name


def test_a_name_cannot_become_code(run, table, tmp_path):
    name = "k', seed=exec('raise SystemExit')) #"
    table(small_table().replace("kind", f'"{name}"', 1))
    finished = run("train", "table.csv", "-t", name, "--epochs=2")
    assert finished.returncode == 0, finished.stderr
    request = TrainRequest(file="table.csv", target=name, model_file="m")
    code = python_script(request, "EnsembleModel", Repetition())
    assert repr(name) in code
    compile(code, "code", "exec")
    assert code.count("\n") == 7


def test_a_file_with_a_hostile_name_is_no_trouble(run, table):
    name = f"a{ESCAPE}[b]{RLO}.csv"
    table(small_table(), name)
    finished = run("train", name, "-t", "kind", "--epochs=2")
    assert finished.returncode == 0, finished.stderr
    assert ESCAPE not in finished.stdout
    assert RLO not in finished.stdout


def test_an_error_shows_no_escape_sequence(run, table):
    table(small_table().replace("size", f"{ESCAPE}{RLO}size"))
    finished = run("train", "table.csv", "-t", "nothing", "-q")
    assert_refused(finished, "there is no target 'nothing'")
    assert ESCAPE not in finished.stderr
    assert RLO not in finished.stderr
