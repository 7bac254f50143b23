"""The engine: the network, its training, and the arithmetic underneath."""
