"""What an agent remembers, as arrays and plain values, so that a run can go on where it stopped."""

from __future__ import annotations

from typing import Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from twin.errors import EngineError

__all__ = ["memory_of", "remind"]

OF_MESA = ("model", "unique_id", "pos")


def memory_of(agent: mesa.Agent) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the attributes of an agent: (arrays, plain values).

    Raises
    ------
    EngineError
        If an attribute is neither an array of numbers nor made of numbers, texts, lists and dicts.
    """
    arrays, values = {}, {}
    for name, value in vars(agent).items():
        if name in OF_MESA:
            continue
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            arrays[name] = value
        else:
            values[name] = _plain(value, f"{type(agent).__name__}.{name}")
    return arrays, values


def remind(agent: mesa.Agent, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
    """Give an agent back what `memory_of` returned; arrays of like form are filled: others may look at them."""
    for name, kept in arrays.items():
        held = getattr(agent, name, None)
        if isinstance(held, np.ndarray) and held.flags.writeable and (held.shape, held.dtype) == (kept.shape, kept.dtype):
            held[...] = kept
        else:
            setattr(agent, name, kept)
    vars(agent).update(values)


def _plain(value: Any, where: str) -> Any:
    """Return a value as JSON will give it back; numbers of numpy become those of Python, which are the same."""
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, where) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise EngineError(
        f"{where}: found a {type(value).__name__}, which a checkpoint cannot keep; hold arrays, numbers, texts, lists or "
        "dicts with text keys, or run without checkpoints"
    )
