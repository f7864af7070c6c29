"""What to tell of counterexamples to claims that speak of runs or of another system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.model.evaluate import evaluate
from checker.model.interpret import state_scope
from checker.model.operators import EvaluationError
from checker.model.types import show
from checker.report.cells import flat
from proofs.obligation import Goal

if TYPE_CHECKING:
    from checker.model.system import State, System
    from checker.model.temporal import Refinement
    from checker.report.ink import Ink
    from proofs.counterexample import Counterexample
    from proofs.prove import Judged


def headline_beyond(judged: Judged) -> str:
    """Return in a sentence what a counterexample to such a claim shows."""
    subject, part = judged.subject, judged.name.rpartition("/")[2]
    if judged.goal is Goal.REFINEMENT:
        other = subject.removeprefix("refines ")
        if judged.action == "init":
            return f"an initial state is none of {other}"
        return f"{judged.action} is no step of {other}"
    if judged.action:
        return f"{judged.action} does not bring {subject} nearer"
    if part == "waiting":
        return f"{subject}: somebody waits, and the rank names no step that helps"
    return f"{subject}: fairness demands no step of who is to help"


def lines_beyond(system: System, judged: Judged, found: Counterexample, ink: Ink) -> list[str]:
    """Return what the claim speaks of: the named values, or the images before and after."""
    if judged.goal is Goal.RESPONSE:
        values = ", ".join(f"{flat(name)} = {flat(value)}" for name, value in found.named)
        return ["", f"  {ink.paint('bold', 'for')} {values}"] if values else []
    refinement = next(each for each in system.refinements if each.name == judged.subject)
    lines = ["", f"  {ink.paint('bold', f'what this is to {refinement.abstract.name}')}"]
    after = _image(system, refinement, found.after)
    before = after if found.before is None else _image(system, refinement, found.before)
    for name, old in before.items():
        new = after.get(name, old)
        changed = f"{old} -> {new}" if new != old else old
        lines.append(f"    {flat(name)}: {flat(changed)}")
    return lines


def _image(system: System, refinement: Refinement, state: State | None) -> dict[str, str]:
    if state is None:
        return {}
    scope = state_scope(system, state)
    found: dict[str, str] = {}
    pairs = zip(refinement.abstract.variables, refinement.images, strict=True)
    for variable, image in pairs:
        try:
            found[variable.name] = show(variable.type, evaluate(image, scope))
        except EvaluationError:
            found[variable.name] = "(no value)"
    return found
