"""The engine in Python: steps of the system as generated functions over integers."""
