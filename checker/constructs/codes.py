"""What the diagnostic codes K180-K189 mean: interfaces, clusters, swaps, checks, channels."""

from __future__ import annotations

from textwrap import dedent
from typing import Final

from grammar.codes import CodeInfo

_FLAG: Final = """
processors Cpu[2]
interface Flag {
  var is_up: bool = false
  op lift() { is_up := true }
}
"""
_PLAIN: Final = """
clustered object Plain implements Flag {
  root { var is_up: bool = false }
  method lift() { root.is_up := true }
  represents is_up = root.is_up
}
"""
_SPREAD: Final = """
clustered object Spread implements Flag {
  rep { var is_up: bool = false }
  method lift() { rep.is_up := true }
  represents is_up = exists c: Cpu. rep[c].is_up
}
"""
_AT_ONCE: Final = """
swap protocol AtOnce(source, target) {
  var has_moved: bool = false
  on call {
    if has_moved { perform(target) } else { perform(source) }
  }
  procedure run() {
    transfer()
    has_moved := true
  }
}
"""


def _code(code: str, title: str, explanation: str, *, wrong: str, right: str) -> CodeInfo:
    wrong, right = (f"spec example\n{dedent(text).strip()}\n" for text in (wrong, right))
    return CodeInfo(code, title, " ".join(explanation.split()), wrong, right)


CONSTRUCT_CODES: Final[tuple[CodeInfo, ...]] = (
    _code(
        "K180",
        "a variable of an interface without one first value",
        """An interface is a sequential object. It begins in one state, so that each of its
        variables has a value to begin with, and none is a ghost.""",
        wrong="interface Flag {\n  var is_up: bool\n  op lift() { is_up := true }\n}",
        right="interface Flag {\n  var is_up: bool = false\n  op lift() { is_up := true }\n}",
    ),
    _code(
        "K181",
        "a name that an operation has already",
        """In an operation, parameters and the variables of quantifiers are called differently from
        the variables of the interface, so that no name has two meanings.""",
        wrong="""
        interface Count {
          var n: 0..3 = 0
          op put(n: 0..3) { skip }
        }
        """,
        right="""
        interface Count {
          var n: 0..3 = 0
          op put(value: 0..3) { n := value }
        }
        """,
    ),
    _code(
        "K182",
        "not an operation",
        """An operation says what a call does as if it were done in one step: it assigns variables
        of its interface, branches on what it sees, and returns a value on every way if it returns
        one. It does not wait, choose, loop or call.""",
        wrong="""
        interface Lock {
          var is_held: bool = false
          op acquire() {
            await not is_held
            is_held := true
          }
        }
        """,
        right="""
        interface Lock {
          var is_held: bool = false
          op try_acquire(): bool {
            if is_held { return false }
            is_held := true
            return true
          }
        }
        """,
    ),
    _code(
        "K183",
        "a clustered object that does not fit its interface",
        """A clustered object has a method for each operation of its interface, with the same
        parameters and result, and no other methods; procedures are its own. It lives on the
        processors of the specification, or on those named after `on`.""",
        wrong=f"""{_FLAG}
clustered object Plain implements Flag {{
  root {{ var is_up: bool = false }}
  method raise() {{ root.is_up := true }}
}}
""",
        right=_FLAG + _PLAIN,
    ),
    _code(
        "K184",
        "a representative of nobody",
        """In a method `rep.x` is the variable of the representative of the processor that runs the
        method. Where no processor runs, as in `represents`, it must be said whose it is:
        `rep[c].x`. A representative begins with one value; what depends on the first call belongs
        into `miss`.""",
        wrong=f"""{_FLAG}
clustered object Spread implements Flag {{
  rep {{ var is_up: bool = false }}
  method lift() {{ rep.is_up := true }}
  represents is_up = rep.is_up
}}
""",
        right=_FLAG + _SPREAD,
    ),
    _code(
        "K185",
        "a check that is not understood",
        """A specification has one check, of a clustered object or of a swap, with the settings
        `clients` and `calls`, and for a swap `recursive`.""",
        wrong=f"{_FLAG}{_PLAIN}check Plain {{ threads = 2 }}\n",
        right=f"{_FLAG}{_PLAIN}check Plain {{ clients = 2 }}\n",
    ),
    _code(
        "K186",
        "a swap that does not fit",
        """What is swapped implements one interface and says what it represents, so that it can be
        seen whether the state was preserved. There is one `transfer` for each arrow.""",
        wrong=f"""{_FLAG}{_PLAIN}{_SPREAD}{_AT_ONCE}
check swap AtOnce: Plain -> Spread {{ clients = 1 }}
""",
        right=f"""{_FLAG}{_PLAIN}{_SPREAD}{_AT_ONCE}
check swap AtOnce: Plain -> Spread {{
  transfer {{
    for c in Cpu {{ Spread.rep[c].is_up := Plain.root.is_up }}
  }}
  clients = 1
}}
""",
    ),
    _code(
        "K187",
        "not a swap protocol",
        """A swap protocol has one `on call`, which carries the call out by `perform` in one of its
        two objects, and a procedure `run` that swaps.""",
        wrong="""
        swap protocol Never(source, target) {
          procedure run() { skip }
        }
        """,
        right="""
        swap protocol Never(source, target) {
          on call { perform(source) }
          procedure run() { skip }
        }
        """,
    ),
    _code(
        "K188",
        "a channel that does what no channel does",
        """After the type of its messages stands what a channel does to them by itself: it `loses`,
        `duplicates` or `reorders` them, each at most as often as `<=` says.""",
        wrong="channel wire[2]: bool looses\nprocess main { wire.send(true) }",
        right="channel wire[2]: bool loses\nprocess main { wire.send(true) }",
    ),
)
