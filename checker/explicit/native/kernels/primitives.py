"""What Numba has no words for: calls through addresses, prefetch, compare-and-swap, whole lines.

Only imported when kernels are compiled; others know the names, from `intrinsics`.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # an intrinsic takes its arguments by position, Numba has no other way

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_I1, _I8, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
_LINE = ir.VectorType(_I64, 8)
_NO_LINE = ir.Constant(_LINE, ir.Undefined)


def _call(result, count, *, void):
    """Return an intrinsic's parts that call the function at an address with `count` addresses."""
    arguments = [types.int64] * (count + 1)
    signature = (types.void if void else result)(*arguments)

    def generate(context, builder, _, args):
        returned = ir.VoidType() if void else _I64
        of = ir.FunctionType(returned, [_I64] * count)
        value = builder.call(builder.inttoptr(args[0], of.as_pointer()), args[1:])
        return context.get_dummy_value() if void else value

    return signature, generate


@intrinsic
def call_expand(
    _, address, states, count, begin, safe, limit, counters, marks, flags, scratch, info, ends
):
    """Call `expand` of the system's module; pointers are passed as numbers."""
    return _call(types.int64, 11, void=False)


@intrinsic
def call_inspect(_, address, states, count, flags, marks, wanted, info):
    """Call `inspect` of the system's module."""
    return _call(types.int64, 6, void=True)


@intrinsic
def call_convert(_, address, source, count, target):
    """Call `gather` or `scatter` of the system's module."""
    return _call(types.int64, 3, void=True)


@intrinsic
def call_step(_, address, states, ends, count, level, before, keys, places, room, halves, changes):
    """Call `step` of the system's module."""
    return _call(types.int64, 10, void=False)


@intrinsic
def prefetch(_, array, index):
    """Request the cache line of an element."""
    signature = types.void(array, types.int64)

    def generate(context, builder, given, args):
        pointer = builder.bitcast(_element(context, builder, given, args), _I8.as_pointer())
        of = ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, of, "llvm.prefetch.p0")
        builder.call(function, [pointer, *(ir.Constant(_I32, flag) for flag in (0, 3, 1))])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def word(_, array, index):
    """Return an element; indices from the end, for which Numba looks out, are not meant."""

    def generate(context, builder, given, args):
        return builder.load(_element(context, builder, given, args))

    return types.uint64(array, types.int64), generate


@intrinsic
def compare_and_swap(_, array, index, old, new):
    """Put `new` where `old` is, and return what was there."""
    signature = types.uint64(array, types.int64, types.uint64, types.uint64)

    def generate(context, builder, given, args):
        pointer = _element(context, builder, given, args)
        swapped = builder.cmpxchg(pointer, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(swapped, 0)

    return signature, generate


@intrinsic
def look_at_line(_, array, index, key, mask):
    """Compare a line of eight words, from a multiple of eight on, with a key.

    Returns:
        two sets of bits: words whose bits in `mask` are those of the key, and words that are zero.
    """
    signature = types.UniTuple(types.int64, 2)(array, types.int64, types.uint64, types.uint64)

    def generate(context, builder, given, args):
        pointer = _element(context, builder, given, args)
        line = builder.load(builder.bitcast(pointer, _LINE.as_pointer()), align=64)
        masked = builder.and_(line, _splat(builder, args[3]))
        same = builder.icmp_unsigned("==", masked, _splat(builder, args[2]))
        free = builder.icmp_unsigned("==", line, ir.Constant(_LINE, [0] * 8))
        bits = [builder.zext(builder.bitcast(each, _I8), _I64) for each in (same, free)]
        return context.make_tuple(builder, given.return_type, bits)

    return signature, generate


@intrinsic
def lowest(_, bits):
    """Return the number of the lowest bit of a set that is not empty."""

    def generate(_context, builder, _given, args):
        return builder.cttz(args[0], ir.Constant(_I1, 1))

    return types.int64(types.int64), generate


def _element(context, builder, given, args):
    array = context.make_array(given.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


def _splat(builder, word):
    first = builder.insert_element(_NO_LINE, word, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, _NO_LINE, ir.Constant(ir.VectorType(_I32, 8), [0] * 8))
