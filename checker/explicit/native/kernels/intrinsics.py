"""Names of what Numba has no words for; how each is written is in `primitives`.

That is imported only when kernels are compiled, for it loads Numba.
"""

from __future__ import annotations

from typing import Any, Final

from checker.explicit.native.kernels.jit import Intrinsic

call_convert: Final[Any] = Intrinsic("call_convert")
call_expand: Final[Any] = Intrinsic("call_expand")
call_inspect: Final[Any] = Intrinsic("call_inspect")
call_step: Final[Any] = Intrinsic("call_step")
compare_and_swap: Final[Any] = Intrinsic("compare_and_swap")
look_at_line: Final[Any] = Intrinsic("look_at_line")
lowest: Final[Any] = Intrinsic("lowest")
prefetch: Final[Any] = Intrinsic("prefetch")
word: Final[Any] = Intrinsic("word")
