"""You need not read this to understand the engine.

How kernels are compiled, how arrays lie in flat buffers, tiles of matrix products,
exponentials and random bits.
"""
