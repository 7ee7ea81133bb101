"""The manifest of a run: what went in, what came out, and what it cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
"""Version of the run folder's layout; raised when a reader of the former one would misread it."""


def canonical_json(obj: Any) -> str:
    """Return an object as JSON that depends on its content alone.

    Keys are sorted, numpy scalars and arrays become plain numbers and lists, the text ends in a line feed.

    Raises
    ------
    ValueError
        If a number is NaN or infinite: JSON has no word for them.
    """
    return json.dumps(obj, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"manifest: {type(value).__name__} has no JSON form; pass numbers, texts, lists or dicts")


def build_manifest(
    config_resolved: Mapping[str, Any],
    config_hash: str,
    *,
    scenario: str,
    seed: int,
    versions: Mapping[str, str],
    inputs: Sequence[Mapping[str, str]],
    wall_s: float,
    peak_memory_bytes: int,
    machine: Mapping[str, Any],
    audit_verdict: str,
    counts: Mapping[str, int],
    bytes_written: int,
    vehicle_class_names: Sequence[str],
    **more: Any,
) -> dict[str, Any]:
    """Put the manifest of a run together.

    Parameters
    ----------
    config_resolved : mapping
        Every setting, defaults included.
    config_hash : str
        Hash of the resolved config.
    scenario : str
        Its name.
    seed : int
        Seed of every draw.
    versions : mapping of str to str
        Versions of the twin and of the libraries that compute.
    inputs : sequence of mappings
        ``name``, ``sha256`` and ``licence`` of every table read, see `input_hashes`.
    wall_s : float
        Wall time of the run, s.
    peak_memory_bytes : int
        Largest resident memory of all its processes.
    machine : mapping
        Cores, memory and so on.
    audit_verdict : str
        As in ``audit.json``.
    counts : mapping of str to int
        Run-wide counts.
    bytes_written : int
        Size of the tables.
    vehicle_class_names : sequence of str
        Name of each row of the vehicle classes, to read ``sessions/`` by.
    **more
        Further entries (``first_day``, ``n_workers`` ...) at the top level.
    """
    return {
        **more,
        "format": FORMAT,
        "scenario": scenario,
        "config": dict(config_resolved),
        "config_hash": config_hash,
        "seed": int(seed),
        "versions": dict(versions),
        "inputs": [dict(entry) for entry in sorted(inputs, key=lambda entry: entry["name"])],
        "wall_s": round(float(wall_s), 3),
        "peak_memory_bytes": int(peak_memory_bytes),
        "machine": dict(machine),
        "audit": audit_verdict,
        "counts": {name: int(count) for name, count in counts.items()},
        "bytes_written": int(bytes_written),
        "vehicle_class_names": list(vehicle_class_names),
    }


def input_hashes(folder: Path | None = None) -> list[dict[str, str]]:
    """Return name, sha256 and licence of every seed table.

    Parameters
    ----------
    folder : Path, optional
        Folder of the seeds; the packaged ones by default.

    Returns
    -------
    list of dict
        ``name``, ``sha256``, ``licence``, sorted by name; tables without a file are left out.
    """
    from twin.tables.seeds import SEED_TABLES, folder_of_seeds

    folder = folder_of_seeds() if folder is None else Path(folder)
    return [
        {"name": name, "sha256": hash_file(folder / f"{name}.csv"), "licence": SEED_TABLES[name].licence}
        for name in sorted(SEED_TABLES)
        if (folder / f"{name}.csv").is_file()
    ]


def hash_file(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
