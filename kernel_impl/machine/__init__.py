"""The machine: processors, words, interrupts, time, and what memory accesses cost."""
