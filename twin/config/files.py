"""Settings that may name a file or folder: found beside the scenario that names it, and known by what is in it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from twin.errors import Faults

__all__ = ["FILE_SETTINGS", "place_files", "with_full_paths", "with_hashes"]

FILE_SETTINGS: dict[tuple[str, str], str | None] = {
    ("network", "source"): "backbone",
    ("city", "zones"): None,
    ("city", "activity"): None,
    ("stations", "source"): "stock",
    ("grid", "tariffs"): "seeds",
    ("buildout", "waits_from"): None,
    ("buildout", "sites_from"): None,
    ("buildout", "orders_from"): None,
}
"""Section and key of settings that name a file, and the word that names none."""

ASKED_FOR_LATER = {("network", "source")}
"""Settings that may name a folder as well, and one that is not there yet: the run says what it wants and where to get it."""


def place_files(values: dict[str, Any], folder: Path, where: dict[tuple[str, str], str], faults: Faults) -> None:
    """Resolve the paths that one document sets against its folder; a file that is not there is a fault.

    Parameters
    ----------
    values : dict
        What the document sets; changed in place.
    folder : pathlib.Path
        Where relative paths start.
    where : dict
        Place of each setting, for the fault.
    faults : Faults
        Takes files that are not there.
    """
    for (section, key), word in FILE_SETTINGS.items():
        settings = values.get(section)
        if not isinstance(settings, dict):
            continue
        name = settings.get(key)
        if not isinstance(name, str) or name in ("", word):
            continue
        path = folder / name
        if (section, key) in ASKED_FOR_LATER:
            settings[key] = str(path)
            continue
        try:
            is_file = path.is_file()
        except (OSError, ValueError):
            is_file = False
        if not is_file:
            text = name if len(name) <= 60 else f"{name[:57]}..."
            place = where.get((section, key), f"{section}.{key}")
            faults.add(
                f"{place}: {section}.{key}", f"{text!r}, which is no file", f"{word or 'null'!r} or a file", "check the path"
            )
            continue
        settings[key] = str(path)


def with_hashes(settings: dict[str, Any]) -> dict[str, Any]:
    """Return resolved settings with the content of files in place of their paths, so that a moved file is the same."""
    told = {section: dict(values) for section, values in settings.items()}
    for (section, key), word in FILE_SETTINGS.items():
        name = told[section][key]
        if name != word and name is not None:
            told[section][key] = _hash(Path(name)) or name
    return told


def with_full_paths(settings: dict[str, Any]) -> dict[str, Any]:
    """Return resolved settings whose files are found from any folder."""
    told = {section: dict(values) for section, values in settings.items()}
    for (section, key), word in FILE_SETTINGS.items():
        name = told[section][key]
        if name != word and name is not None:
            told[section][key] = str(Path(name).resolve())
    return told


def _hash(path: Path) -> str:
    """Return the hash of a file, or of the files right in a folder; nothing where there are none."""
    digest = hashlib.sha256()
    try:
        files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
        for each in files:
            digest.update(f"{each.name}\n".encode() if path.is_dir() else b"")
            with each.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    except (OSError, ValueError):
        return ""
    return digest.hexdigest()
