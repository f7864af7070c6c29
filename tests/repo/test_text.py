"""Text files: readable everywhere, and naming no place that only one machine has."""

from __future__ import annotations

import re

import pytest

from tests.repo.files import ROOT, repository_files, text_of

BINARY_SUFFIXES = (".png", ".svgz", ".gz", ".zip", ".bin")

# Spelt in parts, so that this file passes its own test.
FOLDERS = ("work", "root", "tmp", "home", "opt", "Users", "private")
MACHINE_PATH = re.compile(r"(?<![\w.<>{}*~/-])/(?:" + "|".join(FOLDERS) + r")/")
HOSTS = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("golang", "org"),
    ("crates", "io"),
    ("debian", "org"),
    ("conda", "io"),
)
REGISTRY_HOST = re.compile("|".join(rf"\b{name}\.{end}\b" for name, end in HOSTS))

MACHINE_PATHS_ALLOWED: dict[str, str] = {}
"""Files that may name such a path, each with its reason (a path inside the kernel, say)."""


def text_files() -> list[str]:
    """Lists the files that are text by their name."""
    return [path for path in repository_files() if not path.endswith(BINARY_SUFFIXES)]


def lines_with(pattern: re.Pattern[str], *, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Lists, as path, line number and match, where a pattern occurs in the text files."""
    return [
        f"{path}:{number} {found.group()}"
        for path in text_files()
        if path not in allowed
        for number, line in enumerate(text_of(path).split("\n"), start=1)
        for found in [pattern.search(line)]
        if found
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE_PATH, allowed=frozenset(MACHINE_PATHS_ALLOWED)) == []


def test_no_file_names_a_registry_host() -> None:
    assert lines_with(REGISTRY_HOST) == []


def test_no_file_holds_a_conflict_marker() -> None:
    assert lines_with(re.compile(r"^(?:<{7}|>{7})(?: |$)")) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_machine_paths_are_recognised(folder: str) -> None:
    assert MACHINE_PATH.search(f"see /{folder}/x")
    assert MACHINE_PATH.search(f'"/{folder}/x"')
    assert not MACHINE_PATH.search(f"kernel/{folder}/x")


@pytest.mark.parametrize("host", HOSTS)
def test_registry_hosts_are_recognised(host: tuple[str, str]) -> None:
    assert REGISTRY_HOST.search(f"https://files.{'.'.join(host)}/simple")


def test_text_ends_in_one_newline_and_has_no_carriage_return() -> None:
    texts = {path: text_of(path) for path in text_files() if (ROOT / path).stat().st_size}
    assert [path for path, text in texts.items() if not text.endswith("\n")] == []
    assert [path for path, text in texts.items() if text.endswith("\n\n")] == []
    assert [path for path, text in texts.items() if "\r" in text] == []
