"""Where proofs are kept from run to run: one archive for each specification and its constants."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grammar.cache import key_of, read_cached, write_cached
from proofs.archive import Archive, read_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND: Final = "proofs"


@contextmanager
def archive_of(spec: str, settings: Mapping[str, str], *, is_kept: bool) -> Iterator[Archive]:
    """Yield the archive of a specification, and keep it afterwards if anything was added.

    Args:
        is_kept: whether there is an archive on disk; else nothing is known and nothing is kept.
    """
    if not is_kept:
        yield Archive()
        return
    # Another version of the solver is another witness.
    solver = metadata.version("z3-solver")
    constants = ",".join(f"{name}={value}" for name, value in sorted(settings.items()))
    key = key_of(solver, str(Path(spec).resolve()), constants)
    archive = read_archive(read_cached(KIND, key))
    yield archive
    if archive.is_changed:
        write_cached(KIND, key, archive.dump())
