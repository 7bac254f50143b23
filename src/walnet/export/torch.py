"""Networks for other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walnet.engine.network import Network
from walnet.errors import DataError

if TYPE_CHECKING:
    from walnet.tabular.base import BaseTabular


def network_of(model: Any) -> Network:
    """Return the network behind a model.

    Raises
    ------
    DataError
        If there is none.
    """
    network = model
    for name in ("network_", "network"):  # an estimator's, and a table model's
        if not isinstance(network, Network):
            network = getattr(model, name, None)
    if hasattr(type(model), "network_") and not isinstance(network, Network):
        raise DataError(f"this {type(model).__name__} is not fitted: call fit")
    if not isinstance(network, Network):
        raise DataError(
            "there must be a network or a fitted estimator of walnet, got "
            f"{type(model).__name__}{what_instead(model)}"
        )
    return network


def what_instead(model: Any) -> str:
    """Return what to do with a model that is not walnet's, or nothing."""
    if type(model).__module__.startswith("sklearn.neural_network"):
        return " of scikit-learn: take it over with walnet.from_sklearn before"
    return ""


def to_torch(model: Any) -> Any:
    """Return a module of PyTorch that computes the same.

    Parameters
    ----------
    model : Network, MLPClassifier, TabularClassifier, NetworkModel, EnsembleModel, …
        A network of any layers, or a fitted model: any that `walnet.save` takes.

    Returns
    -------
    torch.nn.Module
        On the CPU, in evaluation mode; nothing is shared with the model.

        Of a network or an estimator a ``Sequential`` of its layers, in the network's
        precision, that takes X as the model does (levels as whole numbers among the
        other columns) and gives the network's outputs: of a classifier the probability
        of the second of two classes, of each of more. What an estimator's `standardize`
        does to inputs and targets is in modules of their own, in float64.

        Of an ensemble for tables all members and the linear partner, averaged and mixed
        as the predictions are, in float64. How a table is encoded is not in it: it
        takes X and codes as ``model.preprocessor_.transform`` returns them, and gives
        (rows, classes) probabilities or (rows, 1) numbers in the target's unit. Of
        what `walnet train` makes it is the network or the ensemble that is converted,
        which take encoded columns, too.

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

    An ensemble answers for a table that is encoded first:

    >>> from walnet.tables import as_table
    >>> X, codes = model.preprocessor_.transform(as_table(frame))  # doctest: +SKIP
    >>> module = walnet.to_torch(model)  # doctest: +SKIP
    >>> module(torch.from_numpy(X), torch.from_numpy(codes))  # doctest: +SKIP
    """
    try:
        import torch  # noqa: F401  (an optional library)
    except ImportError as error:
        raise DataError("to_torch needs torch: pip install torch") from error
    ensemble = getattr(model, "estimator", model)
    if hasattr(ensemble, "bags_"):
        return _ensemble(ensemble)
    return _sequential(network_of(model), getattr(model, "scaling_", None))


def _ensemble(model: BaseTabular) -> Any:
    """Return the module of a fitted ensemble for tables."""
    from walnet.export.torch_ensemble import Ensemble

    if not model.n_members_:
        raise DataError("the model knows a single class: there is nothing to export")
    return Ensemble(model).eval()


def _sequential(network: Network, scaling: Any) -> Any:
    """Return the layers of a network, between what scales inputs and targets."""
    import torch

    from walnet.export.torch_modules import Affine, modules_of

    kind = getattr(torch, network.dtype.name)
    modules = modules_of(network)
    if scaling is not None:
        mean, scale = scaling.input_mean, scaling.input_scale
        modules.insert(0, Affine(1 / scale, -mean / scale, kind))
    if scaling is not None and scaling.target_mean is not None:
        modules.append(Affine(scaling.target_scale, scaling.target_mean, kind))
    return torch.nn.Sequential(*modules).eval()
