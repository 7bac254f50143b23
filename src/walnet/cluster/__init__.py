"""Several processes and machines: independent work, or one network together.

`jobs` has work that is independent done wherever joblib sends it, and `dask` is such a
place. The processes of `processes` train one network together: they are started by
mpiexec (`mpi`) or by torchrun, and each is given a communicator.
"""
