"""Certificates: the ground instances that proofs rest on, and a checker that needs no solver."""
