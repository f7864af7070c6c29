"""The loops of the search, the same for all systems: compiled once by Numba and kept on disk.

What differs from system to system is called through addresses: the functions of the system's own
module (see `checker.explicit.native.module`), whose code Numba never sees.

States are expanded some hundreds at a time; all their successors are hashed and their slots
requested from memory before they are looked at, so that the misses overlap. With `shared`, several
threads use one table: a slot is filled by compare-and-swap, and who comes second looks again at
what the first has put there. Slots never change once they are filled.
"""
