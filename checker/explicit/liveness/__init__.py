"""Claims about whole runs: fair cycles, bypass and refinement, on the graph of all states."""
