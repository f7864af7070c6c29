"""States on disk, for spaces that memory does not hold.

Delayed duplicate detection: what is found in a level is compared with all that was seen before when
the level ends, sorted against sorted, so that files are only ever read from one end to the other.

Stern, Dill, "Using magnetic disk instead of main memory in the Murphi verifier", CAV 1998;
Korf, "Delayed duplicate detection", IJCAI 2003.
"""
