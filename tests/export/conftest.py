"""What the exporters' tests share: ensembles that are trained once, and PyTorch."""

from __future__ import annotations

import pytest
from ensembles import fit_each_kind


@pytest.fixture(scope="package")
def fitted():
    return fit_each_kind()


@pytest.fixture(scope="session")
def torch():
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed, so nothing is compared with it"
    )
    torch.set_num_threads(1)
    return torch
