"""A folder for the states of a system: `folder_for`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.explicit.native.compiler import compile_folding, has_compression
from checker.explicit.native.division import division
from checker.explicit.native.folder import Folder
from checker.explicit.native.halves import folding_text, halves
from checker.explicit.native.walks import random_steps

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.native.memory import Array
    from checker.explicit.native.worker import Worker
    from checker.model.system import System


def folder_for(
    system: System, layout: Layout, words: int, worker: Worker, initial: Array
) -> Folder:
    """Learn how states of several words are folded well, and compile that.

    Args:
        worker: goes at random; it is good for nothing else then.
        initial: at least one state.
    """
    of = halves(division(system, layout, *random_steps(worker, initial)))
    code = compile_folding(folding_text(of, words, compresses=has_compression()))
    return Folder(words, len(of[0]), code)
