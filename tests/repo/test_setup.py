"""Set-up: the lock is complete and exact, and the commands that documents name exist."""

from __future__ import annotations

import os
import re
import tomllib
from importlib import metadata

import pytest

from tests.repo.files import PACKAGES, ROOT, text_of

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[0-9][A-Za-z0-9.+!]*)")
TARGETS = ["setup", "demo", "test", "slow", "check", "format", "bench", "expected", "all"]


def canonical(name: str) -> str:
    """Spells a distribution name as the index does, so that names compare."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    """Reads the lock: canonical name to version."""
    lines = [line for line in text_of("requirements.lock").splitlines() if line[:1] != "#"]
    pins = [PIN.fullmatch(line) for line in lines]
    assert [line for line, pin in zip(lines, pins, strict=True) if pin is None] == []
    return {canonical(pin["name"]): pin["version"] for pin in pins if pin}


def requirements() -> list[str]:
    """Lists the names that pyproject.toml requires, with every extra."""
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    return [canonical(re.split(r"[\[<>=!~ ;]", text, maxsplit=1)[0]) for text in texts]


def test_every_requirement_is_locked() -> None:
    assert sorted(set(requirements()) - set(locked())) == []


@pytest.mark.parametrize("name", requirements())
def test_installed_version_is_the_locked_one(name: str) -> None:
    assert metadata.version(name) == locked()[name]


def test_every_package_is_distributed() -> None:
    tools = tomllib.loads(text_of("pyproject.toml"))["tool"]
    include = tools["setuptools"]["packages"]["find"]["include"]
    assert set(include) == {*PACKAGES, *(f"{package}.*" for package in PACKAGES)}


@pytest.mark.parametrize("target", TARGETS)
def test_make_has_target(target: str) -> None:
    assert re.search(rf"^{target}:", text_of("Makefile"), flags=re.MULTILINE)


def test_ci_script_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
