"""What the commands do and print, by real processes."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys

import numpy as np
import pytest
from command_line import PENGUINS, assert_refused, small_table

import walnet
from walnet.cli.arguments import NOTES
from walnet.engine.settings import TABLE
from walnet.inspection.evaluation import MEASURES
from walnet.models.network_settings import default_settings

COMMANDS = ("demo", "train", "tune", "settings", "predict", "explain", "export", "play")


def test_help_names_every_command_with_little_work(process):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = process("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert finished.returncode == 0
    assert all(f" {name} " in finished.stdout for name in COMMANDS)
    # Of the processor, not of the clock: this machine may be busy with other things.
    assert after.ru_utime - before.ru_utime < 1.0


def test_help_loads_no_library_of_the_engine():
    code = "import sys, walnet.cli.app as a; a.run(['predict', '--help']); print("
    code += "sorted({n.partition('.')[0] for n in sys.modules}))"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = finished.stdout.splitlines()[-1]
    for heavy in ("numpy", "numba", "pyarrow", "matplotlib", "sklearn", "starlette"):
        assert f"'{heavy}'" not in loaded


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help(command, run):
    finished = run(command, "--help")
    assert finished.returncode == 0
    assert f"Usage: walnet {command}" in finished.stdout


@pytest.mark.parametrize("command", ["train", "tune"])
def test_the_help_of_a_setting_is_that_of_the_table(command, run):
    words = run(command, "--help").stdout.translate(str.maketrans("│", " ")).split()
    shown = " ".join(word for word in words if not word.startswith("<"))
    options = [name for name in NOTES if f" --{name.replace('_', '-')} " in shown]
    assert options == (list(NOTES) if command == "train" else ["epochs"])
    for name in options:
        assert f"{TABLE[name].sentence}" in shown


def test_settings_are_listed_from_the_table(run):
    shown = run("settings").stdout
    for name, each in TABLE.items():
        assert f"\n{name}\n    {each.sentence}.\n" in shown


def test_the_defaults_in_the_help_are_those_of_a_plain_network():
    settings = default_settings(1000, "mse", {})
    assert f"default {settings.learning_rate}, falling" in NOTES["learning_rate"]
    assert NOTES["optimizer"] == f"by default {settings.optimizer}"


def test_version_and_bare_call(run):
    version, _, code = run("--version").stdout.partition(", ")
    assert version == f"walnet {walnet.__version__}"
    assert code.startswith("kernels ")
    assert "Usage: walnet" in run().stdout


def test_train_writes_a_model_and_a_report_and_says_how_good_it_is(process, tmp_path):
    finished = process("train", PENGUINS, "--target", "species")
    assert finished.returncode == 0, finished.stderr
    # Nothing is to be noted; what takes long on a busy machine is said.
    assert all(line.endswith(" …") for line in finished.stderr.splitlines())
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("Accuracy on the test rows: 98.8 %; the trivial guess: 44.2")
    assert "penguins.html" in finished.stdout
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["penguins.html", "penguins.walnet"]
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "EnsembleModel.fit" in page
    for part in ("Reliability", "Effect of bill_length_mm", "standard deviation of"):
        assert part in page


@pytest.mark.parametrize("target", ["species", "body_mass_g"])
def test_the_terminal_and_the_report_show_the_same_figures(target, run, tmp_path):
    options = ("--preset", "fast", "--epochs", 4)
    finished = run("train", PENGUINS, "-t", target, *options)
    assert finished.returncode == 0, finished.stderr
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    page = page.replace("\N{NO-BREAK SPACE}", " ")
    test = walnet.split_table(PENGUINS, target, seed=0)[1]
    found = walnet.load(tmp_path / "penguins.walnet").evaluate(test)
    for name in found.measures:
        title = MEASURES[name].title
        lines = [line.strip() for line in finished.stdout.splitlines()]
        [line] = [line for line in lines if line.startswith(f"{title}  ")]
        for text in (found.written(name), found.written_trivial(name)):
            assert text in line
            assert f'">{text}</td>' in page


def test_train_of_a_number_compares_with_the_mean(run):
    finished = run("train", PENGUINS, "-t", "body_mass_g", "--no-report")
    assert finished.returncode == 0, finished.stderr
    assert "2 rows of 344 have no target 'body_mass_g'" in finished.stderr
    assert finished.stdout.splitlines()[-1].startswith("RMSE on the test rows: ")


def test_the_report_of_a_number_shows_intervals_and_effects(run, tmp_path):
    finished = run("train", PENGUINS, "-t", "body_mass_g", "--preset", "fast")
    assert finished.returncode == 0, finished.stderr
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert re.search(r"made to hold 90\W+% of new rows hold [\d.]+\W+% of the 86", page)
    assert "Effect of species" in page
    assert "share of a linear model" in page
    finished = run("predict", "penguins.walnet", PENGUINS, "--json")
    facts = json.loads(finished.stdout)
    ends = [f"body_mass_g ({end} 90 %)" for end in ("low", "high")]
    assert list(facts["columns"]) == ["body_mass_g", *ends]
    low, high = (np.array(facts["columns"][end]) for end in ends)
    truth = walnet.read_table(PENGUINS)["body_mass_g"].numbers()
    known = np.isfinite(truth)
    inside = (low <= truth) & (truth <= high)
    assert 0.85 < inside[known].mean() < 1.0


def test_a_second_training_leaves_the_first_one_s_report(run, tmp_path):
    for name in ("one", "two"):
        options = ("-o", f"{name}.walnet", "--epochs", 2, "-q")
        finished = run("train", PENGUINS, "-t", "species", *options)
        assert finished.returncode == 0, finished.stderr
    assert sorted(each.name for each in tmp_path.glob("*.html")) == [
        "one.html",
        "two.html",
    ]


def test_a_time_limit_ends_the_training(run):
    options = ("--time-limit", "1s", "--epochs", 1_000_000, "--json", "--no-report")
    finished = run("train", PENGUINS, "-t", "species", *options)
    assert finished.returncode == 0, finished.stderr
    facts = json.loads(finished.stdout)
    assert facts["settings"]["time_limit"] == 1.0
    assert facts["test"]["accuracy"] > 0.5  # how much is learned is the machine's


def test_tune_keeps_the_best_and_shows_what_was_tried(run, tmp_path):
    options = ("--trials", 2, "--preset", "fast", "--epochs", 3)
    options += ("--set", "members=2", "--set", "batch_size=64")
    finished = run("tune", PENGUINS, "-t", "species", *options)
    assert finished.returncode == 0, finished.stderr
    assert re.search(
        r"2 trials, \d of them stopped early, 0 given up; 2 trials done",
        finished.stdout,
    )
    assert re.search(
        r"^ 0 \* +3×64 selu +0\.049 +0\.15 ", finished.stdout, re.MULTILINE
    )
    assert "* the preset as it is" in finished.stdout
    compared = "on the test rows +default, trial 0 +best, trial 1|No trial is better"
    assert re.search(compared, finished.stdout)
    assert max(map(len, finished.stdout.splitlines())) <= 80
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [
        ".html",
        ".study",
        ".walnet",
    ]
    model = walnet.load(tmp_path / "penguins.walnet").estimator
    assert model.n_members_ == 2
    best, *_ = model.recipe
    assert best["batch_size"] == 64
    page = (tmp_path / "penguins.html").read_text(encoding="utf-8")
    assert f"&#39;learning_rate&#39;: {best['learning_rate']}" in page


def test_the_leaderboard_fits_the_narrowest_terminal():
    """Its lines are whole also with the longest numbers there are."""
    from walnet.cli.terminal import Screen
    from walnet.cli.tune import _leaderboard
    from walnet.tuning.search import Attempt

    recipe = {
        "hidden_layers": [512] * 4,
        "activation": "selu",
        "numbers": "ramps",
        "learning_rate": 0.0161,
        "dropout": 0.00042,
        "weight_decay": 0.00204,
        "smoothing": 0.19,
    }
    trials = [Attempt(100 + k, "complete", 0.0016084, recipe, 1234.5) for k in (0, 1)]
    screen = Screen()
    screen.console.width = 80
    with screen.console.capture() as told:
        screen.table(*_leaderboard(trials, trials[1], "log-loss"), texts=2)
    lines = [line for line in told.get().splitlines() if "×" in line]
    assert [line.split()[0] for line in lines] == ["100", "101"]
    assert "101 *   4×512 selu   0.016   0.00   0.0020     0.19" in lines[1]


def test_tune_compares_the_default_and_refuses_what_it_chooses(run, tmp_path):
    options = ("--trials", 3, "--preset", "fast", "--epochs", 3, "--json")
    words = ("tune", PENGUINS, "-t", "body_mass_g", "--no-report", *options)
    facts = json.loads(run(*words).stdout)
    [default] = [each for each in facts["leaderboard"] if each["default"]]
    assert default["trial"] == 0
    assert facts["default_test"].keys() == facts["test"].keys()
    assert facts["default_test"]["trivial_guess"] == facts["test"]["trivial_guess"]
    if facts["best_trial"] == 0:
        assert facts["default_test"] == facts["test"]
    for setting, reason in (
        ("dropout=0.1", "dropout is what the search chooses"),
        ("epochs=3", "epochs has an option of its own, --epochs"),
        ("time_limit=3", "time_limit has an option of its own, --time-limit"),
        ("membres=3", "did you mean 'members'"),
    ):
        assert_refused(run(*words, "--set", setting), reason)


def test_explain_of_many_networks_writes_one_out_and_mixes_all(run, tmp_path):
    options = ("-q", "--epochs", 2, "--preset", "fast")
    finished = run("train", PENGUINS, "-t", "species", *options)
    assert finished.returncode == 0, finished.stderr
    finished = run("explain", "penguins.walnet", PENGUINS, "--row", 5)
    assert finished.returncode == 0, finished.stderr
    for part in (
        "Row 5 (counted from 1): 'species' is",
        "The model is 12 networks",
        "Mean over ",
    ):
        assert part in finished.stdout
    assert "Cost" not in finished.stdout
    assert max(map(len, finished.stdout.splitlines())) <= 80
    asked = ("--member", 2, "--iteration", "--json")
    facts = json.loads(run("explain", "penguins.walnet", PENGUINS, *asked).stdout)
    assert facts["member"]["member"] == 2
    assert facts["iteration"]["batch"]["size"] == 1
    expected = walnet.load(tmp_path / "penguins.walnet").predict_proba(PENGUINS)[0]
    np.testing.assert_allclose(facts["mixture"]["result"], expected, rtol=1e-12)
    finished = run("explain", "penguins.walnet", PENGUINS, "--member", 13)
    assert_refused(finished, "member must be 1 to 12")


def test_explain_of_a_network_and_of_an_estimator_reads_their_columns(
    run, table, tmp_path
):
    X = np.array([[0.5, 2.0], [1.0, -1.0], [0.0, 3.0]])
    rows = table("a,b\n0.5,2\n1,-1\n0,3\n")
    network = walnet.Network([2, 2])
    walnet.save(network, tmp_path / "bare.walnet")
    facts = json.loads(run("explain", "bare.walnet", rows, "--row", 2, "--json").stdout)
    assert facts["outputs"] == network.feed_forward(X)[1].tolist()
    assert facts["row"] == 2
    model = walnet.MLPClassifier(solver="lbfgs").fit(X, ["x", "y", "x"])
    walnet.save(model, tmp_path / "mlp.walnet")
    shown = run("explain", "mlp.walnet", rows, "--row", 3)
    said = (
        f"Row 3 (counted from 1): the target is predicted to be {model.predict(X)[2]}"
    )
    assert said in " ".join(shown.stdout.split())
    finished = run("explain", "mlp.walnet", table("a\n1\n", "short.csv"))
    assert_refused(finished, "reads 2 columns; there are 1: 'a'")


def test_json_is_one_object_and_all_that_is_printed(process, tmp_path):
    finished = process(
        *("train", PENGUINS, "-t", "species", "--json"),
        *("--model", "mlp", "--epochs", 20),
    )
    facts = json.loads(finished.stdout)
    assert facts["task"] == "classification"
    assert facts["labels"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert facts["train"]["rows"] == 258
    assert facts["test"]["rows"] == 86
    assert facts["test"]["accuracy"] > facts["test"]["trivial_guess"]["accuracy"] + 0.3
    assert facts["settings"]["epochs"] == facts["epochs"] == 20
    assert facts["interrupted"] is False
    model = walnet.load(tmp_path / facts["model"])
    assert list(model.network.layer_sizes) == facts["layer_sizes"]


@pytest.mark.parametrize("iterations", [5, 21])
def test_iterations_need_not_be_whole_epochs(run, tmp_path, iterations):
    finished = run(
        *("train", PENGUINS, "-t", "species", "--model", "mlp"),
        *("--iterations", iterations),
    )
    assert finished.returncode == 0, finished.stderr
    epochs = "1 epoch" if iterations > 17 else "0 epochs"
    assert f"Trained {epochs} ({iterations} iterations) in " in finished.stdout
    assert (tmp_path / "penguins.html").exists()
    model = walnet.load(tmp_path / "penguins.walnet")
    assert model.facts.iterations == iterations


def test_quiet_prints_nothing(run):
    finished = run("train", PENGUINS, "-t", "species", "-q", "--no-report")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_all_options_reach_the_model(run, tmp_path):
    finished = run(
        *("train", PENGUINS, "-t", "year", "--task", "regression", "-q"),
        *(
            "--model",
            "mlp",
            "--hidden-layers",
            "8,4",
            "--activation",
            "tanh,relu",
            "--optimizer",
            "adamw",
        ),
        *("--learning-rate", 0.01, "--batch-size", 32, "--epochs", 5, "--seed", 3),
        *("--validation-share", 0.2, "--patience", 2, "--set", "dropout=[0.1,0]"),
        *("-o", "m.walnet", "--no-report", "--test-share", 0),
    )
    assert finished.returncode == 0, finished.stderr
    model = walnet.load(tmp_path / "m.walnet")
    assert model.network.layer_sizes[1:] == (8, 4, 1)
    assert model.network.activations == ("tanh", "relu", "identity")
    settings = model.settings
    assert (settings.optimizer, settings.learning_rate) == ("adamw", 0.01)
    assert (settings.batch_size, settings.seed, settings.patience) == (32, 3, 2)
    assert settings.dropout == (0.1, 0.0)
    assert model.facts.rows + model.facts.validation_rows == 344
    assert model.facts.validation_rows == 69


@pytest.mark.parametrize("kind", ["tabular", "mlp"])
def test_the_same_seed_gives_the_same_bits_from_command_line_and_python(
    kind, process, tmp_path
):
    finished = process(
        *("train", PENGUINS, "-t", "species", "--seed", 7, "--no-report"),
        *("--model", kind, "--epochs", 5),
    )
    assert finished.returncode == 0, finished.stderr
    train, _ = walnet.split_table(PENGUINS, "species", seed=7)
    if kind == "mlp":
        model = walnet.NetworkModel.fit(train, "species", epochs=5, seed=7)
    else:
        options = {"epochs": 5, "seed": 7}
        model = walnet.EnsembleModel.fit(train, "species", **options)
    walnet.save(model, tmp_path / "python.walnet")
    files = (tmp_path / "penguins.walnet", tmp_path / "python.walnet")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_predict_answers_in_the_order_of_the_rows(run, penguin_model, tmp_path):
    finished = run("predict", penguin_model, PENGUINS, "-o", "out.csv", "--keep", "sex")
    assert finished.returncode == 0, finished.stderr
    assert "accuracy against the target in the file" in finished.stdout
    out = walnet.read_table(tmp_path / "out.csv")
    probabilities = ["P(Adelie)", "P(Chinstrap)", "P(Gentoo)"]
    assert list(out.names) == ["sex", "species", *probabilities]
    model = walnet.load(penguin_model)
    expected = model.predict(PENGUINS).tolist()
    assert out["species"].values.to_pylist() == expected
    written = np.column_stack([out[name].numbers() for name in probabilities])
    np.testing.assert_allclose(written, model.predict_proba(PENGUINS), rtol=1e-6)


def test_predict_prints_csv_or_json(process, penguin_model):
    printed = process("predict", penguin_model, PENGUINS)
    assert printed.stdout.startswith('"species","P(Adelie)"')
    assert len(printed.stdout.splitlines()) == 345
    facts = json.loads(process("predict", penguin_model, PENGUINS, "--json").stdout)
    answers = [line.split(",")[0] for line in printed.stdout.splitlines()[1:]]
    assert [f'"{answer}"' for answer in facts["columns"]["species"]] == answers


def test_predict_tells_of_levels_that_are_new(run, penguin_model, table):
    rows = PENGUINS.read_text().replace("Torgersen", "Dream\u202eland")
    finished = run("predict", penguin_model, table(rows), "-o", "out.csv")
    assert finished.returncode == 0, finished.stderr
    assert "Note: column 'island'" in finished.stderr
    assert "\u202e" not in finished.stderr


def test_explain_writes_out_the_numbers_of_the_prediction(run, penguin_model):
    finished = run("explain", penguin_model, PENGUINS, "--row", 3)
    assert finished.returncode == 0, finished.stderr
    assert "Row 3 (counted from 1): 'species' is predicted to be" in finished.stdout
    parts = ("1. From the row to the inputs", "2. Feed-forward", "4. Cost", "6. Update")
    for part in (*parts, "3. From the outputs to the answer", "5. Back-propagation"):
        assert part in finished.stdout
    facts = json.loads(
        run("explain", penguin_model, PENGUINS, "--row", 3, "--json").stdout
    )
    outputs = walnet.load(penguin_model).outputs(PENGUINS)[2]
    np.testing.assert_allclose(facts["outputs"], outputs, atol=1e-6)
    assert facts["original"] == facts["prediction"] == "Adelie"
    assert facts["iteration"] is not None


def test_explain_of_a_number_goes_into_its_own_unit_and_back(run, tmp_path):
    run(
        *("train", PENGUINS, "-t", "body_mass_g", "--model", "mlp", "--epochs", 5),
        *("-q", "-o", "mass.walnet"),
    )
    model = walnet.load(tmp_path / "mass.walnet")
    target, size = model.schema.target, model.schema.encoders[2]
    shown = run("explain", "mass.walnet", PENGUINS, "--row", 2).stdout
    assert f"(3800 − {target.mean:.4f})/{target.deviation:.4f} " in shown
    assert size.name == "bill_length_mm"
    assert f"(39.5 − {size.mean:.4f})/{size.deviation:.4f} " in shown
    back = re.search(
        r"body_mass_g = μ \+ σ·a₁⁽²⁾ = (\S+) \+ (\S+)·(\S+) . (\S+)", shown
    )
    mean, deviation, output, answer = (
        float(each.strip("()").replace("−", "-")) for each in back.groups()
    )
    assert mean + deviation * output == pytest.approx(answer, abs=0.1)


def test_explain_without_a_target_stops_after_the_prediction(run, penguin_model, table):
    rows = "\n".join(
        line.partition(",")[2] for line in PENGUINS.read_text().splitlines()
    )
    finished = run("explain", penguin_model, table(rows))
    assert finished.returncode == 0, finished.stderr
    assert "2. Feed-forward" in finished.stdout
    assert "Cost" not in finished.stdout
    assert "knows no 'species'" in finished.stderr


def test_demo_tells_the_first_lesson_and_draws_it(process, tmp_path):
    finished = process("demo", "--folder", "lesson")
    assert finished.returncode == 0, finished.stderr
    for step in ("1  The data", "4  One iteration", "6  Original labels vs. predicted"):
        assert step in finished.stdout
    assert finished.stdout.splitlines()[-1].startswith("Accuracy on the test points: ")
    pictures = sorted(path.name for path in (tmp_path / "lesson").glob("*.png"))
    assert len(pictures) == 6
    page = (tmp_path / "lesson" / "report.html").read_text(encoding="utf-8")
    assert "walnet.datasets.moons" in page


def test_a_reader_that_has_seen_enough_is_no_error(penguin_model, tmp_path):
    command = f"{sys.executable} -m walnet predict {penguin_model} {PENGUINS} | head -1"
    finished = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in finished.stderr


def test_a_terminal_that_knows_no_arrows_loses_nothing(process, table, tmp_path):
    table(small_table())
    finished = process(
        *("train", "table.csv", "-t", "kind", "--no-report"),
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "table.walnet").exists()
