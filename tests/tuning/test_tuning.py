"""Tuning: a study that goes on, in one process or several, also after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import optuna
import postgres
import pytest

from walnet.errors import DataError, HyperparameterError
from walnet.models.ensemble_model import EnsembleModel
from walnet.tables import as_table
from walnet.tuning import journal
from walnet.tuning.search import tune
from walnet.tuning.studies import (
    fingerprint,
    open_storage,
    open_study,
    queue_again,
    silent_optuna,
)

QUICK = {"preset": "fast", "epochs": 2}
PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(scope="module")
def rows():
    """Rows whose class depends on two numbers."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(120, 2))
    kind = np.where(x[:, 0] * x[:, 1] > 0, "a", "b")
    return as_table({"x": x[:, 0], "y": x[:, 1], "kind": kind.tolist()})


@pytest.fixture
def storage(tmp_path):
    """Where a study may be."""
    return tmp_path / "a.study"


def search(rows, storage, **options):
    """Run a few quick trials."""
    return tune(rows, "kind", storage=storage, **(QUICK | {"seconds": None} | options))


def trials_of(storage):
    """Return the trials in a storage."""
    with silent_optuna():
        opened = open_storage(storage)
        trials = optuna.load_study(study_name=None, storage=opened).get_trials()
        opened.remove_session()
    return trials


def command(folder, *options):
    """Start the command line in a folder."""
    words = ["tune", PENGUINS, "-t", "species", "--no-report", "--json", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "walnet", *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def facts_of(process):
    """Return what a process has told."""
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    return json.loads(stdout)


def test_the_first_trial_is_the_preset_and_the_best_is_at_least_as_good(rows, storage):
    found = search(rows, storage, trials=4)
    assert len(found.attempts) == 4
    first = next(each for each in found.attempts if each.number == 0)
    assert first.recipe["hidden_layers"] == [64, 64, 64]
    assert first.recipe["learning_rate"] == 0.04
    losses = [each.loss for each in found.attempts if each.state == "complete"]
    assert losses == sorted(losses)
    assert found.best.loss == losses[0] <= first.loss
    assert found.model.estimator.validation_loss_ == found.best.loss
    assert found.stopped == "4 trials done"


def test_a_search_goes_on_where_it_ended(rows, storage):
    before = search(rows, storage, trials=2)
    after = search(rows, storage, trials=2)
    assert len(after.attempts) == 4
    assert after.best.loss <= before.best.loss
    known = {each.number: each.recipe for each in after.attempts}
    assert all(known[each.number] == each.recipe for each in before.attempts)


def test_the_same_seed_tries_the_same_also_when_it_was_interrupted(rows, tmp_path):
    whole = search(rows, tmp_path / "whole", trials=4)
    search(rows, tmp_path / "parts", trials=1)
    parts = search(rows, tmp_path / "parts", trials=3)
    tried = [
        [(a.number, a.state, a.recipe) for a in found.attempts]
        for found in (whole, parts)
    ]
    assert tried[0] == tried[1]
    assert whole.best.loss == parts.best.loss


def test_the_best_model_of_another_process_is_learned_again_bit_for_bit(rows, storage):
    first = search(rows, storage, trials=1)
    # Nothing more may be tried, so the best model is the other call's.
    again = search(rows, storage, seconds=1e-6)
    assert again.best == first.best
    np.testing.assert_array_equal(
        again.model.estimator.bags_[0].parameters,
        first.model.estimator.bags_[0].parameters,
    )


def test_the_first_trial_is_shortened_to_the_time(rows, storage):
    started = time.monotonic()
    found = search(rows, storage, seconds=1.0, epochs=1_000_000)
    assert time.monotonic() - started < 30  # it would take hours
    assert found.stopped == "the time is up"
    assert found.best.number == 0


def test_a_callback_sees_the_search_and_ends_it(rows, storage):
    seen = []

    def callback(search):
        seen.append((search.done, search.best))
        if search.done == 2:
            search.stop("enough")

    found = search(rows, storage, trials=50, callback=callback)
    assert found.stopped == "enough"
    assert len(found.attempts) == 2
    assert any(best == found.best.loss for _, best in seen)


def test_what_is_worse_on_several_parts_is_given_up(rows, storage, monkeypatch):
    from walnet.tuning import search as tuning

    losses = iter(np.arange(1000.0))  # each part is worse than any before
    monkeypatch.setattr(tuning, "loss_of", lambda *_, **__: next(losses))
    found = search(rows, storage, trials=2, members=8, threads=1)
    assert [each.state for each in found.attempts] == ["complete", "pruned"]
    pruned = trials_of(storage)[1]
    assert 3 <= len(pruned.intermediate_values) < 8


def test_numbers_and_a_database_in_a_file(rows, tmp_path):
    storage = f"sqlite:///{tmp_path / 'a.db'}"
    found = tune(rows, "x", storage=storage, trials=2, seconds=None, **QUICK)
    assert found.model.task == "regression"
    assert "smoothing" not in found.best.recipe
    assert found.best.loss == found.model.estimator.validation_loss_ > 0


def test_the_model_s_recipe_makes_it_again_all_bags_of_it(rows, storage):
    options = {"preset": "balanced", "epochs": 2, "members": 5}
    found = search(rows, storage, trials=2, **options)
    model = found.model.estimator
    assert len(model.bags_) == len(model.recipe) == 5
    assert model.recipe[0] == found.best.recipe
    again = EnsembleModel.fit(rows, "kind", recipe=model.recipe, **options).estimator
    for bag, other in zip(again.bags_, model.bags_, strict=True):
        np.testing.assert_array_equal(bag.parameters, other.parameters)


def test_other_settings_are_the_same_in_all_trials_and_bags(rows, storage):
    options = {"preset": "balanced", "members": 4, "batch_size": 32, "beta_2": 0.9}
    found = search(rows, storage, trials=2, **options)
    for recipe in found.model.estimator.recipe:
        assert (recipe["batch_size"], recipe["beta_2"]) == (32, 0.9)
    batches = {b.recipe.settings.batch_size for b in found.model.estimator.bags_}
    assert batches == {32}
    with pytest.raises(DataError, match="was started with"):
        search(rows, storage, trials=1, **(options | {"batch_size": 64}))


def test_the_default_is_known_and_its_model_is_the_presets(rows, storage):
    found = search(rows, storage, trials=4)
    assert found.default.number == 0
    plain = EnsembleModel.fit(rows, "kind", **QUICK).estimator
    # Another process learns it again, bit for bit, whichever trial is the best.
    again = search(rows, storage, seconds=1e-6)
    for each in (found, again):
        assert each.default == found.default
        np.testing.assert_array_equal(
            each.default_model.estimator.bags_[0].parameters, plain.bags_[0].parameters
        )
    losses = [a.loss for a in found.attempts if a.state == "complete"]
    assert found.default.loss in losses


def test_ctrl_c_does_not_wait_for_a_default_that_is_not_at_hand(rows, storage):
    from walnet.engine.driver import BY_CTRL_C

    search(rows, storage, trials=3)
    found = search(rows, storage, trials=9, callback=lambda s: s.stop(BY_CTRL_C))
    assert found.default is not None
    assert (found.default_model is None) == (found.best.number != 0)


@pytest.mark.slow
def test_a_killed_process_s_trial_is_run_again(tmp_path):
    process = command(tmp_path, "--preset", "fast", "--time-limit", "100s")
    storage = tmp_path / "penguins.study"
    end = time.monotonic() + 90
    running = []
    while not running:
        assert time.monotonic() < end
        time.sleep(0.3)
        process.send_signal(signal.SIGSTOP)  # so that nothing ends while we look
        trials = trials_of(storage) if storage.exists() else []
        under_way = [trial for trial in trials if trial.state.name == "RUNNING"]
        running = [trial for trial in under_way if len(trial.params) == 8]
        if not running:
            process.send_signal(signal.SIGCONT)
    process.kill()
    process.communicate()
    with storage.open("ab") as file:
        file.write(b'{"op_code": 8, "half a line')  # what a crash may leave
    more = ("--preset", "fast", "--trials", 1)
    facts = facts_of(command(tmp_path, *more))
    assert facts["queued_again"] == [running[0].number]
    states = {each["trial"]: each for each in facts["leaderboard"]}
    assert states[running[0].number]["state"] == "fail"
    again = states[max(states)]
    assert again["state"] in ("complete", "pruned")
    assert again["recipe"]["learning_rate"] == running[0].params["learning_rate"]
    assert (tmp_path / "penguins.walnet").exists()


@pytest.fixture(params=["file", "PostgreSQL"])
def shared(request, tmp_path):
    """Where several processes find one study."""
    if request.param == "file":
        yield tmp_path / "shared.study"
        return
    if not postgres.INSTALLED:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server() as url:
        yield url


@pytest.mark.slow
def test_two_processes_share_a_study(shared, tmp_path):
    common = ("--preset", "fast", "--epochs", 4, "--trials", 5)
    common += ("--storage", shared)
    both = [command(tmp_path, *common, "-o", f"{name}.walnet") for name in "ab"]
    facts = [facts_of(process) for process in both]
    trials = trials_of(shared)
    assert len(trials) == 10
    assert {trial.user_attrs["process"] for trial in trials} == {p.pid for p in both}
    assert sum("default" in trial.user_attrs for trial in trials) == 1
    assert len({json.dumps(trial.params) for trial in trials}) == 10
    best = min(t.value for t in trials if t.state.name == "COMPLETE")
    assert best in [fact["leaderboard"][0]["loss"] for fact in facts]
    assert "secret" not in json.dumps(facts)


class TestStudies:
    def study(self, rows, storage):
        return open_study(storage, "s", rows, {}, {})

    def test_a_study_of_other_rows_or_options_is_refused(self, rows, storage):
        with silent_optuna():
            self.study(rows, storage)
            with pytest.raises(DataError, match="one of other rows"):
                self.study(rows.take(np.arange(60)), storage)
            with pytest.raises(DataError, match="was started with"):
                open_study(storage, "s", rows, {}, {"preset": "best"})

    def test_all_kinds_of_columns_have_a_fingerprint(self):
        table = {"n": [1.0, None], "b": [True, False], "t": ["x", "y"], "e": [None] * 2}
        table["d"] = ["2024-01-01", "2024-02-01"]
        mark = fingerprint(as_table(table))
        assert mark == fingerprint(as_table(table))
        for name, other in {"n": 2.0, "b": False, "t": "z", "d": "2023-01-01"}.items():
            changed = table | {name: [other, table[name][1]]}
            assert fingerprint(as_table(changed)) != mark

    @pytest.mark.parametrize("where", ["here", "elsewhere"])
    def test_only_trials_of_the_dead_are_queued_again(self, where, rows, storage):
        import socket

        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        with silent_optuna():
            study = self.study(rows, storage)
            study.ask()  # the first trial, which is the default
            lives, died = study.ask(), study.ask()
            died.suggest_float("dropout", 0, 1)
            for trial, is_dead in ((lives, False), (died, True)):
                if where == "here":
                    number = dead.pid if is_dead else os.getpid()
                    trial.set_user_attr("host", socket.gethostname())
                    trial.set_user_attr("process", number)
                else:
                    trial.set_user_attr("host", "another machine")
                    trial.set_user_attr("alive", time.time() - 1000 * is_dead)
            assert queue_again(study) == [died.number]
            assert queue_again(study) == []
            again = study.ask()
            assert again.suggest_float("dropout", 0, 1) == died.params["dropout"]
            assert again.user_attrs["retries trial"] == died.number

    def test_what_is_no_study_is_one_sentence(self, rows, tmp_path):
        with silent_optuna():
            with pytest.raises(DataError, match="no such file or folder"):
                self.study(rows, tmp_path / "none" / "a.study")
            with pytest.raises(DataError, match="cannot open the study's database"):
                self.study(rows, f"sqlite:///{tmp_path}/none/a.db")

    @pytest.mark.parametrize(
        "line",
        [b'{"x": 1}', b"[]", b"7", b'{"op_code": 99}', b"no JSON", b"", b"[" * 99_999],
    )
    def test_a_line_that_is_no_entry_is_named(self, line, rows, storage):
        with silent_optuna():
            self.study(rows, storage)
            with storage.open("ab") as file:
                lines = storage.read_bytes().count(b"\n")
                file.write(line + b"\n")
            with pytest.raises(DataError, match=rf"line {lines + 1} is none of"):
                self.study(rows, storage)

    def test_entries_of_another_kind_are_one_sentence(self, rows, storage):
        with silent_optuna():
            self.study(rows, storage)
            with storage.open("a") as file:
                file.write('{"op_code": 0, "directions": 3}\n')
            with pytest.raises(DataError, match="is no file of a study"):
                self.study(rows, storage)

    def test_trials_of_earlier_recipes_are_not_gone_on_with(self, rows, storage):
        """They embedded numbers or did not: what they found is said in other words."""
        search(rows, storage, trials=1)
        with silent_optuna():
            name, opened = "walnet: kind", open_storage(storage)
            study = optuna.load_study(study_name=name, storage=opened)
            [first] = study.get_trials()
            params, known = dict(first.params), dict(first.distributions)
            del params["numbers"], known["numbers"]
            params["embed_numbers"] = True
            known["embed_numbers"] = optuna.distributions.CategoricalDistribution(
                [True, False]
            )
            study.add_trial(
                optuna.trial.create_trial(
                    params=params, distributions=known, value=-1.0
                )
            )
        with pytest.raises(DataError, match="trials of another kind of search"):
            search(rows, storage, trials=1)

    def test_trials_of_another_search_are_one_sentence(self, rows, storage):
        search(rows, storage, trials=1)
        with silent_optuna():
            name, opened = "walnet: kind", open_storage(storage)
            study = optuna.load_study(study_name=name, storage=opened)
            other = {"x": optuna.distributions.FloatDistribution(0, 1)}
            study.tell(study.ask(other), -1.0)
        with pytest.raises(DataError, match="trials of another kind of search"):
            search(rows, storage, trials=1)

    def test_a_folder_or_a_pipe_is_no_study(self, rows, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with silent_optuna():
            for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
                with pytest.raises(DataError, match="must be a regular file"):
                    self.study(rows, path)

    def test_a_lock_ends_with_the_process_that_held_it(self, rows, tmp_path):
        where = tmp_path / "out" / "a.study"
        where.parent.mkdir()
        holder = (
            "import os, pathlib, sys; from walnet.tuning.journal import FileLock;"
            "FileLock(pathlib.Path(sys.argv[1])).acquire(); os.kill(os.getpid(), 9)"
        )
        with silent_optuna():
            self.study(rows, where)
        # As a killed Optuna leaves it: a link that leads nowhere.
        (tmp_path / "out" / "a.study.lock").symlink_to("out/a.study")
        subprocess.run([sys.executable, "-c", holder, where], check=False)
        with silent_optuna():
            assert self.study(rows, where).trials

    def test_a_lock_that_is_held_is_one_sentence(self, rows, storage, monkeypatch):
        monkeypatch.setattr(journal, "PATIENCE", 0.2)
        with silent_optuna():
            self.study(rows, storage)
            lock = journal.FileLock(storage)
            lock.acquire()
            with pytest.raises(DataError, match="another process has been writing"):
                self.study(rows, storage)
            lock.release()
            assert self.study(rows, storage).trials

    def test_without_a_driver_it_says_what_to_install(self, rows, monkeypatch):
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with silent_optuna(), pytest.raises(DataError, match=r"walnet\[postgresql\]"):
            self.study(rows, "postgresql://me@host/name")

    def test_what_is_behind_a_proxy_is_not_guessed(self, rows):
        with silent_optuna(), pytest.raises(DataError, match="a journal behind one"):
            self.study(rows, "grpc://host:13000")

    def test_a_storage_that_is_open_stays_open(self, rows):
        with silent_optuna():
            opened = optuna.storages.InMemoryStorage()
            assert self.study(rows, opened)._storage is opened

    def test_a_password_is_not_told(self, rows):
        with silent_optuna(), pytest.raises(DataError) as told:
            self.study(rows, "nonsense://me:secret@host/name")
        assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seconds": None, "trials": None}, "needs a time or a number of trials"),
        ({"seconds": 0.0}, "seconds must be above 0"),
        ({"trials": 0}, "trials must be above 0"),
        ({"recipe": {}}, "recipe is what the search chooses"),
        ({"checkpoint": "c"}, "checkpoint is of one training"),
        ({"dropout": 0.1}, "dropout is what the search chooses"),
        ({"dropuot": 0.1}, "no option 'dropuot'; did you mean dropout"),
        ({"seed": None}, "must be a whole number of at least 0"),
        ({"preset": "none"}, "preset must be one of"),
    ],
)
def test_bad_options_are_one_sentence(options, words, rows, storage):
    with pytest.raises(HyperparameterError, match=words):
        search(rows, storage, **({"trials": 1} | options))


def test_without_optuna_it_says_what_to_install(rows, storage, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(DataError, match=r"pip install 'walnet\[tune\]'"):
        search(rows, storage, trials=1)
