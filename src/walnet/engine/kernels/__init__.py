"""The arithmetic: compiled, serial kernels. Arrays in, arrays out."""
