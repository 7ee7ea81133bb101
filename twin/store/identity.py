"""What a result depends on: settings, tables, code and libraries, and how two runs differ in them."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twin.store.manifest import hash_file, input_hashes

LIBRARIES = ("numpy", "numba", "scipy", "pyarrow", "mesa")
CHANGES_NOTHING = ("compute",)
"""Sections of the configuration that no result depends on."""
NAMES_FILES = ("source", "file", "folder", "table")
"""How settings end that may name a file or a folder of the user's."""


def identity_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return everything that a run's tables depend on, as plain values.

    Parameters
    ----------
    settings : dict
        The resolved configuration.
    """
    return {
        "settings": {name: section for name, section in settings.items() if name not in CHANGES_NOTHING},
        "inputs": {entry["name"]: entry["sha256"] for entry in input_hashes()} | _named_files(settings),
        "code": code_hash(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }


def _named_files(settings: Any, where: str = "") -> dict[str, str]:
    """Return the sha256 of every file and folder that the settings name, by the name of the setting."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        here = f"{where}.{name}" if where else name
        if isinstance(value, dict):
            found |= _named_files(value, here)
        elif isinstance(value, str) and name.endswith(NAMES_FILES) and Path(value).exists():
            path, digest = Path(value), hashlib.sha256()
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    digest.update(f"{file.relative_to(path).as_posix()}\0{hash_file(file)}\n".encode())
            found[here] = digest.hexdigest()
    return found


def code_hash() -> str:
    """Return the sha256 of the program: names and bytes of all its sources."""
    house = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(house.rglob("*.py")):
        digest.update(f"{path.relative_to(house).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def differences(then: Any, now: Any, where: str = "") -> list[str]:
    """Return in words where two identities differ, one line each."""
    if isinstance(then, dict) and isinstance(now, dict):
        lines = []
        for name in sorted(then.keys() | now.keys()):
            lines += differences(then.get(name), now.get(name), f"{where}.{name}" if where else str(name))
        return lines
    return [] if then == now else [f"{where.removeprefix('settings.')}: {_short(then)} then, {_short(now)} now"]


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
