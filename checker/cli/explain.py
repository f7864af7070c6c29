"""`k42 explain`: what a code means; of a specification, where its states come from."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

from checker.cli.arguments import Parser, add_settings, mistake, parse_settings, parser_for
from checker.cli.codes import COMMAND_CODES, EXIT_CODES, TOPICS, VERDICTS, WORST_FIRST
from checker.cli.console import write_out
from checker.cli.session import open_file, open_system
from checker.model.verdict import EXIT_HOLDS
from checker.report.cells import wrap
from checker.report.schema import schema

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from checker.model.system import System
    from grammar.codes import CodeInfo

WIDTH = 80
SUFFIX = ".k42"
GROWTH_STEPS = 2
"""So many smaller values of a constant or size are tried."""
SUMMARY = "explain a code, an exit code, a verdict, or the states of a specification"
EPILOG = """\
examples:
  k42 explain K112      the mistake behind a diagnostic
  k42 explain 22        an exit code
  k42 explain holds     a verdict
  k42 explain exit      all exit codes
  k42 explain json      the JSON schema of what `k42 check --format json` writes
  k42 explain ci        that of what `k42 ci --json` writes
  k42 explain lock.k42 -c Cpu=4   what multiplies the states of a specification
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("explain", SUMMARY, EPILOG)
    result.add_argument(
        "word",
        metavar="CODE|SPEC",
        help="K112, 22, holds, exit, or a file; none lists everything",
        nargs="?",
    )
    add_settings(result)
    return result


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation."""
    settings = parse_settings(arguments.settings)
    if arguments.word is not None and arguments.word.endswith(SUFFIX):
        write_out(_space(arguments.word, settings))
        return EXIT_HOLDS
    if settings:
        raise mistake("K300", "`-c` goes with a specification", "as in `k42 explain lock.k42`")
    write_out(explanation(arguments.word))
    return EXIT_HOLDS


def _space(path: str, settings: dict[str, str]) -> str:
    """Return where the states of a specification come from."""
    from checker.analysis.savings import savings
    from checker.analysis.space import groups, growth, sample, variables
    from checker.report.space_text import Space, space_text

    system = open_system(path, settings)
    taken = sample(system)
    growths = [
        growth(each.name, range(max(1, int(each.value) - GROWTH_STEPS), int(each.value) + 1), at)
        for each in system.settings
        if each.value.isdecimal()
        for at in (partial(_system_at, path, settings, each.name),)
    ]
    return space_text(
        Space(
            system,
            taken,
            variables(taken),
            groups(system, taken),
            savings(system, taken),
            growths,
        )
    )


def _system_at(path: str, settings: dict[str, str], name: str, value: int) -> System | None:
    """Return the system with another value of a setting, None if it cannot have it."""
    opened = open_file(path, {**settings, name: str(value)})
    return None if opened.has_errors else opened.system


def explanation(word: str | None) -> str:
    """Return what there is to say about a word.

    Raises:
        UsageError: nothing is known about it.
    """
    if word is None:
        return _everything()
    if word.lower() in {"exit", "codes", "exit-codes"}:
        return _exit_codes()
    if word.lower() in {"json", "schema"}:
        return json.dumps(schema(), indent=2) + "\n"
    if word.lower() == "ci":
        from checker.report.ci.document import schema as schema_of_project

        return json.dumps(schema_of_project(), indent=2) + "\n"
    for topic in (*COMMAND_CODES, *VERDICTS, *TOPICS):
        if topic.word.lower() == word.lower():
            return f"{topic.word}: {topic.title}\n\n{_prose(topic.text)}\n"
    for code, meaning in EXIT_CODES:
        if word == str(code):
            return _exit_code(code, meaning)
    for info in all_codes():
        if info.code.lower() == word.lower():
            return _code(info)
    raise mistake("K300", f"there is nothing to explain about `{word}`", "`k42 explain` lists all")


def _prose(text: str) -> str:
    """Fill paragraphs; what is indented stays as it is."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(
        part if part.startswith(" ") else "\n".join(wrap(" ".join(part.split()), WIDTH, hang=0))
        for part in paragraphs
    )


def all_codes() -> Iterator[CodeInfo]:
    """Yield what is known of every code of the language."""
    from checker.elaborate.codes import MEANING_CODES
    from checker.steps.codes import STEP_CODES
    from grammar.codes import SYNTAX_CODES

    yield from SYNTAX_CODES
    yield from MEANING_CODES
    yield from STEP_CODES


def _code(info: CodeInfo) -> str:
    parts = [f"{info.code}: {info.title}", _prose(info.explanation)]
    for title, text in (("wrong", info.wrong), ("right", info.right)):
        if text.strip():
            lines = "\n".join(f"    {line}".rstrip() for line in text.strip("\n").splitlines())
            parts.append(f"{title}:\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def _exit_code(code: int, meaning: str) -> str:
    related = [t for t in VERDICTS if re.search(rf"\b{code}\b", t.text)]
    see = "".join(f"\n  k42 explain {topic.word}" for topic in related)
    return f"exit code {code}: {meaning}\n" + (f"\nsee also:{see}\n" if see else "")


def _exit_codes() -> str:
    rows = "".join(f"  {code:>3}  {meaning}\n" for code, meaning in EXIT_CODES)
    order = ", ".join(map(str, WORST_FIRST))
    return (
        f"exit codes:\n\n{rows}\nOf several specifications the first of these counts:\n  {order}\n"
    )


def _everything() -> str:
    topics = "".join(f"  {t.word:<11} {t.title}\n" for t in (*TOPICS, *VERDICTS, *COMMAND_CODES))
    infos = "".join(f"  {info.code:<11} {info.title}\n" for info in all_codes())
    return f"{_exit_codes()}\nwords and codes:\n\n{topics}{infos}"
