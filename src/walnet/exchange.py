"""Networks for other libraries."""

from __future__ import annotations

from typing import Any

from walnet.errors import DataError
from walnet.network import Network


def network_of(model: Any) -> Network:
    """Return the network behind a model.

    Raises
    ------
    DataError
        If there is none.
    """
    network = model if isinstance(model, Network) else None
    if network is None and hasattr(model, "_usable_network"):
        network = model._usable_network() if hasattr(model, "coefs_") else None  # noqa: SLF001
    elif network is None:
        network = getattr(model, "network", None)
    if not isinstance(network, Network):
        raise DataError(
            f"there must be a network or a fitted estimator, got {type(model).__name__}"
        )
    return network


def to_torch(model: Any) -> Any:
    """Return a torch.nn.Sequential that computes the same.

    Parameters
    ----------
    model : Network, MLPClassifier, MLPRegressor or TableModel
        Of an estimator and a table model it is the network that is converted: it takes
        standardised or encoded inputs where the model does so itself.

    Returns
    -------
    torch.nn.Sequential
        Linear layers and activations, in the network's precision, on the CPU, in
        evaluation mode. Nothing is shared with the model.

    Raises
    ------
    DataError
        If torch is not installed, or there is no network.

    Examples
    --------
    >>> import walnet
    >>> walnet.to_torch(walnet.Network([2, 4, 1]))  # doctest: +SKIP
    Sequential(
      (0): Linear(in_features=2, out_features=4, bias=True)
      (1): Tanh()
      (2): Linear(in_features=4, out_features=1, bias=True)
    )
    """
    try:
        import torch
    except ImportError as error:
        raise DataError("to_torch needs torch: pip install torch") from error
    network = network_of(model)
    modules: list[Any] = []
    layers = zip(network.activations, network.weights, network.biases, strict=True)
    for activation, W, b in layers:
        linear = torch.nn.Linear(
            W.shape[1], W.shape[0], dtype=getattr(torch, network.dtype.name)
        )
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.copy()))
            linear.bias.copy_(torch.from_numpy(b.copy()))
        modules.append(linear)
        if activation != "identity":
            modules.append(_torch_activation(torch, activation))
    return torch.nn.Sequential(*modules).eval()


def _torch_activation(torch: Any, name: str) -> Any:
    """Return torch's module of an activation."""
    nn = torch.nn
    if name == "exponential":
        return type("Exponential", (nn.Module,), {"forward": lambda _, z: z.exp()})()
    modules = {
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(0.01),
        "elu": nn.ELU,
        "selu": nn.SELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "mish": nn.Mish,
        # Beyond its threshold torch returns z, which float64 can tell from softplus.
        "softplus": lambda: nn.Softplus(threshold=40.0),
        "softmax": lambda: nn.Softmax(dim=1),
    }
    return modules[name]()
