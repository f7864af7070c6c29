"""Which declarations are constructs."""

from __future__ import annotations

from grammar import syntax


def is_construct(decl: syntax.Decl) -> bool:
    """Tell whether a declaration is one that has to be written out."""
    match decl:
        case (
            syntax.InterfaceDecl()
            | syntax.ClusterDecl()
            | syntax.ProtocolDecl()
            | syntax.CheckDecl()
            | syntax.ChannelDecl()
        ):
            return True
        case _:
            return False
