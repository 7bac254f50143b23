"""The engine: one network, one training, and the arithmetic underneath.

The hour: who reads these six files in this order has seen all that happens between
random weights and good predictions.

1. `network.py`: layers, parameters, feed-forward, back-propagation, as one calls them.
2. `kernels/passes.py`: the same through all layers, on flat arrays: there and back.
3. `kernels/dense.py`: one layer of neurons, there and back.
4. `kernels/costs.py`: the cost J, and where back-propagation begins.
5. `kernels/optimizers.py`: gradient descent and its kin: how parameters move.
6. `kernels/epochs.py`: the loop of it all, many iterations in one compiled call.

Of the last one, read `run` first: it is the loop, and the functions above it are its
steps. To look things up in, while reading:

- `layers.py`: the kinds of layers; `layout.py`: where each one's parameters and neurons
  stand in the flat arrays; `initializers.py`: the rules of the first random weights;
  `knots.py`: where the ramps of embedded numbers stand.
- `settings.py`: each setting; `plan.py`: from settings to what kernels read.
- `kernels/types.py`: the records and arrays that kernels pass around.
- `kernels/affine.py`: the matrix products; `kernels/activations.py`: each activation g
  and its slope g'; `kernels/slopes.py`, `kernels/normalization.py`: learned slopes,
  dropout's masks, batch normalisation.
- `kernels/gather.py`: a batch of rows, turned feature-major; `kernels/penalties.py`: l1
  and l2; `kernels/hits.py`: right predictions; `kernels/inference.py`: predictions
  without training.
- `kernels/front.py`, `kernels/embeddings.py`, `kernels/scale.py`: what comes before the
  dense layers.
- `kernels/initializers.py`, `kernels/draws.py`, `kernels/datasets.py`: what is random.

Around the loop: `training.py` is a training under way, `driver.py` runs one from its
beginning to its end, and `schedules.py`, `early_stopping.py`, `pace.py`, `recovery.py`,
`checkpoint.py`, `history.py` and `threads.py` each do one thing for it. Nobody needs
`kernels/machine` to understand the rest; what its decorators and views mean is told in
`kernels/__init__.py`.
"""
