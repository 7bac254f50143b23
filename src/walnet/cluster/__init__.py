"""Several processes and machines: independent work, or one network together.

`jobs` has work that is independent done wherever joblib sends it, and `dask` is such a
place. Processes that train one network together are started by mpiexec (`mpi`) or by
torchrun (`torchrun`): `launch` reads what those tell them, and `processes` has a
communicator for each.
"""
