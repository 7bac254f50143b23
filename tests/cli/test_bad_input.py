"""Each thing that cannot be used: one sentence, exit code 2, nothing half-written."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from command_line import PENGUINS, assert_refused, small_table, with_column

import walnet
from walnet import DataError, HyperparameterError, NetworkModel

GOOD = small_table()
# name: the file's content, further options, what the sentence must say
FILES = {
    "empty file": (b"", [], "the file is empty"),
    "header only": (b"size,kind\n", [], "no rows"),
    "ragged rows": (b"size,kind\n1,yes\n2\n", [], "row"),
    "broken UTF-8": (b"size,kind\n1,caf\xc3\xa9\n2,th\xe9\n", [], "not UTF-8"),
    "unknown target": (GOOD, ["--target", "kinds"], "did you mean 'kind'?"),
    "target missing": ("size,kind\n1,\n2,\n3,\n", [], "has no value in any row"),
    "one class": ("size,kind\n1,yes\n2,yes\n3,yes\n", [], "has one class, 'yes'"),
    "one row": ("size,kind\n1,yes\n", [], "one"),
    "only the target": ("kind,none\nyes,\nno,\nyes,\nno,\n", [], "no column to learn"),
    "infinite cell": (GOOD + "inf,a,no\n", [], "finite numbers, got inf in row"),
    "a million texts": (
        "size,kind\n" + "".join(f"{i},t{i}\n" for i in range(100_000)),
        [],
        "100,000 different values",
    ),
    "one column": ("kind\nyes\nno\nyes\n", [], "column"),
}
OPTIONS = {
    "no learning rate": (["--learning-rate", "0"], "learning_rate must be above 0"),
    "negative rate": (["--learning-rate", "-1"], "learning_rate must be a number"),
    "rate is NaN": (["--learning-rate", "nan"], "learning_rate must be a number"),
    "rate is text": (
        ["--learning-rate", "fast"],
        "'--learning-rate': must be a number, got 'fast'",
    ),
    "no epochs": (["--epochs", "0"], "epochs must be above 0"),
    "no batch": (["--batch-size", "0"], "batch_size must be a whole number"),
    "no neurons": (["--hidden-layers", "0"], "must be neurons of each hidden layer"),
    "too many neurons": (["--hidden-layers", "1000000,1000000"], "at most"),
    "unknown activation": (["--activation", "rely"], "activation must be one of"),
    "unknown optimizer": (["--optimizer", "sgd"], "optimizer must be one of"),
    "unknown model": (["--model", "forest"], "'forest' is not one of 'tabular', 'mlp'"),
    "unknown task": (
        ["--task", "clustering"],
        "'clustering' is not one of 'classification'",
    ),
    "share too large": (["--test-share", "1"], "'--test-share': must be a share"),
    "share in percent": (["--test-share", "25"], "such as 0.25, got 25"),
    "share is NaN": (["--test-share", "nan"], "'--test-share': must be a share"),
    "negative seed": (["--seed", "-1"], "seed must be a whole number"),
    "both lengths": (["--epochs", "3", "--iterations", "3"], "not both"),
    "unknown setting": (["--set", "l22=1"], "did you mean 'l2'?"),
    "not a setting": (["--set", "callback=1"], "no option 'callback'"),
    "setting twice": (["--epochs", "2", "--set", "epochs=3"], "give it once"),
    "no equals": (["--set", "l2"], "name=value"),
    "it diverges": (
        ["--learning-rate", "1e12", "--optimizer", "gradient_descent"],
        "NaN or infinite at iteration",
    ),
    "regression of text": (["--task", "regression"], "which is no number"),
    "no folder": (["-o", "nowhere/model.walnet"], "there is no folder 'nowhere'"),
    "a folder": (["-o", "."], "it is a folder"),
    "over the table": (["-o", "table.csv"], "written over a file that is needed"),
    "report over model": (["-o", "m", "--report", "m"], "written over a file"),
}


TABULAR = {
    "no epochs": (["--epochs", "0"], "epochs must be above 0"),
    "negative epochs": (["--epochs", "-1"], "epochs must be a whole number of at"),
    "no rate": (["--learning-rate", "0"], "learning_rate must be above 0"),
    "negative rate": (["--learning-rate", "-1"], "learning_rate must be a number in"),
    "unknown preset": (["--preset", "quick"], "preset must be one of 'fast'"),
    "no time": (["--time-limit", "0"], "'--time-limit': must be a time such as 90s"),
    "time in words": (["--time-limit", "long"], "such as 90s, 10m or 1h, got 'long'"),
    "patience": (["--patience", "0"], "patience must be a whole number of at least 1"),
    "a watched share": (["--validation-share", "0.2"], "has no --validation-share"),
    "a plain network's": (
        ["--set", "snapshots=1"],
        "use --model mlp for a plain network",
    ),
    "preset of an mlp": (
        ["--model=mlp", "--preset=fast"],
        "use --model tabular for the tabular model",
    ),
    "given twice": (["--time-limit=9", "--set", "time_limit=9"], "give it once"),
    "a word": (["--time-limit", "1 day"], "got '1 day'"),
    "no members": (
        ["--set", "members=0"],
        "members must be a whole number of at least 1",
    ),
}


@pytest.mark.parametrize("case", TABULAR)
def test_an_option_of_a_tabular_model_out_of_range_is_refused(
    case, run, table, tmp_path
):
    options, words = TABULAR[case]
    table(GOOD)
    assert_refused(run("train", "table.csv", "-q", "-t", "kind", *options), words)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("case", FILES)
def test_a_table_that_cannot_be_learned_is_refused(case, run, table, tmp_path):
    content, options, words = FILES[case]
    table(content)
    finished = run("train", "table.csv", "--quiet", "--target", "kind", *options)
    assert_refused(finished, words)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_out_of_range_is_refused(case, run, table, tmp_path):
    options, words = OPTIONS[case]
    table(GOOD)
    finished = run("train", "table.csv", "-q", "-t", "kind", "--model=mlp", *options)
    assert_refused(finished, words)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_missing_file_is_refused(process):
    finished = process("train", "nowhere.csv", "--target", "x")
    assert_refused(finished, "cannot read 'nowhere.csv': no such file")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tran"], "Did you mean 'train'?"),
        (["walnet"], "No such command 'walnet'; walnet lists the commands"),
        ([PENGUINS], f"a table is learned by: walnet train {PENGUINS}"),
        (["train", "table.csv", "kind"], "has an option, such as --target COLUMN"),
        (["demo", "--seed", "-1"], "seed must be a whole number"),
        (["train"], "Missing argument"),
        (["tune", "table.csv"], "Missing option '--target'"),
        (["train", "table.csv", "--nope"], "No such option"),
        (["explain", "a", "b", "--row", "0"], "must be a row counted from 1, got '0'"),
        (["explain", "a", "b", "--row", "x"], "must be a row counted from 1, got 'x'"),
        (["explain", "a", "b", "--decimals", "x"], "be a whole number, got 'x'"),
        (["explain", "a", "b", "--decimals", "40"], "must be at most 17, got '40'"),
        (["worksheet", "--pupils", "0"], "must be at least 1, got '0'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words, run, tmp_path):
    assert_refused(run(*arguments), words)
    assert not list(tmp_path.iterdir())


COLUMNS = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year"
PREDICT = {
    "a column is missing": (
        "island\nBiscoe\n",
        "columns of the training are missing",
    ),
    "text for a number": (
        f"{COLUMNS}\nBiscoe,39.1,18.7,long,3750,male,2007\n",
        "column 'flipper_length_mm' must hold numbers as at training, got 'long'",
    ),
    "infinite number": (
        f"{COLUMNS}\nBiscoe,39.1,18.7,181,-inf,male,2007\n",
        "column 'body_mass_g' must hold finite numbers",
    ),
}


@pytest.mark.parametrize("case", PREDICT)
def test_rows_that_do_not_fit_the_model_are_refused(case, run, table, penguin_model):
    content, words = PREDICT[case]
    finished = run("predict", penguin_model, table(content), "-o", "out.csv")
    assert_refused(finished, words)
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_what_is_no_model_is_refused(command, run, table):
    finished = run(command, table("not a model", "a.walnet"), table(GOOD))
    assert_refused(finished, "not a walnet model file")


def test_a_network_without_columns_is_refused(run, table, tmp_path):
    walnet.save(walnet.Network([2, 2]), tmp_path / "bare.walnet")
    finished = run("predict", "bare.walnet", table(GOOD))
    assert_refused(finished, "holds a Network, which knows no columns")


def test_a_row_that_is_not_there_is_refused(run, table, penguin_model):
    finished = run("explain", penguin_model, table("a,b\n1,2\n"), "--row", "2")
    assert_refused(finished, "there is no row 2 (counted from 1): the table has rows 1")


def test_the_input_is_never_written_over(run, table, penguin_model):
    rows = table(GOOD)
    finished = run("predict", penguin_model, rows, "-o", rows)
    assert_refused(finished, "written over a file that is needed")
    assert rows.read_text() == GOOD


def _small_files_only():
    """Make files beyond 1 kB fail, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


def test_a_full_disk_leaves_the_old_model(process, table, tmp_path):
    table(GOOD)
    model = tmp_path / "table.walnet"
    model.write_bytes(b"the old model")
    finished = process(
        "train", "table.csv", "-q", "-t", "kind", preexec_fn=_small_files_only
    )
    assert_refused(finished, "cannot write 'table.walnet'")
    assert model.read_bytes() == b"the old model"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["table.csv", "table.walnet"]


def test_a_full_device_is_told(run, penguin_model):
    finished = run("predict", penguin_model, PENGUINS, "-o", "/dev/full")
    assert_refused(finished, "the disk is full")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(run, table, tmp_path):
    table(GOOD)
    tmp_path.chmod(0o500)
    try:
        finished = run("train", "table.csv", "-q", "-t", "kind")
    finally:
        tmp_path.chmod(0o700)
    assert_refused(finished, "permission is denied")


# The rest of the list has an outcome other than an error.


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (lambda _: "", "has no values"),
        (lambda _: "1", "holds only the value 1"),
        (lambda i: f"n{i}", "too many to learn from"),
        (lambda i: i, "identifies the rows, as its name says"),
    ],
    ids=["no values", "constant", "a name for each row", "a counter"],
)
def test_a_useless_column_is_left_out_with_a_note(value, reason, run, table):
    rows = with_column(GOOD, "id", value)
    finished = run("train", table(rows), "-t", "kind", "--no-report")
    assert finished.returncode == 0, finished.stderr
    assert "Note: column 'id' is left out: it" in finished.stderr
    assert reason in finished.stderr


def test_two_rows_of_two_classes_are_learned():
    model = NetworkModel.fit({"size": [1.0, 2.0], "kind": ["nut", "egg"]}, "kind")
    assert list(model.predict({"size": [1.0, 2.0]})) == ["nut", "egg"]


def test_more_features_than_rows_are_learned():
    table = {f"x{i}": [float(i + j % 3) for j in range(6)] for i in range(50)}
    table["kind"] = ["a", "b", "c"] * 2
    model = NetworkModel.fit(table, "kind")
    assert model.evaluate(table).measures["accuracy"] == 1.0


def test_X_and_y_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="every column must have 2 rows"):
        NetworkModel.fit({"size": [1.0, 2.0], "kind": ["nut"]}, "kind")


def test_a_share_of_all_rows_is_refused():
    with pytest.raises(HyperparameterError, match="between 0 and 1"):
        NetworkModel.fit(
            {"size": [1.0, 2.0], "kind": ["a", "b"]}, "kind", validation_share=1.0
        )
