"""The native engine: successor code through LLVM, search loops through Numba."""
