"""What the diagnostic codes K001-K099 mean, at the length that `k42 explain` shows.

A code is never used again for another mistake. Every `wrong` example produces its code, and every
`right` one no error at all; tests hold both. `checker.model` has the codes from K100 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """One kind of mistake.

    Attributes:
        code: `K` and three digits.
        title: a few words, lower case.
        explanation: why it is a mistake and what to do; plain text, empty lines between paragraphs.
        wrong: a whole specification that has the mistake; empty where none can show it.
        right: the same, put right.
    """

    code: str
    title: str
    explanation: str
    wrong: str
    right: str


_CHARACTERS: Final = (
    CodeInfo(
        "K001",
        "something unexpected",
        "The text makes sense up to this place and not beyond it. The message says what was found "
        "and what could have stood there. Often the real mistake stands a little before: a missing "
        "comma, operator or bracket.",
        "spec example\nenum Phase { forward block }\n",
        "spec example\nenum Phase { forward, block }\n",
    ),
    CodeInfo(
        "K002",
        "a character that the language does not use",
        "Specifications are written with letters, digits, blanks and the signs of the language "
        "reference. Mathematical signs have a spelling in plain characters. Comments and strings "
        "may hold any character.",
        "spec example\nconst N = 3\nassume N ≥ 2\n",
        "spec example\nconst N = 3\nassume N >= 2\n",
    ),
    CodeInfo(
        "K003",
        "a string that is not closed",
        'A string ends with `"` on the line where it begins. Write \\" for the sign itself and \\n '
        "for a line end.",
        'spec example\nimport "locks/spin.k42 as Lock\n',
        'spec example\nprocess main { assert true, "always" }\n',
    ),
    CodeInfo(
        "K004",
        "not a number",
        "Numbers are decimal. `_` may stand between digits. There are no hexadecimal numbers, no "
        "fractions and no units; a minus sign is an operator.",
        "spec example\nconst MASK = 0xFF\n",
        "spec example\nconst MASK = 255\n",
    ),
    CodeInfo(
        "K005",
        "a number that is too long",
        "A number has at most 100 digits. Every variable is finite, and its values are all "
        "searched, so that useful bounds are far smaller.",
        f"spec example\nconst N = {'9' * 101}\n",
        "spec example\nconst N = 9\n",
    ),
    CodeInfo(
        "K006",
        "nested too deep",
        "Brackets, statements and operators side by side make a tree that is at most 200 deep. "
        "Give parts of a long expression names with `function`, parts of long code with "
        "`procedure`, and a long conjunction several invariants.",
        "",
        "",
    ),
    CodeInfo(
        "K007",
        "a file that is too long",
        "A file has at most a million characters. Split it into modules and `import` them.",
        "",
        "",
    ),
    CodeInfo(
        "K008",
        "an escape that means nothing",
        'In a string, `\\` begins one of \\" \\\\ \\n \\t.',
        'spec example\nprocess main { assert true, "a \\q" }\n',
        'spec example\nprocess main { assert true, "a \\"q\\"" }\n',
    ),
)

_SIGNS: Final = (
    CodeInfo(
        "K010",
        "`=` where `:=` is meant",
        "`=` compares, as in mathematics. A statement assigns with `:=`.",
        "spec example\nprocess main {\n  var x: 0..3 = 0\n  x = 1\n}\n",
        "spec example\nprocess main {\n  var x: 0..3 = 0\n  x := 1\n}\n",
    ),
    CodeInfo(
        "K011",
        "`:=` where `=` is meant",
        "`:=` is the sign of a statement. A declaration gives its value with `=`, and `=` "
        "compares.",
        "spec example\nvar x: 0..3 := 0\n",
        "spec example\nvar x: 0..3 = 0\n",
    ),
    CodeInfo(
        "K012",
        "equality of another language",
        "Equality is written `=` and inequality `!=`.",
        "spec example\nvar x: 0..3 = 0\ninvariant small: x == 0\n",
        "spec example\nvar x: 0..3 = 0\ninvariant small: x = 0\n",
    ),
    CodeInfo(
        "K013",
        "`&&` or `||`",
        "The connectives are words: `and` and `or`. There are no operators on bits. In a set, what "
        "selects elements follows the word `where`.",
        "spec example\nvar a: bool = true\ninvariant both: a && a\n",
        "spec example\nvar a: bool = true\ninvariant both: a and a\n",
    ),
    CodeInfo(
        "K014",
        "`!` where `not` is meant",
        "Negation is written `not`. It binds looser than comparisons: `not a = b` is `not (a = "
        "b)`.",
        "spec example\nvar a: bool = false\ninvariant off: !a\n",
        "spec example\nvar a: bool = false\ninvariant off: not a\n",
    ),
    CodeInfo(
        "K015",
        "a semicolon",
        "Statements are not separated by a sign: one ends where the next begins. Usually each "
        "stands on a line of its own.",
        "spec example\nvar x: 0..3 = 0\nprocess main { x := 1; }\n",
        "spec example\nvar x: 0..3 = 0\nprocess main { x := 1 }\n",
    ),
    CodeInfo(
        "K016",
        "an assignment with an operator",
        "There is no `+=`, `++`, `--` or their like, since they would hide that a variable is "
        "read and then written: two accesses, between which others may act. If the machine does it "
        "in one, write `fetch_add(x, 1)`.",
        "spec example\nvar x: 0..3 = 0\naction bump() requires x < 3 { x += 1 }\n",
        "spec example\nvar x: 0..3 = 0\naction bump() requires x < 3 { x := x + 1 }\n",
    ),
    CodeInfo(
        "K017",
        "a comment in `/*` and `*/`",
        "Comments begin with `//` and end with the line. Lines that begin with `///` document the "
        "declaration that follows.",
        "spec example\n/* the machine */\nprocessors Cpu\n",
        "spec example\n// the machine\nprocessors Cpu\n",
    ),
    CodeInfo(
        "K018",
        "a `for` that counts",
        "`for` goes through all values of a type or all elements of a set: integers in ascending "
        "order, interchangeable elements in any order. What else repeats is `while` or `loop`.",
        "spec example\nprocess main {\n  for i = 0 to 2 { skip }\n}\n",
        "spec example\nprocess main {\n  for i in 0..2 { skip }\n}\n",
    ),
    CodeInfo(
        "K019",
        "a bracket that is not closed",
        "The file, or a declaration, ends inside of a bracket. The message points at the innermost "
        "bracket that is still open, and at the first closing one whose line is indented otherwise "
        "than the line it closes: the missing one usually belongs near that.",
        "spec example\nprocess main {\n  loop {\n    skip\n}\n",
        "spec example\nprocess main {\n  loop {\n    skip\n  }\n}\n",
    ),
    CodeInfo(
        "K023",
        "a closing bracket without its opening one",
        "Every `)`, `]` and `}` closes the innermost `(`, `[` or `{` that is still open.",
        "spec example\nvar x: 0..3 = 0\ninvariant small: (x + 1] < 5\n",
        "spec example\nvar x: 0..3 = 0\ninvariant small: (x + 1) < 5\n",
    ),
    CodeInfo(
        "K027",
        "a blank after the dot of a member",
        "`Lock.tail` has no blank after its dot. A dot with a blank after it ends the binder of a "
        "quantifier, as in `forall c: Cpu. waiting[c]`.",
        "spec example\nobject Lock { var free: bool = true }\ninvariant open: Lock. free\n",
        "spec example\nobject Lock { var free: bool = true }\ninvariant open: Lock.free\n",
    ),
    CodeInfo(
        "K028",
        "no blank after the dot of a binder",
        "The dot between the binder of a quantifier and its body is followed by a blank. Without "
        "it the dot selects a member: `Cpu.p` is the member `p` of `Cpu`.",
        "spec example\nprocessors Cpu\nvar ready: [Cpu] bool = true\n"
        "invariant all_ready: forall c: Cpu.ready[c]\n",
        "spec example\nprocessors Cpu\nvar ready: [Cpu] bool = true\n"
        "invariant all_ready: forall c: Cpu. ready[c]\n",
    ),
    CodeInfo(
        "K042",
        "the wrong arrow",
        "`->` is implication. `=>` stands in a map only: `[x: T => e]` sends every `x` to `e`.",
        "spec example\nvar a: bool = false\ninvariant fine: a => a\n",
        "spec example\nvar a: bool = false\ninvariant fine: a -> a\n",
    ),
)

_WORDS: Final = (
    CodeInfo(
        "K024",
        "not a word of the language",
        "A declaration or statement begins with a word that the language does not know: it is "
        "misspelt, or a word of another language.",
        "spec example\nproces main { skip }\n",
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K025",
        "a word of the language as a name",
        "The words of the language cannot be names, so that no text has two readings. Add `_` or "
        "use another word.",
        "spec example\nvar count: 0..3 = 0\n",
        "spec example\nvar counter: 0..3 = 0\n",
    ),
    CodeInfo(
        "K044",
        "not a part of this construct",
        "Some words are known in one place only: `miss` in a clustered object, `on call` in a swap "
        "protocol, `swap` and `transfer` in a check.",
        "spec example\nprocessors Cpu\n"
        "interface Flag { var f: bool = false op lift() { f := true } }\n"
        "clustered object Plain implements Flag {\n  root { var f: bool = false }\n"
        "  first { skip }\n  method lift() { root.f := true }\n}\n",
        "spec example\nprocessors Cpu\n"
        "interface Flag { var f: bool = false op lift() { f := true } }\n"
        "clustered object Plain implements Flag {\n  root { var f: bool = false }\n"
        "  miss { root.f := false }\n  method lift() { root.f := true }\n}\n",
    ),
    CodeInfo(
        "K045",
        "a fairness that a refinement cannot have",
        "`refines` asks for the steps only; `fair refines` asks for the fairness of the other "
        "specification too, each kind as it is written there.",
        "spec example\nvar x: bool = false\nunfair refines Other with {\n  y = x\n}\n",
        "spec example\nvar x: bool = false\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K026",
        "a reserved word",
        "Some words are kept for constructs that this version does not have: channel, "
        "disable, enable, fence, quiescent and read_section. They cannot be names, so "
        "that what is written today means the same tomorrow.",
        "spec example\nvar fence: 0..3 = 0\n",
        "spec example\nvar wall: 0..3 = 0\n",
    ),
)

_EXPRESSIONS: Final = (
    CodeInfo(
        "K022",
        "a selection without plain names",
        "A set of selected elements names what it selects: `{x: T where p}`, `{x in s where p}`, "
        "or with an expression for the elements `{e for x: T where p}`.",
        "spec example\ntype Index = 0..3\ninvariant few: size({i + 1: Index where i > 1}) = 2\n",
        "spec example\ntype Index = 0..3\n"
        "invariant few: size({i + 1 for i: Index where i > 1}) = 2\n",
    ),
    CodeInfo(
        "K029",
        "comparisons in a row",
        "`a < b < c` is not read as two comparisons, nor `a = b = c`, nor `a <-> b <-> c`. Connect "
        "two comparisons with `and`, or say with parentheses which one is compared.",
        "spec example\nvar x: 0..9 = 5\ninvariant inside: 0 < x < 9\n",
        "spec example\nvar x: 0..9 = 5\ninvariant inside: 0 < x and x < 9\n",
    ),
    CodeInfo(
        "K031",
        "a quantifier with two binders",
        "A quantifier binds names of one type or set: `forall a, b: Cpu. ...`. For another type "
        "another quantifier follows: `forall a: Cpu. forall i: Index. ...`.",
        "spec example\ntype I = 0..3\ninvariant odd: forall a: I, b: bool. b or a < 4\n",
        "spec example\ntype I = 0..3\ninvariant odd: forall a: I. forall b: bool. b or not b\n",
    ),
    CodeInfo(
        "K037",
        "`not` as an operand",
        "`not` binds looser than comparisons and arithmetic, so that it cannot be their operand "
        "without parentheses.",
        "spec example\nvar a: bool = true\nvar b: bool = false\ninvariant apart: a = not b\n",
        "spec example\nvar a: bool = true\nvar b: bool = false\ninvariant apart: a = (not b)\n",
    ),
    CodeInfo(
        "K039",
        "an `if` without `else` in an expression",
        "Inside an expression, `if c then a else b` has a value in both cases. The statement `if` "
        "has braces and needs no `else`.",
        "spec example\nconst N = 3\nconst M = if N > 2 then 1\n",
        "spec example\nconst N = 3\nconst M = if N > 2 then 1 else 0\n",
    ),
)

_STATEMENTS: Final = (
    CodeInfo(
        "K030",
        "something after `return`",
        "`return` is the last statement of its block. What follows it would never run; and on the "
        "next line it would be taken for the returned value.",
        "spec example\nprocedure p(): bool {\n  return true\n  skip\n}\n",
        "spec example\nprocedure p(): bool {\n  skip\n  return true\n}\n",
    ),
    CodeInfo(
        "K032",
        "an expression as a statement",
        "An expression alone changes nothing. Assign its value, wait for it with `await`, claim it "
        "with `assert`; a call of a procedure is a statement.",
        "spec example\nvar x: 0..3 = 0\nprocess main {\n  x + 1\n}\n",
        "spec example\nvar x: 0..3 = 0\naction step_on() requires x < 3 {\n  x := x + 1\n}\n",
    ),
    CodeInfo(
        "K038",
        "a body without braces, or a value with them",
        "Statements have braces around their bodies, even around one statement, and no `then` or "
        "`do`. Inside an expression it is the other way round: `if c then a else b`.",
        "spec example\nvar busy: bool = true\nprocess main { if busy then busy := false }\n",
        "spec example\nvar busy: bool = true\nprocess main { if busy { busy := false } }\n",
    ),
    CodeInfo(
        "K043",
        "an expression that is not finished",
        "An expression goes on to the next line when a line ends in an operator or a comma, and so "
        "took the beginning of the next statement for its operand.",
        "spec example\nprocess main {\n  var x: 0..3 = 1\n  let y = 1 +\n  x := 2\n}\n",
        "spec example\nprocess main {\n  var x: 0..3 = 1\n  let y = 1\n  x := 2\n}\n",
    ),
)

_DECLARATIONS: Final = (
    CodeInfo(
        "K020",
        "an imported file without a name",
        "What a file declares is referred to through a name that the import gives: after "
        '`import "locks/spin.k42" as Lock` its members are `Lock.acquire` and so on. A dotted '
        "import has the last part of its name unless it says otherwise.",
        'spec example\nimport "locks/spin.k42"\n',
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K021",
        "a property without a name",
        "An invariant, a step property and a reachable state are reported by their names.",
        "spec example\nvar x: 0..3 = 0\ninvariant x < 3\n",
        "spec example\nvar x: 0..3 = 0\ninvariant small: x < 3\n",
    ),
    CodeInfo(
        "K033",
        "a statement outside of code",
        "Statements stand in procedures, actions and processes. What a variable is at the "
        "beginning is said by its declaration, or by `initially`.",
        "spec example\nvar x: 0..3 = 0\nx := 1\n",
        "spec example\nvar x: 0..3 = 1\n",
    ),
    CodeInfo(
        "K034",
        "no parameter list",
        "Procedures, functions and actions have a parameter list, even if it is empty.",
        "spec example\nvar x: 0..3 = 0\naction reset requires x > 0 { x := 0 }\n",
        "spec example\nvar x: 0..3 = 0\naction reset() requires x > 0 { x := 0 }\n",
    ),
    CodeInfo(
        "K035",
        "no `spec` line, or two",
        "A file is one specification. Its first line is `spec` and a name; comments may stand "
        "before it.",
        "var x: 0..3 = 0\n",
        "spec example\nvar x: 0..3 = 0\n",
    ),
    CodeInfo(
        "K036",
        "not part of an object",
        "An object holds variables, procedures, functions, actions and properties. Constants, "
        "types, sorts, processes and imports stand beside it.",
        "spec example\nobject Lock {\n  const N = 3\n  var owner: 0..3 = 0\n}\n",
        "spec example\nconst N = 3\nobject Lock {\n  var owner: 0..N = 0\n}\n",
    ),
    CodeInfo(
        "K040",
        "a variable without a type",
        "The type of a state variable says which values are searched, so it is always written. "
        "Only a local of stepwise code may leave it to its first value.",
        "spec example\nvar x = 0\n",
        "spec example\nvar x: 0..3 = 0\n",
    ),
    CodeInfo(
        "K041",
        "an array type of another language",
        "A map type has the type of its index first: `[K] V` has a `V` for every `K`.",
        "spec example\nvar slots: bool[4] = false\n",
        "spec example\nvar slots: [0..3] bool = false\n",
    ),
)

_MODULES: Final = (
    CodeInfo(
        "K050",
        "no such file",
        "A file that was named on the command line or in an import does not exist. An import in "
        "quotes is relative to the importing file.",
        'spec example\nimport "no/such/file.k42" as Lock\n',
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K051",
        "a file that cannot be read",
        "It is a folder, or the operating system does not let it be read.",
        'spec example\nimport "." as Lock\n',
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K052",
        "not UTF-8",
        "Specifications are UTF-8 text, with or without a byte order mark. The message names the "
        "first byte that is not.",
        "",
        "",
    ),
    CodeInfo(
        "K053",
        "no such module",
        "A dotted name is looked up below the folder of the importing file and then in the "
        "library: `locks.mcs` is the file `locks/mcs.k42`. The notes say where it was looked for.",
        "spec example\nimport no.such.module\n",
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K054",
        "imports in a circle",
        "A module cannot import itself, not even through others. Move what both need into a module "
        "of its own, or make it a parameter: a constant or sort without a value is given by the "
        "importer.",
        'spec example\nimport "example.k42" as Myself\n',
        "spec example\nprocess main { skip }\n",
    ),
    CodeInfo(
        "K055",
        "imports nested too deep",
        "A chain of imports has at most 100 files.",
        "",
        "",
    ),
)

SYNTAX_CODES: Final[tuple[CodeInfo, ...]] = tuple(
    sorted(
        (
            *_CHARACTERS,
            *_SIGNS,
            *_WORDS,
            *_EXPRESSIONS,
            *_STATEMENTS,
            *_DECLARATIONS,
            *_MODULES,
        ),
        key=lambda info: info.code,
    )
)
