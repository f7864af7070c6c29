"""What a project asks for: the table `[tool.k42]` of its pyproject.toml, or a file k42.toml.

    [tool.k42]
    timeout = "60s"

    [[tool.k42.check]]
    specs = ["spec/locks/*.k42"]
    sizes = { Cpu = 3 }

    [[tool.k42.prove]]
    specs = ["spec/proofs/*.k42"]
    exclude = ["spec/proofs/*_broken.k42"]

In k42.toml the same stands without `tool.k42`. Each specification of each entry is one run, written
as the arguments of the command that carries it out, so that there is no second way to say anything.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from checker.cli.arguments import duration, mistake, parse_settings
from checker.cli.session import command_line
from checker.report.ci.outcome import Kind

FILES: Final = ("k42.toml", "pyproject.toml")
BASELINE: Final = "k42-baseline.json"
DEFAULT_SECONDS: Final = 600.0
EXPECTED: Final = {Kind.CHECK: "holds", Kind.PROVE: "proved"}
VERDICTS: Final = {
    Kind.CHECK: ("holds", "violated", "bounded", "incomplete", "error"),
    Kind.PROVE: (
        "proved",
        "bounded",
        "violated",
        "not inductive",
        "unknown",
        "vacuous",
        "contradictory",
    ),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One run that a project asks for.

    Attributes:
        spec: from the folder of the project, with `/` between its parts.
        flags: further arguments of the command.
        violates: the names of what is to be violated; empty if any will do.
        seconds: how long it may take.
    """

    kind: Kind
    spec: str
    settings: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    expected: str
    violates: tuple[str, ...]
    seconds: float

    @property
    def key(self) -> str:
        """Return what tells it from the other runs of the project."""
        return self.command.removeprefix("k42 ")

    @property
    def command(self) -> str:
        """Return the command as one may type it."""
        return command_line(self.kind.value, [self.spec], dict(self.settings), self.flags)

    @property
    def arguments(self) -> list[str]:
        """Return the arguments of the command."""
        given = [word for name, value in self.settings for word in ("-c", f"{name}={value}")]
        return [self.spec, *given, *self.flags]


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is asked for, and where.

    Attributes:
        root: the folder that names are relative to.
        baseline: the file that holds what was said before; it need not exist.
    """

    root: Path
    tasks: tuple[Task, ...]
    baseline: Path


def find_project(start: Path) -> Path:
    """Return the file that says what to do, in a folder or in one around it.

    Raises:
        UsageError: there is none.
    """
    for folder in (start, *start.parents):
        path = project_in(folder)
        if path is not None:
            return path
    message = "neither k42.toml nor a pyproject.toml with a table `[tool.k42]` is here or above"
    raise mistake("K340", message, "see `k42 ci --help`")


def project_in(folder: Path) -> Path | None:
    """Return the file in a folder that says what to do, None if there is none.

    Raises:
        UsageError: there is one that cannot be read.
    """
    for name in FILES:
        path = folder / name
        if path.is_file() and (name == FILES[0] or _has_table(path)):
            return path
    return None


def _has_table(path: Path) -> bool:
    return "k42" in _document(path).get("tool", {})


def read_project(path: Path) -> Project:
    """Read what a file asks for.

    Raises:
        UsageError: the file cannot be read, or asks for something that cannot be.
    """
    document = _document(path)
    is_own = path.name != "pyproject.toml"
    table = document if is_own else document.get("tool", {}).get("k42", {})
    reader = _Reader(path, "" if is_own else "tool.k42")
    return reader.project(table)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise mistake("K302", f"cannot read `{path}`: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise mistake("K340", f"`{path}` is not TOML: {error}") from None


def task_of(spec: str, words: Sequence[str], expected: str) -> Task:
    """Return the run that a command asks for: `check -c Cpu=3`, the specification left out.

    Raises:
        UsageError: it is no such command, or there is no such verdict.
    """
    from checker.cli import check, prove

    parsers = {Kind.CHECK.value: check.parser, Kind.PROVE.value: prove.parser}
    if not words or words[0] not in parsers:
        raise mistake("K300", "only `check` and `prove` can be a test", "as in `// test: check`")
    arguments = parsers[words[0]]().parse_args([spec, *words[1:]])
    kind = Kind(words[0])
    if expected and expected not in VERDICTS[kind]:
        raise mistake("K300", f"there is no verdict `{expected}`", ", ".join(VERDICTS[kind]))
    return Task(
        kind=kind,
        spec=spec,
        settings=tuple(parse_settings(arguments.settings).items()),
        flags=tuple(_without_settings(words[1:])),
        expected=expected or EXPECTED[kind],
        violates=(),
        seconds=DEFAULT_SECONDS,
    )


def _without_settings(words: Sequence[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word == "-c":
            next(rest, None)
        elif not word.startswith("-c"):
            yield word


class _Reader:
    """Reads one table, strictly: a name that nobody knows is a mistake."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path = path
        self._root = path.parent
        self._prefix = prefix

    def project(self, table: dict[str, Any]) -> Project:
        self._only(table, ("timeout", "baseline", "check", "prove"), self._prefix)
        seconds = self._seconds(table, self._prefix, DEFAULT_SECONDS)
        tasks: list[Task] = []
        for kind in Kind:
            entries = table.get(kind.value, [])
            where = f"{self._prefix}.{kind.value}".lstrip(".")
            if not _is_list_of(entries, dict):
                raise self._wrong(f"`{where}` is no array of tables", f"write `[[{where}]]`")
            for entry in entries:
                tasks += self._tasks(kind, entry, where, seconds)
        self._distinct(tasks)
        baseline = self._text(table, "baseline", self._prefix, BASELINE)
        return Project(self._root, tuple(tasks), self._root / baseline)

    def _tasks(self, kind: Kind, entry: dict[str, Any], where: str, seconds: float) -> list[Task]:
        common = ("specs", "exclude", "sizes", "expect", "violates", "timeout")
        self._only(entry, (*common, *_FLAGS[kind]), where)
        expected = self._text(entry, "expect", where, EXPECTED[kind])
        if expected not in VERDICTS[kind]:
            verdicts = ", ".join(f'"{each}"' for each in VERDICTS[kind])
            raise self._wrong(f"`expect` in `{where}` is no verdict", f"it may be {verdicts}")
        task = Task(
            kind=kind,
            spec="",
            settings=self._settings(entry, where),
            flags=tuple(self._flags(kind, entry, where)),
            expected=expected,
            violates=self._texts(entry, "violates", where),
            seconds=self._seconds(entry, where, seconds),
        )
        return [replace(task, spec=spec) for spec in self._specs(entry, where)]

    def _specs(self, entry: dict[str, Any], where: str) -> list[str]:
        patterns = self._texts(entry, "specs", where)
        if not patterns:
            raise self._wrong(
                f"an entry of `{where}` names no `specs`", 'as in `specs = ["*.k42"]`'
            )
        left_out = {
            spec for each in self._texts(entry, "exclude", where) for spec in self._glob(each)
        }
        found: dict[str, None] = {}
        for pattern in patterns:
            matched = self._glob(pattern)
            if not matched:
                raise self._wrong(f"no file matches `{pattern}` in `{where}`", None)
            found |= dict.fromkeys(spec for spec in matched if spec not in left_out)
        return list(found)

    def _glob(self, pattern: str) -> list[str]:
        try:
            paths = sorted(self._root.glob(pattern))
        except (NotImplementedError, ValueError) as error:
            raise self._wrong(f"`{pattern}` is no pattern: {error}", None) from None
        return [path.relative_to(self._root).as_posix() for path in paths if path.is_file()]

    def _settings(self, entry: dict[str, Any], where: str) -> tuple[tuple[str, str], ...]:
        sizes = entry.get("sizes", {})
        if not isinstance(sizes, dict):
            raise self._wrong(f"`sizes` in `{where}` is no table", "as in `sizes = { Cpu = 3 }`")
        return tuple(
            (name, str(value).lower() if isinstance(value, bool) else str(value))
            for name, value in sizes.items()
        )

    def _flags(self, kind: Kind, entry: dict[str, Any], where: str) -> list[str]:
        found: list[str] = []
        for name, flag_of in _FLAGS[kind].items():
            if name in entry:
                flag = flag_of(entry[name])
                if flag is None:
                    raise self._wrong(
                        f"`{name}` in `{where}` has a value that it cannot have", None
                    )
                found += flag
        return found

    def _distinct(self, tasks: list[Task]) -> None:
        seen: set[str] = set()
        for task in tasks:
            if task.key in seen:
                raise self._wrong(f"`k42 {task.key}` is asked for twice", "leave out one of them")
            seen.add(task.key)

    # --- values

    def _only(self, table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        for name in table:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                remedy = (
                    f"did you mean `{close[0]}`?" if close else f"it may hold {', '.join(known)}"
                )
                place = f" in `{where}`" if where else ""
                raise self._wrong(f"there is nothing called `{name}`{place}", remedy)

    def _text(self, table: dict[str, Any], name: str, where: str, default: str) -> str:
        value = table.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(f"`{name}` in `{where}` is no text", None)
        return value

    def _texts(self, table: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = table.get(name, [])
        if not _is_list_of(value, str):
            raise self._wrong(f"`{name}` in `{where}` is no array of texts", None)
        return tuple(value)

    def _seconds(self, table: dict[str, Any], where: str, default: float) -> float:
        if "timeout" not in table:
            return default
        try:
            return duration(str(table["timeout"]))
        except argparse.ArgumentTypeError as error:
            raise self._wrong(f"`timeout` in `{where}`: {error}", None) from None

    def _wrong(self, message: str, remedy: str | None) -> Exception:
        return mistake("K340", f"{self._path.name}: {message}", remedy)


def _is_list_of(value: object, of: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, of) for each in value)


# --- what an entry may say beside its specifications ----------------------------------------------


def _listed(name: str) -> Callable[[Any], list[str] | None]:
    def flag(value: Any) -> list[str] | None:
        is_fine = _is_list_of(value, str) and value
        return [f"--{name}={','.join(value)}"] if is_fine else None

    return flag


def _path(name: str) -> Callable[[Any], list[str] | None]:
    def flag(value: Any) -> list[str] | None:
        return [f"--{name}={value}"] if isinstance(value, str) and value else None

    return flag


def _number(name: str) -> Callable[[Any], list[str] | None]:
    def flag(value: Any) -> list[str] | None:
        is_fine = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return [f"--{name}={value}"] if is_fine else None

    return flag


def _word(name: str, *words: str) -> Callable[[Any], list[str] | None]:
    def flag(value: Any) -> list[str] | None:
        return [f"--{name}={value}"] if value in words else None

    return flag


def _switch(name: str) -> Callable[[Any], list[str] | None]:
    def flag(value: Any) -> list[str] | None:
        if not isinstance(value, bool):
            return None
        return [f"--{name}"] if value else []

    return flag


_FLAGS: Final[dict[Kind, dict[str, Callable[[Any], list[str] | None]]]] = {
    Kind.CHECK: {
        "properties": _listed("props"),
        "reduce": _listed("reduce"),
        "max-depth": _number("max-depth"),
        "max-states": _number("max-states"),
        "fairness": _word("fairness", "weak", "strong", "just", "none"),
        "strict": _switch("strict"),
    },
    Kind.PROVE: {
        "hints": _path("hints"),
        "scope": _number("scope"),
        "limit": _number("limit"),
        "lemmas": _switch("lemmas"),
        "auto": _switch("auto"),
    },
}
