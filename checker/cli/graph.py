"""`k42 graph`: the reachable states and the steps between them, for pictures and other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    mistake,
    parse_settings,
    parser_for,
    positive,
)
from checker.cli.console import write_err, write_result
from checker.cli.session import open_system
from checker.model.verdict import EXIT_HOLDS

if TYPE_CHECKING:
    import argparse

    from checker.explicit.graph import StateGraph

SUMMARY = "write the graph of reachable states"
EPILOG = """\
examples:
  k42 graph lock.k42 -c Cpu=2 | dot -Tsvg > lock.svg
  k42 graph lock.k42 --format graphml -o lock.graphml

A picture is readable up to some hundred states. A graph that was cut at --max-states says so on
stderr, and marks the states whose steps are missing.
"""
DEFAULT_MAX_STATES = 2_000


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("graph", SUMMARY, EPILOG)
    result.add_argument("spec", metavar="SPEC", help="the specification")
    add_settings(result)
    result.add_argument("--format", choices=("dot", "graphml", "json"), default="dot")
    result.add_argument("-o", "--output", metavar="FILE", help="write to FILE instead of stdout")
    result.add_argument(
        "--max-states",
        type=positive,
        default=DEFAULT_MAX_STATES,
        metavar="N",
        help=f"stop after about N states (default {DEFAULT_MAX_STATES:,})",
    )
    return result


def run(arguments: argparse.Namespace) -> int:
    """Write the graph."""
    from checker.explicit.graph import state_graph

    system = open_system(arguments.spec, parse_settings(arguments.settings))
    graph = state_graph(system, arguments.max_states)
    if not graph.states:
        raise mistake("K309", f"`{arguments.spec}` has no initial state")
    write_result(_text(graph, arguments.format), arguments.output)
    if not graph.is_complete:
        count = len(graph.states)
        write_err(f"cut at {count:,} states (--max-states); there are more\n")
    return EXIT_HOLDS


def _text(graph: StateGraph, form: str) -> str:
    from checker.report.json_doc import dump
    from checker.report.state_graph import graph_json, to_dot, to_graphml

    match form:
        case "graphml":
            return to_graphml(graph)
        case "json":
            return dump(graph_json(graph))
        case _:
            return to_dot(graph)
