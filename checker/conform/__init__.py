"""Conformance: real kernel code and logs of any program, held against specifications."""
