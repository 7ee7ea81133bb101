"""Numbers and texts, compressed, as one line of text that the page unpacks in the browser."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["clipped", "front_coded", "pack_arrays", "pack_bytes"]

LEVEL = 9
MOST_SHARED = 200
FIRST_SIGN = 48
"""A line of front-coded text begins with the sign of this code plus the number of signs it shares."""


def pack_bytes(content: bytes) -> str:
    """Compress (zlib) and write in base 64; the same bytes give the same text."""
    return base64.b64encode(zlib.compress(content, LEVEL)).decode("ascii")


def pack_arrays(arrays: Mapping[str, NDArray[Any]], names: Sequence[str] = ()) -> str:
    """Pack unsigned integers of one, two or four bytes, each array byte by byte of its values, and a list of texts.

    The first line is a JSON list of ``[name, bytes per value, number of values]``; texts come last.

    Parameters
    ----------
    arrays : mapping of str to ndarray of uint8, uint16 or uint32
        By the name under which the page asks for them.
    names : sequence of str
        Texts, front-coded.
    """
    head = [[name, values.dtype.itemsize, values.size] for name, values in arrays.items()]
    parts = [json.dumps(head, separators=(",", ":")).encode(), b"\n"]
    for values in arrays.values():
        planes = np.ascontiguousarray(values.ravel()).astype(values.dtype.newbyteorder("<")).view(np.uint8)
        parts.append(planes.reshape(values.size, values.dtype.itemsize).T.tobytes())
    parts.append(front_coded(names).encode())
    return pack_bytes(b"".join(parts))


def front_coded(names: Sequence[str]) -> str:
    """Write texts a line each, every one without the beginning that it shares with the one before."""
    lines, before = [], ""
    # Browsers count signs beyond the basic plane twice; where there are any, nothing is shared.
    most = 0 if max(map(max, filter(None, names)), default="") > "\uffff" else MOST_SHARED
    for text in names:
        name = text.replace("\n", " ")
        n_shared = min(n_alike(before, name), most)
        lines.append(chr(FIRST_SIGN + n_shared) + name[n_shared:])
        before = name
    return "\n".join(lines)


def n_alike(one: str, other: str) -> int:
    """Return how many signs two texts have in common at their beginning."""
    if other.startswith(one):
        return len(one)
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def clipped(values: NDArray[Any], kind: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    """Round to whole numbers that an unsigned type holds; NaN becomes 0."""
    whole: NDArray[Any] = np.clip(np.round(np.nan_to_num(values)), 0, np.iinfo(kind).max).astype(kind)
    return whole
