"""The table of contents of the kernel lists what there is, in the order of its layers."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kernel_impl

ROOT = Path(kernel_impl.__file__).parent
README = (ROOT / "README.md").read_text("utf-8")
CHAPTERS = re.split(r"^## ", README, flags=re.MULTILINE)[1:]


def listed(text: str) -> list[str]:
    return re.findall(r"^\| `([\w/]+\.py)` \| [^|]+ \|$", text, flags=re.MULTILINE)


def test_every_module_is_listed_once() -> None:
    there = sorted(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if path.name != "__init__.py"
    )
    assert sorted(listed(README)) == there


def test_chapters_are_numbered_and_hold_the_files_of_their_folders() -> None:
    assert [int(chapter.split(".")[0]) for chapter in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))
    folders = [{path.partition("/")[0] for path in listed(c) if "/" in path} for c in CHAPTERS]
    assert all(len(each) <= 1 for each in folders)
    names = [name for each in folders for name in each]
    assert len(names) == len(set(names))


def test_chapters_build_on_those_before_them_only() -> None:
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf-8"))
    (contract,) = (
        each
        for each in project["tool"]["importlinter"]["contracts"]
        if each.get("containers") == ["kernel_impl"]
    )
    rank = {
        name: -number
        for number, layer in enumerate(contract["layers"])
        for name in re.findall(r"\w+", layer)
    }
    folders = [
        path.partition("/")[0] for text in CHAPTERS for path in listed(text)[:1] if "/" in path
    ]
    assert len(folders) > 7
    assert [rank[each] for each in folders] == sorted(rank[each] for each in folders)


@pytest.mark.parametrize("module", ["kernel_impl", "kernel_impl.lint"])
def test_commands_exist(module: str) -> None:
    told = f"python -m {module}"
    assert told in README
    if module == "kernel_impl":
        ran = subprocess.run(
            [sys.executable, "-m", module, "--help"], check=True, capture_output=True, text=True
        )
        assert told in ran.stdout
