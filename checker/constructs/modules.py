"""The constructs of a file and of all that it imports, written out.

What writes them out is imported only when there is something to write out.
"""

from __future__ import annotations

from dataclasses import replace

from checker.constructs.kinds import is_construct
from grammar.diagnostics import Collector
from grammar.modules import Import, Module, ModuleGraph


def without_constructs(graph: ModuleGraph, collector: Collector) -> ModuleGraph | None:
    """Return the same files without constructs.

    Returns:
        None after adding at least one error to `collector`.
    """
    specifications = [module.specification for module in graph.modules]
    if not any(is_construct(decl) for each in specifications for decl in each.declarations):
        return graph
    from checker.constructs.lower import lower

    before = collector.has_errors
    done: dict[int, Module] = {}
    for module in graph.modules:
        imported = {
            each.declaration.alias.text: each.module.specification for each in module.imports
        }
        done[id(module)] = replace(
            module,
            specification=lower(module.specification, imported, collector),
            imports=tuple(Import(e.declaration, done[id(e.module)]) for e in module.imports),
        )
    if collector.has_errors and not before:
        return None
    return ModuleGraph(done[id(graph.root)], tuple(done.values()))
