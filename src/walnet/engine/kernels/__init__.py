"""The arithmetic: compiled, serial kernels. Arrays in, arrays out.

A kernel is a plain Python function with a decorator, of which a reader may think
nothing at all: without them the same code runs, only slowly.

- ``@kernel``: compiled to machine code, and written into each kernel that calls it.
- ``@entry``: a large kernel that Python calls and no other kernel does.
- ``@part``: a piece of a kernel, set into its source where it is called.

Arrays of a batch are feature-major, (neurons, examples). They are views of flat
buffers, which are made once: ``matrix(buffer, start, rows, columns)`` is
``buffer[start:start + rows * columns].reshape(rows, columns)``, ``stretch(buffer,
start, n)`` is ``buffer[start:start + n]``, and ``flat(array)`` all of an array as one
dimension. A number is written ``real(0.5)`` or ``HALF`` so that float32 stays float32.
"""
