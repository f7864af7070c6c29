"""The pytest plugin: what is collected, what passes, and what is told of what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.cli.arguments import UsageError
from checker.cli.project import task_of
from checker.report.ci.outcome import Kind
from tests.checker.cli.test_ci import BROKEN, LOCK


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "checker.cli.pytest_plugin"),
            *("-p", "no:cacheprovider", "-rA", "-o", "console_output_style=classic", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_specifications_are_collected_run_and_told(tmp_path: Path) -> None:
    files = {
        "pytest.ini": "[pytest]\nk42_files = asked_*.k42\n",
        "k42.toml": '[[prove]]\nspecs = ["listed.k42"]\n[[check]]\nspecs = ["listed.k42"]\n',
        "listed.k42": LOCK,
        "asked_for.k42": BROKEN,
        "marked.k42": f"// test: check -c Node=2 expects violated\n// test: prove\n{BROKEN}",
        "silent.k42": BROKEN,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = _pytest(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    summary = done.stdout.partition("short test summary info")[2]
    assert "PASSED listed.k42::prove" in summary
    assert "PASSED listed.k42::check" in summary
    assert "PASSED marked.k42::check -c Node=2" in summary
    assert "FAILED marked.k42::prove" in summary
    assert "FAILED asked_for.k42::check" in summary
    assert "silent" not in done.stdout
    assert "invariant free does not hold" in done.stdout
    assert "check asked_for.k42: violated, expected holds" in done.stdout


def test_a_mark_that_cannot_be_understood_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "marked.k42"
    path.write_text(f"// test: chekc\n{LOCK}", encoding="utf-8")
    done = _pytest(tmp_path, "--collect-only")
    assert done.returncode != 0
    assert "only `check` and `prove` can be a test" in done.stdout


def test_a_mark_is_a_command_without_its_specification() -> None:
    task = task_of("a.k42", ["check", "-c", "Cpu=3", "--reduce=all", "-cN=2"], "violated")
    assert task.kind is Kind.CHECK
    assert task.settings == (("Cpu", "3"), ("N", "2"))
    assert task.flags == ("--reduce=all",)
    assert task.command == "k42 check a.k42 -c Cpu=3 -c N=2 --reduce=all"
    with pytest.raises(UsageError):
        task_of("a.k42", ["check"], "fine")
    with pytest.raises(UsageError):
        task_of("a.k42", ["prove", "--nothing"], "")
