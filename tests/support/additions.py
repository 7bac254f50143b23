"""What CONTRIBUTING.md's recipes add to the sources, written out once.

An addition is a list of texts, each with the file that it goes into and the text that
it goes before. `apply` puts them into a copy of the sources.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

KERNELS = "engine/kernels"


class Insertion(NamedTuple):
    """Text that goes into a file, before another text that is there once."""

    file: str
    before: str
    text: str


SOFTSIGN = [
    Insertion(f"{KERNELS}/activations.py", "\n\nLEAKY_SLOPE =", "SOFTSIGN = 113\n"),
    Insertion(
        f"{KERNELS}/activations.py",
        '    "exponential": Activation(',
        '    "softsign": Activation(\n'
        '        SOFTSIGN, "z / (1 + abs(z))", "1 / (1 + abs(z))**2",\n'
        '        low=-1.0, high=1.0, torch="Softsign",\n'
        "    ),\n",
    ),
    Insertion(
        f"{KERNELS}/activations.py",
        "    elif activation == EXPONENTIAL:\n        for i in range(n):\n"
        "            a[i]",
        "    elif activation == SOFTSIGN:\n"
        "        for i in range(n):\n"
        "            a[i] = z[i] / (ONE + abs(z[i]))\n",
    ),
    Insertion(
        f"{KERNELS}/activations.py",
        "    elif activation == EXPONENTIAL:\n        for i in range(n):\n"
        "            dz[",
        "    elif activation == SOFTSIGN:\n"
        "        for i in range(n):\n"
        "            s = ONE - abs(a[i])\n"
        "            dz[i] = da[i] * s * s\n",
    ),
]

LION = [
    Insertion(
        f"{KERNELS}/optimizers.py", "\n\n@dataclass(frozen=True)", "LION = 105\n"
    ),
    Insertion(
        f"{KERNELS}/optimizers.py",
        '    "rmsprop": Optimizer(',
        '    "lion": Optimizer(LION, memory=1, divides=True, beta_2=0.99),\n',
    ),
    Insertion(
        f"{KERNELS}/optimizers.py",
        "    elif rule.optimizer == RMSPROP:\n",
        "    elif rule.optimizer == LION:\n"
        "        _lion(rule, factors, W, dW, first)\n",
    ),
    Insertion(
        f"{KERNELS}/optimizers.py",
        "@kernel\ndef _rmsprop(",
        '''@kernel
def _lion(
    rule: Record,
    factors: tuple[float, float, float],
    W: np.ndarray,
    dW: np.ndarray,
    mean: np.ndarray,
) -> None:
    """W = W - η sign(β₁ m + (1 - β₁) dW): Chen et al. (2023), algorithm 2."""
    real = W.dtype.type
    eta, kept = real(factors[0]), real(factors[1])
    beta_1, beta_2 = real(rule.beta_1), real(rule.beta_2)
    fresh_1, fresh_2 = real(1.0 - rule.beta_1), real(1.0 - rule.beta_2)
    for i in range(W.size):
        c = beta_1 * mean[i] + fresh_1 * dW[i]
        W[i] = kept * W[i] - eta * np.sign(c)
        mean[i] = beta_2 * mean[i] + fresh_2 * dW[i]


''',
    ),
    Insertion(
        "tracing/updates.py",
        '    "rmsprop": Update(',
        """    "lion": Update(
        "w - eta * sign(c)",
        (
            ("c", "beta_1 * m + (1 - beta_1) * g"),
            ("m", "beta_2 * m + (1 - beta_2) * g"),
        ),
        ("m",),
        "m is a running mean.",
    ),
""",
    ),
]

LOG_COSH = [
    Insertion(
        f"{KERNELS}/costs.py",
        "from walnet.engine.kernels.machine.views import",
        "from walnet.engine.kernels.machine.elementary import tanh\n",
    ),
    Insertion(f"{KERNELS}/costs.py", "\n\n@dataclass(frozen=True)", "LOG_COSH = 107\n"),
    Insertion(
        f"{KERNELS}/costs.py",
        '    "quantile": Cost(',
        '    "log_cosh": Cost(LOG_COSH),\n',
    ),
    Insertion(
        f"{KERNELS}/costs.py",
        "        elif cost == QUANTILE:\n",
        "        elif cost == LOG_COSH:\n"
        "            size = abs(d)\n"
        "            c[i] = size + softplus(-size - size) - real(0.6931471805599453)\n"
        "            slope = tanh(d)\n",
    ),
    Insertion(
        "tracing/costs.py",
        '    "quantile": Distance(',
        """    "log_cosh": Distance(
        "The logarithm of the hyperbolic cosine of the difference.",
        "ln((exp(a - y) + exp(y - a)) / 2)",
        "tanh(a - y)",
    ),
""",
    ),
]

MOST_RATE = [
    Insertion(
        "engine/settings.py",
        "    schedule: str = setting(",
        """    most_rate: float | None = setting(
        default=None,
        kind="number",
        help="largest learning rate, whatever the schedule says",
        low=0.0,
        ends="()",
        optional=True,
    )
""",
    ),
    Insertion(
        "engine/schedules.py",
        "    decay = float(settings.weight_decay or 0.0)\n",
        "    if settings.most_rate is not None:\n"
        "        learning_rate = min(learning_rate, settings.most_rate)\n",
    ),
]

ADDITIONS = {
    "softsign": SOFTSIGN,
    "lion": LION,
    "log_cosh": LOG_COSH,
    "most_rate": MOST_RATE,
}
"""The additions by the names that users give."""


def apply(addition: list[Insertion], package: Path) -> None:
    """Put an addition into a copy of the package ``walnet``."""
    for file, before, text in addition:
        path = package / file
        source = path.read_text(encoding="utf-8")
        assert source.count(before) == 1, f"{file} has {before!r} not once"
        path.write_text(source.replace(before, text + before), encoding="utf-8")
