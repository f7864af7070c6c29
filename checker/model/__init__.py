"""What a specification means: pure, with no engine and no third-party import."""
