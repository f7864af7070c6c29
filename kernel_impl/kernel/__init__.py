"""The kernel as a whole: everything booted on N processors, under a workload, with its trace."""
