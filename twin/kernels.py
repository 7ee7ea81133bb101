"""How loops are compiled: once, here, for the whole project.

``nogil`` lets shards run side by side on threads, ``cache`` keeps a compiled kernel for the next run. ``fastmath`` stays
off: it reorders floating-point sums, and then the answer depends on the machine. ``error_model="numpy"`` lets a division
by zero give an infinity that a kernel can test, instead of a branch at every division. ``forceinline`` melts the small
kernels into the loops that call them. ``_nrt=False`` compiles without reference counts: a kernel may not allocate, and a
table of arrays handed from kernel to kernel costs nothing, where counting took six sevenths of the time.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

CACHE_LINE = 64

_compile: Any = njit(  # type: ignore[call-overload]
    cache=True, nogil=True, error_model="numpy", fastmath=False, _nrt=False, forceinline=True
)


def _digest_of_sources() -> str:
    """Return a hash of every file that a compiled kernel may hold a piece of."""
    house = Path(__file__).parent
    rooms = (house / "engine", house / "tables", house)
    roads = [house / "network" / name for name in ("blocks.py", "trees.py")]
    files = [*roads, *(path for room in rooms for path in room.glob("*.py"))]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()


SOURCES = _digest_of_sources()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a loop, or a piece of one.

    A kernel on disk counts as stale as soon as any kernel's source has changed. Numba looks at the function's own file
    only, and would go on running the former version of what the function calls.
    """
    dispatcher = _compile(function)
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = SOURCES
    return dispatcher


def prefetch(table: Any, row: Any, n_lines: int = 1) -> None:
    """Ask for a row that will soon be read, so that its journey from memory overlaps with work; changes nothing.

    The rows of those who are due lie scattered over more memory than any cache holds, and waiting for them one by one is
    half the time of a run.

    Parameters
    ----------
    table : ndarray of records or of numbers
        As `twin.tables.columns.rows` makes them.
    row : int
        Within the table.
    n_lines : int
        Cache lines of 64 bytes to ask for, from the row's first byte on; a literal.
    """


@intrinsic
def _ask_for_line(_context: Any, table: Any, row: Any, line: Any) -> Any:
    """Emit LLVM's prefetch of a cache line of a row: to be read, kept near, data."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = cgutils.get_item_pointer(context, builder, signature.args[0], array, [arguments[1]], wraparound=False)
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        address = builder.gep(builder.bitcast(start, byte), [builder.mul(arguments[2], ir.IntType(64)(CACHE_LINE))])
        shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
        builder.call(ask, [address, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(table, types.intp, types.intp), emit


@overload(prefetch)
def _prefetch(table: Any, row: Any, n_lines: int = 1) -> Any:
    """Compile `prefetch`; as plain Python it does nothing."""

    def ask(table: Any, row: Any, n_lines: int = 1) -> None:
        for line in range(n_lines):
            _ask_for_line(table, row, line)  # type: ignore[call-arg]

    return ask
