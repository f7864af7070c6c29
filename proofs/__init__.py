"""System to solver to result: proofs and bounded searches with an SMT solver."""
