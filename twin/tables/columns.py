"""The machinery of the tables: a column is declared once, on the field that holds it.

A table is a ``NamedTuple`` of numpy arrays, one field a column, so that kernels take it as it is. The unit and the
meaning ride along as annotations; Arrow schemas and the data dictionary are read from them.
"""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, cast, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pyarrow as pa

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
STR = NDArray[np.object_]

__all__ = ["F32", "F64", "I16", "I32", "I64", "STR", "U8", "U16", "U32", "Annotated", "Column", "Field"]


class Field(NamedTuple):
    """What the annotation of a column says.

    Attributes
    ----------
    unit : str
        Unit as written in reports; ``"-"`` for a pure number.
    meaning : str
        One line for the data dictionary.
    """

    unit: str
    meaning: str


class Column(NamedTuple):
    """A declared column: its name, dtype, unit and meaning."""

    name: str
    dtype: np.dtype[Any]
    unit: str
    meaning: str


T = TypeVar("T")

CACHE_LINE = 64


def columns(table: type) -> tuple[Column, ...]:
    """Return the columns that a table declares, in order.

    Parameters
    ----------
    table : type
        A ``NamedTuple`` whose fields are ``Annotated[NDArray[...], Field(unit, meaning)]``.
    """
    return _columns(cast("Hashable", table))


@cache
def _columns(table: Any) -> tuple[Column, ...]:
    """Read the annotations, once: tables are made by the window."""
    found = []
    for name, hint in get_type_hints(table, include_extras=True).items():
        array, field = get_args(hint)[:2]
        dtype = np.dtype(get_args(get_args(array)[1])[0])
        found.append(Column(name, dtype, field.unit, field.meaning))
    return tuple(found)


def empty(table: type[T], n_rows: int) -> T:
    """Return a table of `n_rows` zero rows."""
    return table(*(np.zeros(n_rows, column.dtype) for column in columns(table)))


def rows(table: type[T], n_rows: int) -> T:
    """Return a table of `n_rows` zero rows that lie one behind the other in memory, as a numpy record array.

    Its columns read and write as those of the `NamedTuple` do (``table.soc[row]``). A row touched at random costs one or
    two cache lines instead of one a column, and a kernel gets one argument instead of one a column.
    """
    return cast("T", _aligned(np.dtype([(column.name, column.dtype) for column in columns(table)], align=True), n_rows))


def like(array: np.ndarray, n_rows: int) -> np.ndarray:
    """Return zero rows of the kind of those in an array, a plain one or one of `rows`."""
    if array.dtype.names is None:
        return np.zeros((n_rows, *array.shape[1:]), array.dtype)
    return _aligned(array.dtype, n_rows)


def _aligned(dtype: np.dtype[Any], n_rows: int) -> np.ndarray:
    # Rows begin at a cache line, so that a row of 64 or 128 bytes takes one line or two, not one more.
    memory = np.zeros(n_rows * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + n_rows * dtype.itemsize].view(dtype).view(np.recarray)


def to_rows(columnar: T) -> T:
    """Return a copy of a table of arrays as a record array, see `rows`."""
    arrays = cast("tuple[Any, ...]", columnar)
    table = rows(type(columnar), len(arrays[0]))
    for column, values in zip(columns(type(columnar)), arrays, strict=True):
        getattr(table, column.name)[:] = values
    return table


def arrow_schema(table: type) -> "pa.Schema":
    """Return the Arrow schema of a table; unit and meaning become field metadata."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field(
                column.name,
                pa.string() if column.dtype == object else pa.from_numpy_dtype(column.dtype),
                metadata={"unit": column.unit, "meaning": column.meaning},
            )
            for column in columns(table)
        ]
    )


def to_arrow(table: Any) -> "pa.Table":
    """Return a table of arrays as an Arrow table with its declared schema.

    NaN in a float column becomes null: the files say "not measured" rather than a number.
    """
    import pyarrow as pa

    schema = arrow_schema(type(table))
    arrays = [pa.array(values, type=field.type, from_pandas=True) for values, field in zip(table, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
