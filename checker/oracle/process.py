"""Running another program within limits, and what it took."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

KIB: Final = 1024

# The shell sets the limit and becomes the program; a limit set from Python between fork and exec
# would run our own code there.
_LIMITED: Final = 'ulimit -v "$0" && exec "$@"'


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may take: seconds of wall time and bytes of address space, None for any."""

    seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended.

    Attributes:
        code: its exit code, negative for a signal.
        output: the file with all that it wrote.
        peak_bytes: the most memory that it occupied, 0 if it ended before anybody looked.
    """

    code: int
    output: Path
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    timed_out: bool

    def why(self, otherwise: str) -> str:
        """Return why it did not do its work: no time, or its last words."""
        if self.timed_out:
            return f"out of time after {self.seconds:.0f} s"
        lines = self.output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{otherwise}: {lines[-1]}" if lines else f"{otherwise} (exit code {self.code})"


WORTH_OPTIMISING: Final = 20_000
"""With fewer states, compiling a search well takes longer than what it saves."""

INTERVAL: Final = 0.02
"""Seconds between two looks at the memory of a program."""


def optimisation(states: int) -> str:
    """Return how well gcc is to compile the search of so many states."""
    return "-O2" if states >= WORTH_OPTIMISING else "-O0"


def missing(programs: Sequence[str]) -> tuple[str, ...]:
    """Return those programs that are not installed."""
    return tuple(program for program in programs if shutil.which(program) is None)


def run(command: Sequence[str], folder: Path, output: str, limits: Limits) -> Finished:
    """Run a command in a folder, its output going to a file there."""
    words = list(command)
    if limits.memory_bytes is not None:
        words = ["/bin/sh", "-c", _LIMITED, str(limits.memory_bytes // KIB), *words]
    path = folder / output
    start = perf_counter()
    with path.open("wb") as file:
        process = subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what it starts ends with it
        )
        watcher = _Watcher(process.pid, limits.seconds)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            watcher.kill()
            raise
        finally:
            watcher.end()
    # Popen must not wait for a process that is gone.
    process.returncode = os.waitstatus_to_exitcode(status)
    return Finished(
        code=process.returncode,
        output=path,
        seconds=perf_counter() - start,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=watcher.peak_bytes,
        timed_out=watcher.timed_out,
    )


class _Watcher:
    """Looks at a process now and then: how much memory it takes, and whether its time is up.

    What the system accounts for a process that has ended includes the memory of ours, from which it
    was forked; so the peak is read while it runs, and may miss the last instant.
    """

    def __init__(self, pid: int, seconds: float | None) -> None:
        self._pid = pid
        self._deadline = None if seconds is None else perf_counter() + seconds
        self._ended = threading.Event()
        self.peak_bytes = 0
        self.timed_out = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def kill(self) -> None:
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            self.peak_bytes = _peak(self._pid) or self.peak_bytes
            if self._deadline is not None and perf_counter() > self._deadline:
                self.timed_out = True
                self.kill()
                return


def _peak(pid: int) -> int | None:
    """Return the most memory that a process has occupied so far, None if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return None if found is None else int(found[1]) * KIB
