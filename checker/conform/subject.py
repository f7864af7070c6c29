"""What is held against what: a configuration of the kernel, a specification, and the binding.

Everything that can be wrong with a command is found here, before anything runs, and is told as
diagnostics.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from checker.conform.binding import misfits, natural_binding, read_binding, size_of
from checker.conform.catalogue import SPECIFICATIONS
from checker.conform.monitor import SpecMonitor
from checker.load import load
from grammar.diagnostics import Diagnostic, Severity
from kernel_impl.port import configurations, open_configuration, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.conform.binding import Binding
    from checker.model.system import System
    from kernel_impl.port import Configuration, Size


@dataclass(frozen=True, slots=True)
class Subject:
    """A configuration at given sizes, and the specification that it is held against, if any.

    Attributes:
        sizes: all parameters of the configuration.
        chosen: those that the user gave.
        spec: the path of the specification; empty without one.
    """

    name: str
    configuration: Configuration
    sizes: Mapping[str, Size]
    chosen: Mapping[str, Size]
    spec: str = ""
    monitor: SpecMonitor | None = None


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Nothing can be opened; the diagnostics say why."""

    diagnostics: tuple[Diagnostic, ...]


def open_subject(name: str, given: Mapping[str, str]) -> Subject | Mistaken:
    """Open a configuration of the kernel.

    Args:
        given: parameters with their values as text.
    """
    known = configurations()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        remedy = f"did you mean `{close[0]}`?" if close else "`k42 conform --list` lists them"
        return _mistaken("K312", f"the kernel has no configuration `{name}`", remedy)
    sizes = dict(parameters(name))
    chosen: dict[str, Size] = {}
    for parameter, text in given.items():
        if parameter not in sizes:
            remedy = "its parameters: " + ", ".join(f"{k} = {shown(v)}" for k, v in sizes.items())
            return _mistaken("K313", f"`{name}` has no parameter `{parameter}`", remedy)
        value = _size(text, sizes[parameter])
        if value is None:
            message = f"`{parameter}` of `{name}` cannot be `{text}`"
            return _mistaken("K313", message, f"as in `-k {parameter}={shown(sizes[parameter])}`")
        chosen[parameter] = value
    sizes.update(chosen)
    return Subject(name, open_configuration(name, **sizes), sizes, chosen)


def held_against(
    subject: Subject,
    spec: str,
    *,
    binding: str | None,
    settings: Mapping[str, str],
    library: tuple[Path, ...],
) -> Subject | Mistaken:
    """Return the subject with a monitor for the specification at a path.

    Args:
        binding: path of the binding; the one beside the specification without it.
        settings: values of constants, which win over those of the binding.
    """
    found = open_binding(spec, binding)
    if isinstance(found, Mistaken):
        return found
    constants = dict(settings)
    if found is not None:
        numbers = {k: int(v) for k, v in subject.sizes.items() if isinstance(v, int)}
        for constant, size in found.sizes.items():
            if constant in constants:
                continue
            try:
                constants[constant] = str(size_of(size, numbers))
            except KeyError as unknown:
                text = f"the binding sizes `{constant}` by {unknown}, no parameter of the kernel's"
                return _mistaken("K311", text, f"give it a value: `-c {constant}=3`")
    opened = open_monitor(spec, found, constants, library)
    if isinstance(opened, Mistaken):
        return opened
    events = {event.name: event.arity for event in subject.configuration.observations()}
    wrong = [
        Diagnostic(
            "K311",
            Severity.ERROR,
            None,
            f"the configuration `{subject.name}` has no event `{rule.name}` with "
            f"{len(rule.parameters)} values",
            remedy="its events: " + ", ".join(f"{n}/{a}" for n, a in sorted(events.items())),
        )
        for rule in opened.binding.events
        if events.get(rule.name, -1) != len(rule.parameters)
    ]
    if wrong:
        return Mistaken(tuple(wrong))
    return replace(subject, spec=shown_spec(spec, library), monitor=opened)


def open_binding(spec: str, path: str | None) -> Binding | Mistaken | None:
    """Read the binding at a path, or the one beside the specification; None if there is none."""
    file = Path(spec).with_suffix(".binding.toml") if path is None else Path(path)
    if path is None and not file.is_file():
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _mistaken("K302", f"cannot read `{file}`: {error}", None)
    found = read_binding(text, file.name)
    return Mistaken(found) if isinstance(found, tuple) else found


def open_monitor(
    spec: str, binding: Binding | None, constants: Mapping[str, str], library: tuple[Path, ...]
) -> SpecMonitor | Mistaken:
    """Load a specification and make it a monitor; without a binding its actions are the events."""
    system, diagnostics = load(spec, constants, library)
    if system is None:
        return Mistaken(diagnostics)
    if binding is None:
        binding = natural_binding(system)
        if not binding.events:
            text = f"{system.name} has no declared action, so nothing says what its events are"
            file = Path(spec).with_suffix(".binding.toml").name
            return _mistaken("K311", text, f"write a binding `{file}`; see `k42 explain K310`")
    wrong = misfits(binding, Path(spec).name, system)
    return Mistaken(wrong) if wrong else SpecMonitor(system, binding)


def specification_of(name: str, library: tuple[Path, ...]) -> str | None:
    """Return the path of the specification that a configuration is held against by default."""
    known = SPECIFICATIONS.get(name)
    if known is None:
        return None
    return next((str(f / known) for f in library if (f / known).is_file()), None)


def listing() -> str:
    """Return the configurations of the kernel, their parameters and specifications, as text."""
    lines = []
    for name, summary in configurations().items():
        lines.append(f"{name:<12} {summary}")
        sizes = ", ".join(f"{k} = {shown(v)}" for k, v in parameters(name).items())
        lines.append(f"{'':<12}   -k {sizes}")
        if name in SPECIFICATIONS:
            lines.append(f"{'':<12}   against {SPECIFICATIONS[name]}")
    return "\n".join(lines) + "\n"


def shown_spec(spec: str, library: tuple[Path, ...]) -> str:
    """Return the path of a specification, shortened if it came with the tool."""
    for folder in reversed(library):  # the outermost last
        if Path(spec).is_absolute() and Path(spec).is_relative_to(folder):
            return f"{folder.name}/{Path(spec).relative_to(folder).as_posix()}"
    return spec


def settings_of(system: System) -> str:
    """Return the sizes of a system as text."""
    return ", ".join(f"{s.name} = {s.value}" for s in system.settings)


def _size(text: str, default: Size) -> Size | None:
    """Read a parameter as what its default is."""
    match default:
        case bool():
            return {"true": True, "false": False}.get(text)
        case int():
            return int(text) if text.isascii() and text.isdecimal() else None
        case _:
            return text


def shown(size: Size) -> str:
    """Return a parameter as `-k` reads it."""
    return str(size).lower() if isinstance(size, bool) else str(size)


def _mistaken(code: str, message: str, remedy: str | None) -> Mistaken:
    return Mistaken((Diagnostic(code, Severity.ERROR, None, message, remedy=remedy),))
