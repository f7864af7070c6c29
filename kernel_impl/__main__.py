"""`python -m kernel_impl`: boots a kernel, runs a workload on it, and shows its trace.

Equal seeds give equal output, to the last character.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from kernel_impl.config import running
from kernel_impl.kernel.log import json_lines
from kernel_impl.kernel.run import run_kernel
from kernel_impl.kernel.show import text_of
from kernel_impl.kernel.workload import Load
from kernel_impl.trace.timeline import timeline

LINT_DRIVER = True
PROCESSORS: Final = 8
BATCHES: Final = 120
"""Batches of each kind on each processor."""


LOGGED: Final = "judged,decided"
"""What the monitor does; `k42 conform --log` holds it against `monitor_promise`."""


def main(arguments: list[str]) -> int:
    """Runs as the arguments ask for; 1 when something does not hold at the end."""
    options = parser().parse_args(arguments)
    processors, batches = options.processors, options.batches
    sizes = running(processors)
    load = Load(adding=batches, asking=batches, updated_after=processors * batches // 3)
    wanted = frozenset(options.log_events.split(","))
    done = run_kernel(sizes, load, seed=options.seed, wanted=wanted if options.log else frozenset())
    sys.stdout.write(text_of(sizes, options.seed, done, shows_all=options.events))
    if options.picture is not None:
        title = f"{processors} processors, seed {options.seed}"
        picture = timeline(done.events, processors=processors, title=title)
        Path(options.picture).write_text(picture, encoding="utf-8")
    if options.log is not None:
        Path(options.log).write_text(json_lines(done.heard), encoding="utf-8")
    return 0 if all(holds for _, holds in done.claims) else 1


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m kernel_impl",
        description="Boot a kernel on simulated processors, run a workload, show its trace.",
    )
    made.add_argument(
        "-n",
        "--processors",
        type=at_least_one,
        default=PROCESSORS,
        help=f"how many, up to some hundreds ({PROCESSORS})",
    )
    made.add_argument("--seed", type=int, default=1, help="of the schedule (1)")
    made.add_argument(
        "--batches",
        type=at_least_one,
        default=BATCHES,
        help=f"batches of additions, and of questions, on each processor ({BATCHES})",
    )
    made.add_argument("--events", action="store_true", help="list misses and batches, too")
    made.add_argument("--log", metavar="FILE", help="write observations there, as JSON lines")
    made.add_argument(
        "--log-events",
        metavar="NAMES",
        default=LOGGED,
        help=f"which of them, with commas between ({LOGGED})",
    )
    made.add_argument("--picture", metavar="FILE", help="draw the timeline there, as SVG")
    return made


def at_least_one(text: str) -> int:
    """Reads a number that counts something."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
