"""`k42 conform --log`: is a log of some program a behaviour of a specification?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import UsageError, mistake, parse_settings
from checker.cli.console import ink_for, reason, write_out, write_result
from checker.cli.session import command_line, library

if TYPE_CHECKING:
    import argparse

    from checker.conform.logs import Entry
    from checker.conform.monitor import SpecMonitor


def run_log(arguments: argparse.Namespace) -> int:
    """Validate a log and report the first line that is impossible."""
    from checker.conform.log_report import log_document, log_exit_code, render_log
    from checker.conform.validate import validate
    from checker.report.ink import Ink
    from checker.report.json_doc import dump

    if len(arguments.names) != 1:
        raise mistake("K300", "`--log FILE` takes one specification", "k42 conform --log FILE SPEC")
    monitor = _monitor(arguments)
    done = validate(monitor, _entries(arguments.log, monitor))
    if arguments.format == "json":
        write_result(dump(log_document(done, arguments.log, monitor)), arguments.output)
        return log_exit_code(done)
    flags = [f"--log={arguments.log}"]
    flags += [] if arguments.binding is None else [f"--binding={arguments.binding}"]
    again = command_line("conform", arguments.names, parse_settings(arguments.settings), flags)
    ink = ink_for(sys.stdout) if arguments.output is None else Ink()
    text = render_log(done, (arguments.log, again), monitor, ink, is_quiet=arguments.quiet)
    if arguments.output is None:
        write_out(text)
    else:
        write_result(text, arguments.output)
    return log_exit_code(done)


def _monitor(arguments: argparse.Namespace) -> SpecMonitor:
    from checker.conform.subject import Mistaken, open_binding, open_monitor

    spec = arguments.names[0]
    binding = open_binding(spec, arguments.binding)
    if isinstance(binding, Mistaken):
        raise UsageError(*binding.diagnostics)
    settings = parse_settings(arguments.settings)
    monitor = open_monitor(spec, binding, settings, library())
    if isinstance(monitor, Mistaken):
        raise UsageError(*monitor.diagnostics)
    return monitor


def _entries(path: str, monitor: SpecMonitor) -> tuple[Entry, ...]:
    from checker.conform.logs import read_log
    from grammar.diagnostics import Diagnostic

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise mistake("K302", f"cannot read `{path}`: not UTF-8 text") from None
    except OSError as error:
        raise mistake("K302", f"cannot read `{path}`: {reason(error)}") from None
    entries = read_log(text.splitlines(), monitor.binding, monitor.system)
    if isinstance(entries, Diagnostic):
        raise UsageError(entries)
    return entries
