"""Run scikit-learn's own tests of its multilayer perceptrons on walnet's.

The installed scikit-learn's module of tests is collected as it is, with walnet's
classes under the names it imports. Nothing of it is copied.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

import pytest
import sklearn
import sklearn.neural_network

from walnet.estimators import MLPClassifier, MLPRegressor

MODULE = "sklearn.neural_network.tests.test_mlp"
# Tests that can only look at private parts, and which.
PRIVATE = {
    "test_gradient": "calls _loss_grad_lbfgs with scikit-learn's packed arrays",
}

# Of scikit-learn 1.7.0; fewer would mean that its module has moved or changed.
AT_LEAST = 58


class Substitution:
    """A plugin of pytest: walnet's classes in, tests of private parts out."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def pytest_configure(self) -> None:
        sklearn.neural_network.MLPClassifier = MLPClassifier
        sklearn.neural_network.MLPRegressor = MLPRegressor

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = []
        for item in items:
            name = item.name.partition("[")[0]
            if name in PRIVATE:
                self.left_out.append(item.name)
            else:
                kept.append(item)
        found = len(items)
        items[:] = kept
        if found < AT_LEAST:
            raise pytest.UsageError(
                f"{MODULE} of scikit-learn {sklearn.__version__} has {found} tests, "
                f"{AT_LEAST} were expected: see what has become of them"
            )

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """See that the tests have our classes: nothing else would tell."""
        del session
        for ours in (MLPClassifier, MLPRegressor):
            tested = getattr(sys.modules[MODULE], ours.__name__)
            if tested is not ours:
                raise pytest.UsageError(f"{MODULE} tests {tested}, not {ours}")

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        terminalreporter.write_line(f"tested: {MLPClassifier}, {MLPRegressor}")
        for name in self.left_out:
            terminalreporter.write_line(f"left out: {name} {PRIVATE[name]}")


def main(arguments: Sequence[str]) -> int:
    """Run the tests; return pytest's exit code."""
    # By its path: of a module's name pytest would load the conftest of where it stands.
    found = importlib.util.find_spec(MODULE)
    if found is None or found.origin is None:
        raise SystemExit(f"scikit-learn {sklearn.__version__} has no {MODULE}")
    options = [found.origin, "-p", "no:randomly", "-p", "no:cacheprovider", "-q"]
    options += ["-c", "/dev/null", "-W", "ignore::DeprecationWarning"]
    return int(pytest.main([*options, *arguments], plugins=[Substitution()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
