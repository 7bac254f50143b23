"""Networks for other libraries."""

from __future__ import annotations

from typing import Any

from walnet.engine.network import Network
from walnet.errors import DataError


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
    model : Network, MLPClassifier, MLPRegressor or NetworkModel
        What an estimator's `standardize` does to inputs and targets is included. Of a
        model of a table the network is converted, which takes encoded columns.

    Returns
    -------
    torch.nn.Sequential
        Linear layers and activations, in the network's precision, on the CPU, in
        evaluation mode; before and after them, if the estimator standardises, a module
        that scales, in float64. Nothing is shared with the model. It gives the
        network's outputs: of a classifier the probability of the second of two
        classes, of each of more.

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
    from walnet.export.torch_modules import Affine, activation_of

    network = network_of(model)
    kind = getattr(torch, network.dtype.name)
    scales: tuple[Any, ...] = getattr(model, "_scales", None) or ()
    modules: list[Any] = []
    if scales:
        mean, scale = scales[:2]
        modules.append(Affine(1 / scale, -mean / scale, kind))
    layers = zip(network.activations, network.weights, network.biases, strict=True)
    for activation, W, b in layers:
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=kind)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.copy()))
            linear.bias.copy_(torch.from_numpy(b.copy()))
        modules.append(linear)
        if activation != "identity":
            modules.append(activation_of(activation))
    if len(scales) > 2:
        mean, scale = scales[2:]
        modules.append(Affine(scale, mean, kind))
    return torch.nn.Sequential(*modules).eval()
