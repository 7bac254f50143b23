"""Estimators in model files, and fits that go on after they were killed."""

from __future__ import annotations

import contextlib
import copy
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

import walnet
from walnet import MLPClassifier, MLPRegressor
from walnet.saving.container import read_model_file

MODELS = {
    "two": MLPClassifier(),
    "three": MLPClassifier(batch_norm=True, standardize=True, class_weight="balanced"),
    "several": MLPClassifier(activation=("gelu",)),
    "numbers": MLPRegressor(standardize=True, n_iter_no_change=np.inf),
    "both": MLPRegressor("huber", solver="lbfgs"),
}


DATA = Path(__file__).parents[1] / "models" / "data"
# Objects without an equality of their own; what they hold is compared by what follows.
MADE_ANEW = {"_network", "history_", "_learner", "_label_binarizer", "_optimizer"}
MADE_ANEW |= {"_views", "scaling_", "_class_weight", "hidden_layer_sizes"}


@pytest.mark.parametrize("target", MODELS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_saved_estimator_comes_back_to_the_bit(data, target, dtype, tmp_path):
    X, y = data.X.astype(dtype), getattr(data, target)
    model = MODELS[target].set_params(max_iter=4, random_state=0).fit(X, y)
    walnet.save(model, tmp_path / "model.walnet")
    loaded = walnet.load(tmp_path / "model.walnet")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert type(loaded.scaling_) is type(model.scaling_)
    if model.scaling_ is not None:
        np.testing.assert_equal(vars(loaded.scaling_), vars(model.scaling_))
    assert loaded.predict(X).dtype == model.predict(X).dtype
    assert loaded.predict(X[:1]).shape == model.predict(X[:1]).shape
    for name in set(vars(model)) - MADE_ANEW:
        np.testing.assert_equal(getattr(loaded, name), getattr(model, name))
    for name in set(vars(model.history_)) - {"_rows"}:
        assert getattr(loaded.history_, name) == getattr(model.history_, name)
    assert loaded.history_.to_dict() == model.history_.to_dict()
    for twin in (model, loaded):  # they learn on to the same bits
        if hasattr(twin, "classes_"):
            twin.set_params(class_weight=None)
        if model.solver == "lbfgs":
            twin.set_params(warm_start=True).fit(X, y)
        else:
            twin.partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(loaded.coefs_[0], model.coefs_[0])
    assert loaded.loss_ == model.loss_
    if model.solver != "lbfgs":
        assert loaded.loss_curve_ == model.loss_curve_
        assert len(model.loss_curve_) == 6


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_an_estimator_of_version_1_loads_for_ever(kind):
    model = walnet.load(DATA / f"{kind}_v1.walnet")
    X = np.random.default_rng(0).normal(size=(40, 3))
    if kind == "classifier":
        assert model.predict(X[:8]).tolist() == [1, 1, 1, 0, 0, 0, 0, 1]
        X_new, y = X, np.digitize(X[:, 0], [-0.5, 0.5])
        model.set_params(early_stopping=False)
    else:
        X_new, y = X.astype("f4"), X[:, 0]
        wanted = [1.0704854726791382, 1.2790913581848145, 2.565375804901123]
        assert model.predict(X_new[:3]).tolist() == pytest.approx(wanted, rel=1e-5)
    assert model.loss_curve_ == []
    assert len(model.partial_fit(X_new, y).loss_curve_) == 1


def test_a_diverged_fit_comes_back_with_its_curve(data, tmp_path):
    model = MLPRegressor(solver="sgd", early_stopping=True, random_state=0)
    model.set_params(learning_rate=lambda epoch: 0.01 if epoch < 2 else 1e30)
    with pytest.warns(UserWarning, match="parameters of epoch 2 are kept"):
        model.fit(data.X, data.numbers)
    walnet.save(model.set_params(learning_rate="constant"), tmp_path / "model.walnet")
    loaded = walnet.load(tmp_path / "model.walnet")
    np.testing.assert_equal(loaded.loss_curve_, model.loss_curve_)
    np.testing.assert_equal(loaded.validation_scores_, model.validation_scores_)
    assert loaded.history_.diverged
    assert loaded.history_.best_epoch == model.history_.best_epoch == 1


def test_a_fit_state_that_is_none_is_refused(data):
    model = MLPClassifier(max_iter=2).fit(data.X, data.two)
    _, header, arrays = model.to_saved()
    n = model.network_.n_parameters
    for wrong in (
        {"memory": np.zeros(2 * n - 1)},
        {"memory": np.zeros(2 * n, "f4")},
        {"memory": np.full(2 * n, -1.0)},
        {"history": np.zeros((2, 3), int)},
        {"loss_curve": np.zeros(2)},
    ):
        with pytest.raises(walnet.FileFormatError):
            MLPClassifier.from_saved(header, arrays | wrong)
    header["fit_state"]["optimizer"]["updates"] = -1
    with pytest.raises(walnet.FileFormatError, match="count of the fit"):
        MLPClassifier.from_saved(header, arrays)


CHANGED = {
    "standardize": MLPRegressor(standardize=True),
    "loss": MLPRegressor(standardize=True, batch_norm=True),
    "activation": MLPRegressor(activation=("gelu",)),
}
LATER = {"standardize": False, "loss": "poisson", "activation": ["tanh", "tanh"]}


@pytest.mark.parametrize("name", CHANGED)
def test_parameters_set_after_the_fit_change_no_prediction(data, name, tmp_path):
    path = tmp_path / "model.walnet"
    model = CHANGED[name].set_params(max_iter=4, random_state=0)
    model.fit(data.X, data.numbers)
    wanted = model.predict(data.X)
    model.set_params(**{name: LATER[name]})
    walnet.save(model, path)
    loaded = walnet.load(path)
    walnet.save(loaded, path)
    copies = (loaded, walnet.load(path), copy.deepcopy(model))
    for twin in (*copies, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict(data.X), wanted)
    walnet.save(model.set_params(standardize=True), path)
    np.testing.assert_array_equal(walnet.load(path).predict(data.X), wanted)


def test_code_is_not_saved_but_refused(data, tmp_path):
    model = MLPClassifier(max_iter=2)
    model.fit(data.X, data.two).set_params(callbacks=print)
    with pytest.raises(walnet.DataError, match="callbacks holds"):
        walnet.save(model, tmp_path / "model.walnet")
    with pytest.raises(ValueError, match="not fitted"):
        walnet.save(MLPClassifier(), tmp_path / "model.walnet")


OPTIONS = [
    {},
    {"early_stopping": True},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.01},
    {"dropout": 0.2, "learning_rate": "cosine"},
    {"batch_norm": True, "early_stopping": True, "dropout": 0.1},
    {"sparse": True},
]
KILLED = """
import os, signal, sys
import numpy as np
import scipy.sparse
import walnet.engine.checkpoint
from walnet import MLPRegressor

def kill(training):
    if training.epoch == 17:
        os.kill(os.getpid(), signal.SIGKILL)

def terminate(training):
    if training.epoch == 17:
        os.kill(os.getpid(), signal.SIGTERM)

def end_of(child):
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

walnet.engine.checkpoint.SECONDS_BETWEEN = 0
X = np.random.default_rng(0).normal(size=(240, 5))
y = X[:, 0] * X[:, 1] + X[:, 2]
MLPRegressor(max_iter=1).fit(X, y)  # loads the kernels, once
for place, options in enumerate(eval(sys.argv[2])):
    child = os.fork()
    if child == 0:
        rows = scipy.sparse.csr_matrix(X) if options.pop("sparse", False) else X
        model = MLPRegressor(max_iter=40, random_state=0, **options)
        model.set_params(checkpoint=f"{sys.argv[1]}/{place}", callbacks=kill)
        model.fit(rows, y)
        os._exit(0)
    end_of(child)
walnet.engine.checkpoint.SECONDS_BETWEEN = 1e9
child = os.fork()
if child == 0:
    path = f"{sys.argv[1]}/terminated"
    model = MLPRegressor(max_iter=40, random_state=0, checkpoint=path)
    model.set_params(callbacks=terminate).fit(X, y)
    os._exit(0)
end_of(child)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder of checkpoints, one of each options, whose processes were killed."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(folder), repr(OPTIONS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["-9"] * len(OPTIONS) + ["143"]
    return folder


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_killed_fit_goes_on_to_the_same_bits(options, killed):
    path = killed / str(OPTIONS.index(options))
    assert path.exists()
    X = np.random.default_rng(0).normal(size=(240, 5))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    options = dict(options)
    if options.pop("sparse", False):
        X = scipy.sparse.csr_matrix(X)
    model = MLPRegressor(max_iter=40, random_state=0, **options)
    whole = model.fit(X, y)
    weights, curve, scores = whole.coefs_, whole.loss_curve_, whole.validation_scores_
    resumed = MLPRegressor(max_iter=40, random_state=0, checkpoint=path, **options)
    resumed.fit(X, y)
    for mine, other in zip(resumed.coefs_, weights, strict=True):
        np.testing.assert_array_equal(mine, other)
    assert (resumed.loss_curve_, resumed.validation_scores_) == (curve, scores)
    assert (resumed.n_iter_, resumed.stopped_) == (whole.n_iter_, whole.stopped_)
    with pytest.raises(walnet.DataError, match="belongs to other data"):
        resumed.fit(2 * X, y)
    with pytest.raises(ValueError, match="whole number as random_state"):
        resumed.set_params(random_state=None).fit(X, y)


KILLED_ANYWHERE = """
import sys
import numpy as np
import walnet
import walnet.engine.checkpoint
walnet.engine.checkpoint.SECONDS_BETWEEN = 0  # it writes nearly all the time
X = np.random.default_rng(0).normal(size=(240, 5))
model = walnet.MLPRegressor(
    max_iter=400, early_stopping=True, n_iter_no_change=400, dropout=0.1,
    random_state=0, checkpoint=sys.argv[1],
    callbacks=lambda _: print("an epoch is done", flush=True))
model.fit(X, X[:, 0] * X[:, 1] + X[:, 2])
walnet.save(model.set_params(callbacks=None), sys.argv[2])
"""


@pytest.mark.slow
def test_kills_at_random_moments_change_no_bit(tmp_path):
    rng = np.random.default_rng(1)
    paths = [str(tmp_path / name) for name in ("fit.checkpoint", "done.walnet")]
    command = [sys.executable, "-W", "ignore", "-c", KILLED_ANYWHERE, *paths]
    kills, reached = 0, set()
    while not Path(paths[1]).exists():
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=rng.uniform(0, 0.3) if kills < 6 else 100)
            process.kill()
        assert process.returncode in {0, -signal.SIGKILL}
        kills += 1
        if Path(paths[0]).exists():
            reached.add(read_model_file(paths[0])[1]["epochs"])
    assert len(reached) >= 3  # so many parts were put together
    resumed = walnet.load(paths[1])
    X = np.random.default_rng(0).normal(size=(240, 5))
    whole = clone(resumed).set_params(checkpoint=None)
    whole.fit(X, X[:, 0] * X[:, 1] + X[:, 2])
    np.testing.assert_array_equal(resumed.coefs_[0], whole.coefs_[0])
    for name in ("loss_curve_", "validation_scores_", "best_iter_", "stopped_"):
        assert getattr(resumed, name) == getattr(whole, name)
    assert whole.best_iter_ > 0
    mine, other = resumed._optimizer, whole._optimizer
    np.testing.assert_array_equal(mine.memory, other.memory)


def test_a_process_that_is_asked_to_end_writes_its_checkpoint(killed):
    assert read_model_file(killed / "terminated")[1]["epochs"] == 17


INTERRUPTED = """
import signal, sys, threading
import numpy as np
import walnet
signal.signal(signal.SIGINT, signal.SIG_IGN)
rng, tries, interruptions = np.random.default_rng(0), 0, 0
X = rng.normal(size=(10_000, 5))
y = X[:, 0] * X[:, 1] + X[:, 2]
options = {"max_iter": 40, "batch_size": 10, "random_state": 0, "solver": "sgd"}
options |= {"hidden_layer_sizes": 10, "n_iter_no_change": 40, "dropout": 0.1}
whole = walnet.MLPRegressor(**options).fit(X, y, X_val=X, y_val=y)
model = walnet.MLPRegressor(checkpoint=sys.argv[1], **options)
while not getattr(model, "stopped_", "").startswith("all 40"):
    seconds = rng.uniform(0, 0.06) if tries < 6 else 100
    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        model.fit(X, y, X_val=X, y_val=y)
    except KeyboardInterrupt:
        pass  # before or after the training
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    timer.cancel()
    timer.join()
    tries += 1
    interruptions += getattr(model, "stopped_", "").startswith("stopped by Ctrl-C")
print(interruptions)
for name in ("loss_curve_", "validation_scores_", "stopped_"):
    print(getattr(model, name) == getattr(whole, name))
print(all((a == b).all() for a, b in zip(model.coefs_, whole.coefs_)))
"""


def test_ctrl_c_anywhere_in_an_epoch_changes_no_bit(tmp_path):
    path = str(tmp_path / "fit.checkpoint")
    command = [sys.executable, "-W", "ignore", "-c", INTERRUPTED, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    interruptions, *same = done.stdout.split()
    assert same == ["True"] * 4
    assert int(interruptions) >= 1


def log_cosh(y, a):
    return np.log(np.cosh(a - y)).sum(axis=1)


LOSS = (log_cosh, lambda y, a: np.tanh(a - y))
KEPT = {"loss": LOSS, "learning_rate": lambda epoch: 0.01 / (1 + epoch)}
CHANGES = {
    "parameter": {"tol": 0.5},
    "loss": {"loss": (lambda y, a: 2 * log_cosh(y, a), LOSS[1])},
    "rate": {"learning_rate": lambda epoch: 0.01 / (1 + epoch**2)},
    "rows to score": {},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_fit_does_not_go_on_from_a_checkpoint(data, change, tmp_path):
    options = KEPT | {"max_iter": 3, "random_state": 0, "hidden_layer_sizes": 4}
    rows = {"X_val": data.X[200:], "y_val": data.numbers[200:]}
    model = MLPRegressor(checkpoint=tmp_path / "fit.checkpoint", **options)
    model.fit(data.X[:200], data.numbers[:200], **rows)
    longer = MLPRegressor(**model.set_params(max_iter=6).get_params(deep=False))
    longer.fit(data.X[:200], data.numbers[:200], **rows)
    whole = MLPRegressor(**longer.get_params(deep=False)).set_params(checkpoint=None)
    whole.fit(data.X[:200], data.numbers[:200], **rows)
    assert longer.loss_curve_ == whole.loss_curve_
    assert longer.validation_scores_ == whole.validation_scores_
    if change == "rows to score":
        rows["y_val"] = rows["y_val"] + 1
    longer.set_params(**CHANGES[change])
    with pytest.raises(walnet.DataError, match=r"belongs to (other|another)"):
        longer.fit(data.X[:200], data.numbers[:200], **rows)
