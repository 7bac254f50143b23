"""What scikit-learn's estimators do not have: each option does what it says."""

from __future__ import annotations

import contextlib
import os
import pty
import signal

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

import walnet
from walnet import MLPClassifier, MLPRegressor
from walnet.engine.normalization import folded

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 6, "random_state": 0}


@pytest.mark.parametrize(
    "option",
    [
        ("dropout", 0.5),
        ("batch_norm", True),
        ("weight_decay", 0.1),
        ("clip_norm", 1.0),
        ("learning_rate", "cosine"),
        ("learning_rate", float),
        ("warm_up", 2),
        ("checkpoint", "fit.checkpoint"),
    ],
    ids=str,
)
def test_lbfgs_refuses_what_it_would_leave_out(data, option):
    name, value = option
    with pytest.raises(ValueError, match=f"^{name} needs a stochastic solver"):
        MLPRegressor(solver="lbfgs", **{name: value}, **QUICK).fit(data.X, data.numbers)


def test_lbfgs_says_that_early_stopping_needs_rows_to_score(data):
    model = MLPRegressor(solver="lbfgs", early_stopping=True, **QUICK)
    with pytest.warns(UserWarning, match="early_stopping has no effect"):
        model.fit(data.X, data.numbers)
    assert not hasattr(model, "validation_scores_")  # as scikit-learn's


def test_lbfgs_calls_callbacks_and_scores_rows(data):
    seen = []

    def look(training):
        seen.append(training.history.cost[-1])
        if training.iteration == 5:
            training.stop("five are enough")

    model = MLPClassifier(solver="lbfgs", callbacks=look, **QUICK)
    model.set_params(max_iter=20).fit(
        data.X[:200], data.three[:200], X_val=data.X[200:], y_val=data.three[200:]
    )
    assert model.stopped_ == model.history_.stopped == "five are enough"
    assert model.n_iter_ == len(model.validation_scores_) == len(seen) == 5
    assert model.loss_ == pytest.approx(seen[-1], rel=1e-12)
    assert sorted(seen, reverse=True) == seen == model.history_.cost.tolist()
    assert model.validation_scores_[-1] == model.score(data.X[200:], data.three[200:])
    model.set_params(callbacks=lambda training: training.stop())
    for solver in ("lbfgs", "adam"):
        model.set_params(solver=solver).fit(data.X, data.three)
        assert model.stopped_ == "stopped on request"
    assert repr(model.history_).startswith("History: 1 epoch, cost")
    model.set_params(
        solver="lbfgs", callbacks=lambda training: setattr(training, "learning_rate", 1)
    )
    with pytest.raises(AttributeError, match="finds each step by itself"):
        model.fit(data.X, data.three)


def test_lbfgs_stops_by_the_score_and_brings_the_best_back(data):
    noise = np.random.default_rng(0).integers(0, 2, 240)
    rows = {"X_val": data.X[120:], "y_val": noise[120:]}
    model = MLPClassifier(solver="lbfgs", early_stopping=True, random_state=0)
    model.fit(data.X[:120], noise[:120], **rows)
    assert 0 < model.best_iter_ < model.n_iter_
    assert model.score(*rows.values()) == max(model.validation_scores_)
    when = f"iteration {model.n_iter_}. The parameters of epoch {model.best_iter_}"
    assert model.stopped_.endswith(f"{when} are kept.")


def interrupt(_):
    raise KeyboardInterrupt


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "options",
    [
        {"solver": "lbfgs", "early_stopping": True},
        {"batch_size": 1000},
        {"callbacks": interrupt},
    ],
    ids=lambda options: next(iter(options)),
)
def test_warnings_point_to_the_line_that_fits(data, options):
    with pytest.warns(UserWarning, match="lbfgs|batch_size|Ctrl-C") as told:
        MLPRegressor(**QUICK, **options).fit(data.X, data.numbers)
    assert {warning.filename for warning in told} == {__file__}


def test_what_a_loss_or_a_method_has_not_is_refused(data):
    X, y = data.X, data.numbers
    for loss in ("squared_error", (np.subtract, np.subtract)):
        with pytest.raises(ValueError, match="loss_parameter is Huber's delta"):
            MLPRegressor(loss, loss_parameter=2.0, **QUICK).fit(X, y)
    for solver in ("adam", "lbfgs"):
        model = MLPRegressor("quantile", loss_parameter=1.0, solver=solver, **QUICK)
        with pytest.raises(ValueError, match=r"must be in \(0, 1\) for loss"):
            model.fit(X, y)
    model = MLPRegressor((np.add,), **QUICK)
    with pytest.raises(ValueError, match="loss must be a name, or two functions"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
    with pytest.raises(ValueError, match="checkpoint is of fit, got it with partial"):
        MLPRegressor(checkpoint="fit.checkpoint").partial_fit(X, y)
    with pytest.raises(ValueError, match="needs y_val ≥ 0, got a negative target: -"):
        MLPRegressor("poisson", **QUICK).fit(X, abs(y), X_val=X, y_val=y)


def test_rows_to_score_are_of_the_kind_of_those_learned_from(data):
    one_hot = np.eye(3)[data.three]
    for y, wrong in (
        (data.three, one_hot),
        (data.several, data.three),
        (data.several, one_hot),
    ):
        with pytest.raises(ValueError, match=r"^y_val must be of shape \(rows,.* got"):
            MLPClassifier(**QUICK).fit(data.X, y, X_val=data.X, y_val=wrong)
    for y, wrong in ((data.numbers, data.both), (data.both, data.numbers)):
        with pytest.raises(ValueError, match=r"^y_val must be of shape \(rows,.* got"):
            MLPRegressor(**QUICK).fit(data.X, y, X_val=data.X, y_val=wrong)
    with pytest.raises(ValueError, match=r"^X_val, y_val: Unknown label type: cont"):
        MLPClassifier(**QUICK).fit(data.X, data.three, X_val=data.X, y_val=data.numbers)
    model = MLPRegressor(**QUICK)
    for X, told in (
        (data.X[:, :2], "^X_val has 2 features"),
        (data.X[:0], "^X_val, y"),
    ):
        with pytest.raises(ValueError, match=told):
            model.fit(data.X, data.numbers, X_val=X, y_val=data.numbers[: len(X)])


WRONG = {
    "callbacks": ([3], "callbacks must be functions .*got 3"),
    "dropout": (["a"], "dropout must be one rate"),
    "learning_rate": (lambda _: None, "learning_rate, .* must give .* got None for"),
    "hidden_layer_sizes": ((3.5,), "hidden_layer_sizes must be whole numbers"),
    "loss": ((np.add, np.add), "pair of functions in loss must give"),
    "checkpoint": ("fit.checkpoint", "checkpoint needs a whole number"),
    "standardize": (True, "cannot centre a sparse matrix"),
}


@pytest.mark.parametrize("name", [*WRONG, "X_val"])
def test_a_refused_fit_says_why_and_leaves_the_model_as_it_was(data, name):
    model = MLPClassifier(**QUICK).set_params(random_state=None)
    model.fit(data.X, data.three)
    wanted, rows, X, told = model.predict_proba(data.X), {}, data.X, "inconsistent"
    if name == "X_val":
        rows = {"X_val": data.X, "y_val": data.two[:9]}
    else:
        value, told = WRONG[name]
        model.set_params(**{name.strip(): value})
    if name == "standardize":
        X = scipy.sparse.csr_array(X)
    before = dict(vars(model))
    with pytest.raises((ValueError, TypeError), match=told):
        model.fit(X, data.two, **rows)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[key] is before[key] for key in before)
    np.testing.assert_array_equal(model.predict_proba(data.X), wanted)


def test_early_stopping_that_finds_nothing_better_keeps_what_was(data):
    rows = {"X_val": data.X[200:], "y_val": data.numbers[200:]}
    model = MLPRegressor(early_stopping=True, warm_start=True, **QUICK)
    model.set_params(max_iter=60, learning_rate_init=0.02)
    model.fit(data.X[:200], data.numbers[:200], **rows)
    before, best = model.predict(data.X), model.best_validation_score_
    model.set_params(learning_rate_init=10.0, max_iter=5)
    model.fit(data.X[:200], data.numbers[:200], **rows)
    assert (model.best_iter_, model.best_validation_score_) == (0, best)
    np.testing.assert_array_equal(model.predict(data.X), before)
    expected = "all 5 epochs done. The parameters it began with are kept."
    assert model.stopped_ == model.history_.stopped == expected
    # Another way to stop, or to learn, may follow.
    model.set_params(learning_rate_init=1e-4)
    for change in ({"early_stopping": False}, {"solver": "lbfgs"}, {"solver": "sgd"}):
        model.set_params(**change).fit(data.X, data.numbers)
    model.set_params(early_stopping=True).fit(data.X, data.numbers)


def test_standardising_learns_from_rows_that_count(data):
    X = data.X + 100.0 * (np.arange(240) >= 200)[:, None]
    w = np.where(np.arange(240) < 200, data.w + 0.1, 0.0)
    model = MLPRegressor(standardize=True, **QUICK)
    by_weights = clone(model).fit(X, data.numbers, w)
    left_out = clone(model).fit(X[:200], data.numbers[:200], w[:200])
    np.testing.assert_equal(vars(by_weights.scaling_), vars(left_out.scaling_))
    mean = np.average(X[:200], axis=0, weights=w[:200])
    np.testing.assert_allclose(by_weights.scaling_.input_mean, mean, rtol=1e-12)
    spread = np.sqrt(np.average((X[:200] - mean) ** 2, axis=0, weights=w[:200]))
    np.testing.assert_allclose(by_weights.scaling_.input_scale, spread, rtol=1e-12)
    model.set_params(early_stopping=True, validation_fraction=0.5).fit(X, data.numbers)
    assert (
        abs(model.scaling_.input_mean - X.mean(axis=0)).min() > 0.01
    )  # of half of the rows


def test_replaced_coefs_are_where_batch_normalisation_goes_on(data):
    # Nothing is learned at this rate, but the running statistics come in.
    model = MLPRegressor(batch_norm=True, learning_rate_init=1e-12, **QUICK)
    model.fit(data.X, data.numbers)
    for change in ("replaced", "written to"):
        coefs = [0.5 * coef for coef in model.coefs_]
        if change == "replaced":
            model.coefs_ = coefs
        else:
            for mine, new in zip(model.coefs_, coefs, strict=True):
                mine[:] = new
        before = model.predict(data.X)
        assert folded(model._network_to_train()) == model.network_
        np.testing.assert_array_equal(model.predict(data.X), before)
        model.partial_fit(data.X, data.numbers)
        assert np.isfinite(model.predict(data.X)).all()
        np.testing.assert_allclose(model._learner.weights[0], coefs[0].T, rtol=1e-6)


def asymmetric(y, a):
    return np.where(y > a, 0.8 * (y - a), 0.2 * (a - y)).sum(axis=1)


def hubers(y, a):
    d = abs(a - y)
    return np.where(d <= 0.7, d**2 / 2, 0.7 * (d - 0.35)).sum(axis=1)


COSTS = {
    "squared_error": (
        None,
        lambda y, a: ((a - y) ** 2).sum(axis=1) / 2,
        lambda y, a: a - y,
    ),
    "absolute_error": (
        None,
        lambda y, a: abs(a - y).sum(axis=1),
        lambda y, a: np.sign(a - y),
    ),
    "huber": (0.7, hubers, lambda y, a: np.clip(a - y, -0.7, 0.7)),
    "quantile": (0.8, asymmetric, lambda y, a: np.where(y > a, -0.8, 0.2)),
}


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("loss", COSTS)
def test_a_named_loss_is_its_formula_given_as_functions(data, loss, solver):
    parameter, *pair = COSTS[loss]
    options = {"solver": solver, "batch_size": 50, "tol": 1e-3}
    named = MLPRegressor(loss, loss_parameter=parameter, **options, **QUICK)
    own = MLPRegressor(tuple(pair), **options, **QUICK)
    cases = {
        "weights": (data.X, data.numbers, data.w),
        "float32": (data.X.astype("f4"), data.numbers),
        "sparse": (scipy.sparse.csr_array(np.where(data.X > 0, data.X, 0)), data.both),
    }
    for case, rows in cases.items():
        bound = 1e-4 if case == "float32" else 1e-9
        named.fit(*rows)
        own.fit(*rows)
        for mine, other in zip(own.coefs_, named.coefs_, strict=True):
            np.testing.assert_allclose(mine, other, rtol=bound, atol=bound)
        share = (
            2 if case == "sparse" else 1
        )  # the loss is recorded as a mean of outputs
        penalty = 1e-4 * float(sum((coef**2).sum() for coef in named.coefs_))
        assert own.loss_ / share == pytest.approx(named.loss_, abs=bound + penalty)


@pytest.mark.parametrize("target", ["two", "three", "several"])
def test_log_loss_is_its_formula_given_as_functions(data, target):
    softmax = target == "three"

    def cost(y, p):
        return -(y * np.log(p) + (0 if softmax else (1 - y) * np.log(1 - p))).sum(
            axis=1
        )

    def slope(y, p):
        return -y / p + (0 if softmax else (1 - y) / (1 - p))

    X, y = data.X, getattr(data, target)
    named = MLPClassifier(batch_size=50, **QUICK).fit(X, y, data.w)
    own = MLPClassifier(batch_size=50, loss=(cost, slope), **QUICK).fit(X, y, data.w)
    np.testing.assert_allclose(own.loss_curve_, named.loss_curve_, rtol=1e-9)
    for mine, other in zip(own.coefs_, named.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-10)


EPOCHS = np.arange(6)
RATES = {
    "step": ({"schedule_every": 2, "schedule_factor": 0.1}, 0.1 ** (EPOCHS // 2)),
    "exponential": (
        {"schedule_every": 1, "schedule_factor": 0.5, "batch_size": 240},
        0.5**EPOCHS,
    ),
    "cosine": ({"batch_size": 240}, (1 + np.cos(np.pi * EPOCHS / 6)) / 2),
    "warm_up": (
        {"learning_rate": "constant", "warm_up": 4, "batch_size": 240},
        np.minimum((EPOCHS + 1) / 4, 1),
    ),
    "function": ({"learning_rate": lambda epoch: 0.01 / (1 + epoch)}, 1 / (1 + EPOCHS)),
    "callback": (
        {
            "learning_rate": "constant",
            "callbacks": lambda t: setattr(t, "learning_rate", 0.01 / 2**t.epoch),
        },
        0.5**EPOCHS,
    ),
}


@pytest.mark.parametrize("how", RATES)
def test_the_rate_is_that_of_the_schedule(data, how):
    options, factors = RATES[how]
    options = {"learning_rate": how} | options
    model = MLPRegressor(learning_rate_init=0.01, **options, **QUICK)
    model.fit(data.X, data.numbers)
    np.testing.assert_allclose(model.history_.learning_rate, 0.01 * factors, rtol=1e-12)


def test_weight_decay_of_sgd_is_a_penalty_and_of_adamw_is_not(data):
    X, y = data.X, data.numbers
    plain = {"momentum": 0, "batch_size": 240, "learning_rate_init": 0.1}
    decayed = MLPRegressor(solver="sgd", weight_decay=0.3, alpha=0, **plain, **QUICK)
    penalised = MLPRegressor(solver="sgd", alpha=0.3 * 240, **plain, **QUICK)
    for mine, other in zip(
        decayed.fit(X, y).coefs_, penalised.fit(X, y).coefs_, strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)
    adam = MLPRegressor(solver="adam", **QUICK).set_params(alpha=0).partial_fit(X, y)
    twin = clone(adam).set_params(solver="adamw", weight_decay=0.0).partial_fit(X, y)
    np.testing.assert_array_equal(twin.coefs_[0], adam.coefs_[0])
    one = {"batch_size": 240, "learning_rate_init": 0.1}
    start = clone(adam).set_params(learning_rate_init=1e-300).partial_fit(X, y)
    steps = [
        clone(adam).set_params(**one, solver="adamw", weight_decay=decay)
        for decay in (0.0, 0.5)
    ]
    without, with_decay = (each.partial_fit(X, y).coefs_[0] for each in steps)
    shrunk = without - 0.1 * 0.5 * start.coefs_[0]
    np.testing.assert_allclose(with_decay, shrunk, rtol=1e-9, atol=1e-12)


def test_rmsprop_goes_by_the_gradients_running_square(data):
    options = {"solver": "rmsprop", "beta_2": 0.75, "alpha": 0, "batch_size": 240}
    model = MLPRegressor(**options, **QUICK).set_params(hidden_layer_sizes=())
    start = clone(model).set_params(learning_rate_init=1e-300)
    start.partial_fit(data.X, data.numbers)
    model.partial_fit(data.X, data.numbers)
    errors = start.predict(data.X) - data.numbers
    gradient = (errors @ data.X / 240)[:, None]
    step = 0.001 * gradient / (np.sqrt(0.25 * gradient**2) + 1e-8)
    np.testing.assert_allclose(model.coefs_[0], start.coefs_[0] - step, rtol=1e-9)


@pytest.mark.parametrize(
    ("initializer", "spread"),
    {
        "auto": np.sqrt(2 / 305),
        "glorot": np.sqrt(2 / 305),
        "he": np.sqrt(2 / 5),
        "lecun": np.sqrt(1 / 5),
        "zeros": 0.0,
    }.items(),
)
def test_weights_begin_as_the_initializer_says(data, initializer, spread):
    model = MLPRegressor(
        hidden_layer_sizes=(300,), initializer=initializer, learning_rate_init=1e-300
    ).partial_fit(data.X, data.numbers)
    assert model.coefs_[0].std() == pytest.approx(spread, rel=0.06)


def some_of(terminal):
    """Bytes that are waiting; a terminal gives a few thousand at a time."""
    try:
        return os.read(terminal, 100_000)
    except BlockingIOError:
        return b""


def test_verbose_draws_a_bar_on_a_terminal(data, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    with open(slave, "w", encoding="utf-8") as terminal:  # noqa: PTH123  (a descriptor)
        with contextlib.redirect_stdout(terminal):
            model = MLPClassifier(verbose=True, early_stopping=True, **QUICK)
            model.set_params(n_iter_no_change=4, tol=10)
            model.fit(data.X, data.two)
        terminal.flush()
        os.set_blocking(master, False)
        shown = b"".join(iter(lambda: some_of(master), b"")).decode()
    os.close(master)
    assert "\x1b[" in shown  # it is drawn over and over, in place
    assert "━" in shown
    assert f"Iteration 6, loss = {model.loss_:.8f}, validation score" in shown
    assert model.stopped_.partition(" The parameters")[0] in shown  # on one line


def test_Ctrl_C_ends_lbfgs_with_its_iteration_and_a_second_one_at_once():
    X, y = walnet.datasets.moons(100, seed=0)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presses = 1

    def press(training):
        for _ in range(presses if training.epoch == 3 else 0):
            signal.raise_signal(signal.SIGINT)

    model = walnet.MLPClassifier(
        (6,), solver="lbfgs", max_iter=200, random_state=0, callbacks=[press]
    )
    try:
        with pytest.warns(UserWarning, match="stopped by Ctrl-C; what was learned"):
            model.fit(X, y)
        assert model.n_iter_ == 3
        assert model.stopped_ == "stopped by Ctrl-C"
        presses = 2
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_scikit_learns_callbacks_are_no_functions(data):
    callback = pytest.importorskip("sklearn.callback")  # it came with 1.9
    model = MLPClassifier(callbacks=callback.ProgressBar(), **QUICK)
    with pytest.raises(TypeError, match=r"callbacks must be .* go to set_callbacks"):
        model.fit(data.X, data.two)
