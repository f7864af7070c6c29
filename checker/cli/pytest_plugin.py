"""Specifications as tests: pytest runs what a project lists, and what a file asks for itself.

A file `*.k42` is collected if

* the project lists it (`k42 explain K340`), once for each run that is listed;
* its first comments ask for it: `// test: check -c Cpu=3`, `// test: prove`, and for what is to
  fail `// test: check expects violated`;
* a pattern of the option `k42_files` in pytest's configuration matches it; then it is checked.

A test passes if the run ends as expected. Unknown and incomplete are failures, never skipped. This
module is loaded whenever pytest starts, and imports next to nothing until it meets a specification.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker.cli.project import Project, Task
    from checker.report.ci.outcome import Run

MARK: Final = "// test:"
EXPECTS: Final = "expects"
_PROJECT: Final = pytest.StashKey["Project | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option in pytest's configuration."""
    help_ = "specifications (*.k42) to be checked: patterns, from the root folder"
    parser.addini("k42_files", help_, type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a specification for which there is something to do."""
    if file_path.suffix != ".k42":
        return None
    root = parent.config.rootpath
    patterns: list[str] = parent.config.getini("k42_files")
    is_asked_for = any(file_path in root.glob(pattern) for pattern in patterns)
    if not (is_asked_for or _marks(file_path) or _listed(file_path, parent.config)):
        return None
    found: Specification = Specification.from_parent(parent, path=file_path)
    found.is_asked_for = is_asked_for
    return found


def _marks(path: Path) -> list[str]:
    """Return what the first comments of a file ask for."""
    found = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.startswith("//"):
                break
            if line.startswith(MARK):
                found.append(line.removeprefix(MARK).strip())
    return found


def _listed(path: Path, config: pytest.Config) -> list[Task]:
    project = _project(config)
    if project is None:
        return []
    return [task for task in project.tasks if (project.root / task.spec).resolve() == path]


def _project(config: pytest.Config) -> Project | None:
    """Return what the project lists, read once; None if it has no list."""
    if _PROJECT not in config.stash:
        from checker.cli.arguments import UsageError
        from checker.cli.project import project_in, read_project

        try:
            file = project_in(config.rootpath)
            config.stash[_PROJECT] = None if file is None else read_project(file)
        except UsageError as error:
            raise pytest.UsageError(_told(error)) from None
    return config.stash[_PROJECT]


def _told(error: Exception) -> str:
    from checker.cli.arguments import UsageError

    assert isinstance(error, UsageError)
    return "; ".join(f"{each.message} ({each.remedy})" for each in error.diagnostics)


class Specification(pytest.File):
    """A specification with the runs that are asked for."""

    is_asked_for = False

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each run."""
        from checker.cli.arguments import UsageError
        from checker.cli.project import task_of

        listed = _project(self.config)
        root = self.config.rootpath if listed is None else listed.root
        tasks = _listed(self.path, self.config)
        spec = self.path.relative_to(root).as_posix()
        wanted = [*_marks(self.path), *(["check"] if self.is_asked_for else [])]
        for text in wanted:
            command, _, expected = text.partition(f" {EXPECTS} ")
            try:
                tasks.append(task_of(spec, shlex.split(command), expected.strip()))
            except (UsageError, ValueError) as error:
                why = _told(error) if isinstance(error, UsageError) else str(error)
                raise self.CollectError(f"{self.path.name}: `{MARK} {text}`: {why}") from None
        for task in {task.key: task for task in tasks}.values():
            words = [word for word in shlex.split(task.command)[1:] if word != task.spec]
            item: SpecificationRun = SpecificationRun.from_parent(self, name=" ".join(words))
            item.task, item.root = task, root
            yield item


class UnexpectedRunError(Exception):
    """A run did not end as expected."""

    def __init__(self, run: Run) -> None:
        """Take the run."""
        super().__init__(run.surprise)
        self.run = run


class SpecificationRun(pytest.Item):
    """One run of a specification."""

    task: Task
    root: Path

    def runtest(self) -> None:
        """Carry out the run, in a process of its own."""
        from checker.cli.tasks import run_tasks

        (run,) = run_tasks([self.task], self.root, 1)
        if not run.is_good:
            raise UnexpectedRunError(run)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,
    ) -> str:
        """Tell of the run as the command would."""
        if isinstance(excinfo.value, UnexpectedRunError):
            run = excinfo.value.run
            return f"{run.key}: {run.surprise}\n\n{run.report.rstrip()}"
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test is, and its name."""
        return self.path, 0, self.name
