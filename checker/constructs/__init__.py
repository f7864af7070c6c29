"""K42's own notions (clustered objects, hot swaps), written out in the plain language."""
