"""What continuous integration reads: runs as cases, and these as JUnit, SARIF, JSON and text."""
