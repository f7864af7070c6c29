from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import kernel_impl
from kernel_impl.lint import lint_paths, lint_source, main

PREAMBLE = """
from dataclasses import dataclass
from kernel_impl.steps import (Access, Cell, Memory, atomic, await_equal, cas, fetch_add, load,
    observe, pause, store, swap)
"""

BAD = [
    ("S1", "async def f(cell):\n    load(cell)"),
    ("S1", "async def f(cell):\n    later = store(cell, 1)\n    await later"),
    ("S2", "async def f(cells):\n    for cell in cells:\n        await load(cell)"),
    ("S2", "async def f(cell, g):\n    g(await load(cell))"),
    ("S2", "async def f(cell):\n    return 1 + await load(cell)"),
    ("S2", "async def f(cells):\n    await load(cells[await load(cells[0])])"),
    ("S2", "async def f(cell):\n    x = 0\n    x += await load(cell)"),
    ("S2", "async def f(cell, lock):\n    with lock:\n        await load(cell)"),
    ("S2", "async def f(cell):\n    try:\n        await load(cell)\n    finally:\n        pass"),
    ("S2", "async def f(lock):\n    async with lock:\n        pass"),
    ("S2", "async def f(cells):\n    return [await load(cell) for cell in cells]"),
    ("S2", "async def f(cell):\n    return 0 < await load(cell)"),
    ("S3", "async def f(cell):\n    seen = []\n    await load(cell)"),
    ("S3", "async def f(cell):\n    seen = dict()\n    await load(cell)"),
    ("S3", "async def f(cell):\n    seen = {x for x in (1, 2)}\n    await load(cell)"),
    ("S3", "async def f(cell, wait):\n    await wait(cell, lambda value: value == 0)"),
    ("S4", "async def f(self, cell):\n    self.last = await load(cell)"),
    ("S4", "async def f(table, cell):\n    table[0] = 1\n    await load(cell)"),
    ("S4", "async def f(cell):\n    global total\n    total = await load(cell)"),
    ("S5", "async def f(memory: Memory, cell):\n    await load(cell)"),
    ("S5", "LINT_DRIVER = True\nasync def f(cell):\n    await load(cell)"),
    ("S6", "def f(memory: Memory, thing):\n    thing.count = 1"),
    ("S6", "def f(memory: Memory, cell):\n    return load(cell)"),
    ("S7", "import time"),
    ("S7", "from random import Random"),
    ("S7", "def f(x):\n    return id(x)"),
    ("S8", "def f(x):\n    return [y for y in set(x)]"),
    ("S8", "def f():\n    for y in {3, 1, 2}:\n        print(y)"),
    ("S9", "def f(layout):\n    return layout.cell('count')"),
    ("S9", "def f():\n    return Cell(0, 'count', range(2), 0, 0, 0)"),
    ("S10", "class Lock:\n    async def acquire(self, cell):\n        await load(cell)"),
    ("S11", "seen = []"),
]

GOOD = [
    "async def f(cell):\n    x = await load(cell)\n    return x",
    "async def f(cell):\n    while await load(cell) != 0:\n        await pause()",
    "async def f(cell):\n    if not await cas(cell, 0, 1):\n        return await load(cell)",
    "async def f(cell):\n    return await load(cell) + 1",
    "async def f(cell, ok):\n    if ok and await load(cell) == 0:\n        await store(cell, 1)",
    "async def f(cell):\n    if (x := await load(cell)) == 0:\n        await store(cell, x)",
    "async def f(cell):\n    best = max(x for x in (1, 2))\n    await store(cell, best)",
    "async def f(cell):\n    match await load(cell):\n        case 0:\n            await pause()",
    "def f(memory: Memory, cell):\n    memory.write(cell, memory.read(cell) + 1)",
    "def f(x):\n    for y in sorted({3, 1, 2}):\n        print(y)",
    "def f(layout):\n    return layout.cell('count', range(2))",
    "@dataclass(frozen=True, eq=False)\nclass L:\n    async def f(self, c):\n        await load(c)",
    "LINT_DRIVER = True\nfrom random import Random\nseen = []",
]


@pytest.mark.parametrize(("rule", "snippet"), BAD)
def test_unsound_code_is_found_at_its_line(rule: str, snippet: str) -> None:
    found = lint_source(PREAMBLE + snippet, "snippet.py")
    assert rule in {finding.rule for finding in found}
    assert all(finding.line > PREAMBLE.count("\n") for finding in found)


@pytest.mark.parametrize("snippet", GOOD)
def test_sound_code_passes(snippet: str) -> None:
    assert lint_source(PREAMBLE + snippet) == []


def test_kernel_is_sound() -> None:
    assert lint_paths([Path(kernel_impl.__file__).parent]) == []


def test_command_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(textwrap.dedent("import os\n\nimport time\n"), "utf-8")
    assert main([str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == [f"{bad}:1:", f"{bad}:3:"]
    assert main([str(Path(kernel_impl.__file__).parent / "steps.py")]) == 0
