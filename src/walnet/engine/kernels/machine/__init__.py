"""You need not read this to understand the engine.

How kernels are compiled, how arrays lie in flat buffers, tiles of matrix products,
exponentials and random bits.
"""

from __future__ import annotations

from walnet.engine.kernels.machine.compile_notice import listen

listen()
