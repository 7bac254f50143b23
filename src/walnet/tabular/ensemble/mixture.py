"""What all networks of an ensemble say of one row, and how that becomes the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from walnet.engine.kernels.types import Examples
from walnet.errors import HyperparameterError
from walnet.tabular.columns.preprocessing import LARGEST
from walnet.tabular.ensemble.bag import Bag, mixed, outputs_of_bags
from walnet.tabular.ensemble.linear import LinearModel
from walnet.tracing.activations import softmax as softmax_formula
from walnet.tracing.expressions import (
    Expression,
    Name,
    constant,
    more_terms,
    partial_sum,
)
from walnet.tracing.layer import largest
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.passes import Pass
from walnet.tracing.steps import DECODING, most_probable, weighted
from walnet.words import count

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chosen:
    """Which network of an ensemble is written out.

    Attributes
    ----------
    member : int
        Among all networks, counted from 1.
    bag, number : int
        Its bag, and which one it is there, counted from 0.
    of : int
        How many networks there are.
    is_nearest : bool
        Whether it was chosen for being the one nearest to the mean of all.
    """

    member: int
    bag: int
    number: int
    of: int
    is_nearest: bool

    def sentence(self, bags: list[Bag]) -> str:
        """Return which one it is, in a sentence."""
        text = f"The model is {count(self.of, 'network')}; this is number {self.member}"
        if len(bags) > 1:
            text += f" (number {self.number + 1} of bag {self.bag + 1})"
        if self.is_nearest and self.of > 1:
            text += ", whose answer is nearest to the mean of all"
        return f"{text}. How all of them make the answer follows after it."


@dataclass(frozen=True)
class Mixture:
    """What all networks of an ensemble say of one row, and what becomes of it.

    Attributes
    ----------
    bags : list of Bag
        The networks.
    data : Examples
        The row, encoded.
    outputs : list of ndarray of shape (members, outputs)
        What each network says, before a softmax, bag by bag.
    said : list of ndarray of shape (members, outputs)
        The same as probabilities, if they are classes.
    linear : ndarray of shape (outputs,) or None
        What the linear partner says, before a softmax.
    partner : ndarray of shape (outputs,) or None
        The same as probabilities, if they are classes.
    model : LinearModel or None
        The partner.
    inputs : ndarray of shape (inputs + 1,) or None
        What it reads.
    shares : tuple of float
        Of the bags, and of the partner.
    """

    bags: list[Bag]
    data: Examples
    outputs: list[Floats]
    said: list[Floats]
    linear: Floats | None
    partner: Floats | None
    model: LinearModel | None
    inputs: Floats | None
    shares: tuple[float, ...]

    @classmethod
    def of_row(
        cls,
        bags: list[Bag],
        data: Examples,
        level_starts: NDArray[np.int64],
        model: LinearModel | None,
        shares: tuple[float, ...],
        *,
        classes: bool,
    ) -> Mixture:
        """Return what the networks and the partner say of an encoded row."""
        outputs = [each[:, 0] for each in outputs_of_bags(bags, data, 1)]
        said = outputs
        if classes:
            pairs = zip(bags, outputs, strict=True)
            said = [softmax(bag.sharpness * each, axis=-1) for bag, each in pairs]
        inputs, linear = None, None
        if model is not None:
            inputs = model.inputs(data, level_starts)[0]
            linear = model.outputs(data, level_starts)[0]
        partner = linear
        if classes and linear is not None:
            partner = softmax(linear[None], axis=1)[0]
        return cls(bags, data, outputs, said, linear, partner, model, inputs, shares)

    @property
    def means(self) -> list[Floats]:
        """The mean of each bag."""
        return [each.mean(axis=0) for each in self.said]

    @property
    def parts(self) -> list[Floats]:
        """What is mixed: the means of the bags, and what the partner says."""
        return [*self.means, *([] if self.partner is None else [self.partner])]

    @property
    def result(self) -> Floats:
        """What all of them say together: (outputs,)."""
        return mixed(self.parts, self.shares)

    def choose(self, member: int | None) -> Chosen:
        """Return a network, by default the one nearest to the mean of all.

        Raises
        ------
        HyperparameterError
            If there is no such network.
        """
        sizes = [len(each) for each in self.said]
        whole = isinstance(member, (int, np.integer)) and not isinstance(member, bool)
        if member is not None and not (whole and 1 <= member <= sum(sizes)):
            raise HyperparameterError(
                f"member must be 1 to {sum(sizes)}, one of the networks of the model; "
                f"got {member!r}"
            )
        at = -1 if member is None else int(member) - 1
        if member is None:
            everybody = np.concatenate(self.said)
            off = ((everybody - everybody.mean(axis=0)) ** 2).sum(axis=1)
            at = int(off.argmin())
        ends = np.cumsum(sizes)
        bag = int(np.searchsorted(ends, at, side="right"))
        number = at - int(ends[bag] - sizes[bag])
        return Chosen(at + 1, bag, number, sum(sizes), member is None)

    def values(self, chosen: Chosen) -> dict[str, Any]:
        """Return the mixture as plain values."""
        return {
            "member": {
                "member": chosen.member,
                "of": chosen.of,
                "bag": chosen.bag + 1,
                "number": chosen.number + 1,
                "said": self.said[chosen.bag][chosen.number].tolist(),
            },
            "mixture": {
                "sharpness": [bag.sharpness for bag in self.bags],
                "bags": [mean.tolist() for mean in self.means],
                "linear": None if self.partner is None else self.partner.tolist(),
                "shares": list(self.shares),
                "result": self.result.tolist(),
            },
        }


class MixtureWriter:
    """Writes out how the outputs of one network, and of all, become the answer.

    Parameters
    ----------
    mixture : Mixture
        What they say.
    chosen : Chosen
        The network that is written out.
    passed : Pass
        The row's way through it.
    labels : list of str
        Names of the classes; empty of a number.
    """

    def __init__(
        self, mixture: Mixture, chosen: Chosen, passed: Pass, labels: list[str]
    ) -> None:
        self.mixture, self.chosen, self.labels = mixture, chosen, labels
        self.passed = passed
        self.bag = mixture.bags[chosen.bag]
        self.letter = "p" if labels else "y"

    def stage(self, limits: Limits, ending: list[Group], notes: list[str]) -> Stage:
        """Return the whole stage; `ending` is what comes after the mixture."""
        ks = most_probable(self.mixture.result, max(limits.neurons, 3))
        more = more_of(len(self.mixture.result), len(ks), "class", "classes")
        groups = []
        if self.labels:
            groups.append(self._probabilities(ks, limits, more))
        groups += [self._bag(b, ks, more) for b in range(len(self.mixture.bags))]
        if self.mixture.partner is not None:
            groups.append(self._partner(ks, limits, more))
        return Stage(DECODING, notes, [*groups, self._mixed(ks, more), *ending])

    def _item(self, k: int, lines: list[Line]) -> Item:
        return Item(self.labels[k] if self.labels else "", lines)

    def _below(self, k: int, *before: int) -> tuple[int, ...]:
        return (*before, k + 1) if self.labels else before

    # One network.

    def _output(self, k: int) -> Name:
        """Return what the network's last layer says, before any softmax."""
        last = self.passed.network.n_layers
        return Name("z", self.passed.layers[-1].Z[0, k], (k + 1,), last)

    def _answer(self, k: int) -> Name:
        said = self.mixture.said[self.chosen.bag][self.chosen.number]
        if not self.labels:
            return self._output(k)
        return Name("q", said[k], (k + 1,))

    def _probabilities(self, ks: list[int], limits: Limits, more: str) -> Group:
        """Return the network's probabilities: outputs, times the sharpness, softmax."""
        sharpness = Name("sharpness", float(self.bag.sharpness))
        products = [
            sharpness * self._output(k) for k in range(len(self.mixture.result))
        ]
        sharp = [
            Name("t", product.value(), (k + 1,)) for k, product in enumerate(products)
        ]
        items = [
            self._item(
                k,
                [
                    Line(sharp[k], products[k]),
                    Line(
                        self._answer(k), softmax_formula(sharp[k], sharp, limits.terms)
                    ),
                ],
            )
            for k in ks
        ]
        title = (
            f"Probabilities q of network {self.chosen.member}: its outputs z times the "
            "sharpness that calibrates its bag, through softmax"
        )
        return Group(title, [], items, more)

    # All of them.

    def _mean(self, b: int, k: int) -> Name:
        bag = (b + 1,) if len(self.mixture.bags) > 1 else ()
        mean = self.mixture.means[b][k]
        return Name(self.letter.upper(), mean, self._below(k, *bag))

    def _bag(self, b: int, ks: list[int], more: str) -> Group:
        """Return the mean over a bag's networks."""
        said = self.mixture.said[b]
        n, is_own = len(said), b == self.chosen.bag
        others = n - is_own
        items = []
        for k in ks:
            rest = said[:, k].sum() - (said[self.chosen.number, k] if is_own else 0.0)
            terms = [self._answer(k)] if is_own else []
            label = _others(others, n) if others else ""
            total = partial_sum(terms, float(rest), label)
            mean = total / constant(n) if n > 1 else total
            items.append(self._item(k, [Line(self._mean(b, k), mean)]))
        bag = f"bag {b + 1}" if len(self.mixture.bags) > 1 else "all networks"
        return Group(
            f"Mean over {bag}: {self.mixture.bags[b].describe()}", [], items, more
        )

    def _partner_name(self, k: int) -> Name:
        assert self.mixture.partner is not None  # noqa: S101 - as its callers know
        return Name(f"{self.letter}_linear", self.mixture.partner[k], self._below(k))

    def _partner(self, ks: list[int], limits: Limits, more: str) -> Group:
        """Return what the linear model says: a weighted sum, for classes a softmax."""
        sums = [self._linear(k) for k in range(len(self.mixture.result))]
        items = []
        for k in ks:
            lines = [Line(sums[k], self._linear_sum(k, limits.terms))]
            if self.labels:
                formula = softmax_formula(sums[k], sums, limits.terms)
                lines.append(Line(self._partner_name(k), formula))
            items.append(self._item(k, lines))
        model = self.mixture.model
        title = "A linear model, fitted beside the networks, of the same inputs"
        if model is not None and model.unclips:
            title += f" before they are clipped (t, at most {LARGEST:.0f})"
        if self.mixture.data.codes.size:
            title += " (levels are ones and zeros to it)"
        return Group(title, [], items, more)

    def _linear(self, k: int) -> Name:
        assert self.mixture.linear is not None  # noqa: S101 - as its callers know
        base = "l" if self.labels else f"{self.letter}_linear"
        return Name(base, self.mixture.linear[k], self._below(k))

    def _linear_sum(self, k: int, most: int) -> Expression:
        model, inputs = self.mixture.model, self.mixture.inputs
        assert model is not None  # noqa: S101 - as its callers know
        assert inputs is not None  # noqa: S101 - as its callers know
        weights, n_values = model.weights, self.mixture.data.X.shape[1]
        products = weights[:-1, k] * inputs[:-1]
        shown = largest(products, most)
        terms = [
            Name("w", weights[i, k], self._below(k, i + 1))
            * Name("t" if model.unclips and i < n_values else "x", inputs[i], (i + 1,))
            for i in shown
        ]
        rest = float(np.delete(products, shown).sum())
        more = more_terms(len(products) - len(shown))
        return partial_sum(terms, rest, more, Name("b", weights[-1, k], self._below(k)))

    def mixed_name(self, k: int) -> Name:
        """Return what all of them say together."""
        return Name(self.letter, self.mixture.result[k], self._below(k))

    def _mixed(self, ks: list[int], more: str) -> Group:
        """Return the mixture: each part times its share."""
        items = []
        for k in ks:
            names = [self._mean(b, k) for b in range(len(self.mixture.bags))]
            if self.mixture.partner is not None:
                names.append(self._partner_name(k))
            formula = weighted(names, self.mixture.shares[: len(names)])
            items.append(self._item(k, [Line(self.mixed_name(k), formula)]))
        what = "Probability of each class" if self.labels else "The standardised number"
        return Group(f"{what}: each part times its share", [], items, more)


def _others(others: int, n: int) -> str:
    """Return "the other 7 networks", or "all 8 networks" where none is shown."""
    if others == n:
        return "its network" if n == 1 else f"all {n} networks"
    return "the other network" if others == 1 else f"the other {others} networks"
