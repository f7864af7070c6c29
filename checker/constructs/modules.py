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
    before = collector.has_errors
    plain = written_out(graph, collector)
    return None if collector.has_errors and not before else plain


def written_out(graph: ModuleGraph, collector: Collector) -> ModuleGraph:
    """Return the same files without constructs, and without what depends on one with a mistake.

    What is left can be looked at for more mistakes, but is not what the author means.
    """
    specifications = [module.specification for module in graph.modules]
    if not any(is_construct(decl) for each in specifications for decl in each.declarations):
        return graph
    from checker.constructs.lower import lower

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
    return ModuleGraph(done[id(graph.root)], tuple(done.values()))
