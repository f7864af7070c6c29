"""The reference kernel: executable, readable, with no engine inside."""
