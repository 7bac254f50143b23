"""The compiler: kernels through Numba and LLVM to machine code.

Nothing here is imported where the library fits the kernels. Numba turns Python into
LLVM's code (`pieces`, with `structures`, `views` and `tiles` for what it does not
know); `module` puts the pieces together, `targets` emits them for a machine, `loading`
loads them into this process.
"""
