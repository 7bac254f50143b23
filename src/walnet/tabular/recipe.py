"""What a tabular network is trained with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """The hyper-parameters of the members of an ensemble.

    The values are those of RealMLP-TD, tuned by its authors on 118 tables [1]_, where
    the comment does not say otherwise.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", 2024, table A.1.
    """

    hidden: tuple[int, ...] = (256, 256, 256)
    activation: str = "selu"
    embed_numbers: bool = True
    learning_rate: float = 0.04
    batch_size: int = 256
    epochs: int = 256
    schedule: str = "coslog4"
    beta_1: float = 0.9
    beta_2: float = 0.95
    epsilon: float = 1e-8
    dropout: float = 0.15
    weight_decay: float = 0.02
    smoothing: float = 0.1
    bias_rate: float = 0.1
    scale_rate: float = 6.0
    slope_rate: float = 0.1
    embedding_rate: float = 0.1
    level_rate: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as a dictionary that JSON can hold."""
        return asdict(self) | {"hidden": list(self.hidden)}


CLASSIFICATION = Recipe()
REGRESSION = Recipe(activation="mish", learning_rate=0.2, smoothing=0.0)
