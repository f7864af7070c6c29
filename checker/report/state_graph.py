"""The three forms in which a state graph is written.

A graph that was cut at a limit says so in every form: its last nodes are marked `unexpanded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from checker.model.ir import Role
from checker.model.types import show
from checker.report.json_doc import state_json, step_json
from checker.report.places import call_text, step_name, threads
from checker.report.values_json import Json

if TYPE_CHECKING:
    from checker.explicit.graph import Edge, StateGraph
    from checker.model.system import State, System
    from checker.model.trace import Step


def _node_lines(system: System, state: State) -> list[str]:
    """Return where the processes rest, then the data: one short line each."""
    rests = [f"{t.name}: {t.point(system, state).name}" for t in threads(system)]
    data = [
        f"{variable.name} = {show(variable.type, value)}"
        for variable, value in zip(system.variables, state, strict=True)
        if variable.role is not Role.CONTROL
    ]
    return rests + data


def _edge_text(step: Step) -> str:
    if step.action.process is None:
        return call_text(step)
    return f"{step.actor} {step_name(step.action)}"


# --- forms ----------------------------------------------------------------------------------------


def to_dot(graph: StateGraph) -> str:
    """Return the graph for Graphviz: initial states bold, bad ones red, unexpanded ones dashed."""
    lines = [f"digraph {_quoted(graph.system.name)} {{", "  node [shape=box, fontsize=10];"]
    for number, state in enumerate(graph.states):
        label = "\\n".join(map(_escaped, _node_lines(graph.system, state)))
        styles = [
            *(["bold"] if number < graph.initial else []),
            *(["dashed"] if number >= graph.unexpanded else []),
        ]
        style = f', style="{",".join(styles)}"' if styles else ""
        colour = ", color=red" if number in graph.wrong else ""
        lines.append(f'  s{number} [label="{label}"{style}{colour}];')
    for edge in graph.edges:
        lines.append(
            f"  s{edge.source} -> s{edge.target} [label={_quoted(_edge_text(edge.step))}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


_KEYS = (
    ("label", "node", "string"),
    ("initial", "node", "boolean"),
    ("bad", "node", "boolean"),
    ("unexpanded", "node", "boolean"),
    ("wrong", "node", "string"),
    ("reached", "node", "string"),
    ("step", "edge", "string"),
    ("action", "edge", "string"),
    ("actor", "edge", "string"),
    ("process", "edge", "string"),
)


def to_graphml(graph: StateGraph) -> str:
    """Return the graph as GraphML, as networkx and yEd read it.

    Every variable `x` is an attribute `state.x` of the nodes, shown as a text.
    """
    variables = graph.system.variables
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(
            f'  <key id="{name}" for="{place}" attr.name="{name}" attr.type="{of}"/>'
            for name, place, of in _KEYS
        ),
        *(
            f'  <key id="v{at}" for="node" attr.name={quoteattr(f"state.{v.name}")} '
            'attr.type="string"/>'
            for at, v in enumerate(variables)
        ),
        f'  <graph id={quoteattr(graph.system.name)} edgedefault="directed">',
    ]
    for number in range(len(graph.states)):
        lines += [f'    <node id="s{number}">', *_node_data(graph, number), "    </node>"]
    for number, edge in enumerate(graph.edges):
        process = edge.step.action.process
        lines += [
            f'    <edge id="e{number}" source="s{edge.source}" target="s{edge.target}">',
            _data("step", _edge_text(edge.step)),
            _data("action", edge.step.action.name),
            _data("actor", edge.step.actor),
            *([] if process is None else [_data("process", process.name)]),
            "    </edge>",
        ]
    return "\n".join([*lines, "  </graph>", "</graphml>"]) + "\n"


def _node_data(graph: StateGraph, number: int) -> list[str]:
    state = graph.states[number]
    wrong = [subject.name for subject in graph.wrong.get(number, ())]
    reached = graph.reached.get(number, ())
    pairs = enumerate(zip(graph.system.variables, state, strict=True))
    return [
        _data("label", "\n".join(_node_lines(graph.system, state))),
        _data("initial", _flag(number < graph.initial)),
        _data("bad", _flag(bool(wrong))),
        _data("unexpanded", _flag(number >= graph.unexpanded)),
        *([_data("wrong", ", ".join(wrong))] if wrong else []),
        *([_data("reached", ", ".join(reached))] if reached else []),
        *(_data(f"v{at}", show(variable.type, value)) for at, (variable, value) in pairs),
    ]


def _flag(value: bool) -> str:  # noqa: FBT001  # the value is the subject
    return "true" if value else "false"


def _data(key: str, text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'      <data key="{key}">{safe}</data>'


def graph_json(graph: StateGraph) -> Json:
    """Return the graph with full states and steps, in the notation of `json_doc`."""
    system = graph.system
    return {
        "format": "k42-graph",
        "version": 1,
        "name": system.name,
        "settings": {s.name: s.value for s in system.settings},
        "is_complete": graph.is_complete,
        "states": [
            {
                "id": number,
                "is_initial": number < graph.initial,
                "is_bad": number in graph.wrong,
                "is_expanded": number < graph.unexpanded,
                "values": state_json(system, state),
            }
            for number, state in enumerate(graph.states)
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                **_step(system, edge, graph),
            }
            for edge in graph.edges
        ],
    }


def _step(system: System, edge: Edge, graph: StateGraph) -> dict[str, Json]:
    json = step_json(system, edge.step, graph.states[edge.source], graph.states[edge.target])
    assert isinstance(json, dict)
    return json
