"""The engine: one network, one training, and the arithmetic underneath.

The hour: who reads these six files in this order has seen all that happens between
random weights and good predictions.

1. `network.py`: layers, parameters, feed-forward, back-propagation, as one calls them.
2. `kernels/passes.py`: the same through all layers, on flat arrays: there and back.
3. `kernels/dense.py`: one layer of neurons, there and back.
4. `kernels/costs.py`: the cost J, and where back-propagation begins.
5. `kernels/optimizers.py`: gradient descent and its kin: how parameters move.
6. `kernels/epochs.py`: the loop of it all, many iterations in one compiled call.

To look things up in: `layers.py` (the kinds of layers), `kernels/activations.py` (each
activation and its slope), `kernels/types.py` (the records and arrays), `settings.py`
(each setting), `plan.py` (what kernels read of them), `kernels/front.py` with
`kernels/embeddings.py` and `kernels/scale.py` (what comes before the dense layers).

Around the loop: `training.py` is a training under way, `driver.py` runs one from its
beginning to its end, and `schedules.py`, `early_stopping.py`, `pace.py`, `recovery.py`,
`checkpoint.py`, `history.py` and `threads.py` each do one thing for it. Nobody needs
`kernels/machine` to understand the rest.
"""
