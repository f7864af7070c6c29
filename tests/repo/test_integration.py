"""What other projects take from this one: the GitHub Action and the hooks of pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from importlib import import_module, metadata
from pathlib import Path

import pytest

from tests.repo.files import text_of

LOCK = """spec lock
sort Node
var holder: Node? = none
action take(n: Node) requires holder = none { holder := n }
action give(n: Node) requires holder = n { holder := none }
invariant one: forall a, b: Node. holder = a and holder = b -> a = b
"""


def _script(step: str) -> str:
    """Returns the program of a step of the action."""
    text = text_of("action.yml")
    found = re.search(rf"    - name: {re.escape(step)}\n(?:      .*\n)*?      run: \|\n", text)
    assert found is not None
    lines = text[found.end() :].splitlines()
    body = [line for line in lines if line.startswith("        ") or not line]
    return textwrap.dedent("\n".join(body))


@pytest.mark.parametrize(("expected", "code"), [("holds", 0), ("violated", 27)])
def test_the_action_runs_writes_its_documents_and_keeps_the_exit_code(
    tmp_path: Path, expected: str, code: int
) -> None:
    (tmp_path / "lock.k42").write_text(LOCK, encoding="utf-8")
    project = f'[[check]]\nspecs = ["lock.k42"]\nexpect = "{expected}"\n'
    (tmp_path / "k42.toml").write_text(project, encoding="utf-8")
    results = tmp_path / "results"
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RESULTS": str(results),
        "ARGUMENTS": "--jobs 1",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", _script("k42 ci")],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert {path.name for path in results.iterdir()} == {
        *("k42.junit", "k42.sarif", "k42.json", "k42.txt"),
    }
    outputs = (tmp_path / "output").read_text()
    assert f"sarif={results}/k42.sarif" in outputs
    assert "1 runs as expected" in (tmp_path / "summary").read_text()


def test_the_outputs_of_the_action_are_those_that_its_step_sets() -> None:
    text = text_of("action.yml")
    declared = set(re.findall(r"steps\.run\.outputs\.(\w+)", text))
    set_ = re.search(r"for format in ([\w ]+);", text)
    assert set_ is not None
    assert declared == set(set_[1].split())


def test_every_hook_is_a_command_that_can_be_given() -> None:
    entries = re.findall(r"(?m)^  entry: (.+)$", text_of(".pre-commit-hooks.yaml"))
    assert len(entries) == 2
    for entry in entries:
        tool, command, *flags = shlex.split(entry)
        assert tool == "k42"
        import_module(f"checker.cli.{command}").parser().parse_args([*flags, "some.k42"])


def test_the_plugin_is_announced_to_pytest() -> None:
    (entry,) = metadata.entry_points(group="pytest11", name="k42")
    assert entry.value == "checker.cli.pytest_plugin"
    assert hasattr(entry.load(), "pytest_collect_file")
