"""Expected outputs kept as files, to be read and reviewed as text."""

from __future__ import annotations

from pathlib import Path


def compare(path: Path, text: str, *, update: bool) -> None:
    """Compares `text` with the file, or rewrites the file when asked to (`--update-expected`)."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} does not exist; make it with --update-expected"
    assert text == path.read_text(encoding="utf-8")
