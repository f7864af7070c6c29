"""Derived data kept between runs, in the user's cache directory.

Only what can be made again is kept here, so every failure is silent: a missing, read-only or
damaged cache costs time and nothing else. Writers never see each other: a file appears complete or
not at all.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

_MARK: Final = b"k42 1\n"


def cache_directory() -> Path:
    """Return where it is: `$K42_CACHE_DIR`, or else `k42` in the user's cache directory."""
    chosen = os.environ.get("K42_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path("~/Library/Caches/k42").expanduser()
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        return Path(os.environ["LOCALAPPDATA"], "k42", "cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "k42"


def key_of(*parts: str) -> str:
    """Return a name for what these parts determine."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def read_cached(kind: str, key: str) -> bytes | None:
    """Return what was kept, or None when it is missing or damaged."""
    try:
        data = _path(kind, key).read_bytes()
    except (OSError, RuntimeError):
        return None
    header = len(_MARK) + hashlib.sha256().digest_size
    content = data[header:]
    if data[:header] != _MARK + hashlib.sha256(content).digest():
        return None
    return content


def write_cached(kind: str, key: str, content: bytes) -> None:
    """Keep `content`, if that is possible at all."""
    try:
        path = _path(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MARK + hashlib.sha256(content).digest() + content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return


def keep_newest(kind: str, most: int) -> None:
    """Remove the oldest of a kind when there are more than `most` of it, down to half of that."""
    try:
        kept = list(cache_directory().glob(f"{kind}-*"))
        if len(kept) <= most:
            return
        kept.sort(key=lambda path: path.stat().st_mtime)
        for path in kept[: -(most // 2)]:
            path.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return


def _path(kind: str, key: str) -> Path:
    return cache_directory() / f"{kind}-{key}"
