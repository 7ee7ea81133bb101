"""What is made of a map is kept, and known again by the content of everything that went into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from twin.errors import DataError, StoreError
from twin.network.files import build_network, hash_of_source
from twin.tables import seeds

__all__ = ["CACHE", "Say", "built_file", "cache_folder", "hashes_of_seeds", "key_of", "once"]

CACHE = Path(".cache") / "twin" / "networks"
"""Folder of built networks, in the home folder."""

Say = Callable[[str], None]


def cache_folder(folder: Path | None = None) -> Path:
    """Return the folder for what is made, `CACHE` in the home folder by default. A source's own folder is never written.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    folder = Path.home() / CACHE if folder is None else folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreError(f"{folder}: found {fault}; wanted a folder for built networks; make it writable") from fault
    return folder


def built_file(source: Path, folder: Path, *, gap_m: float, say: Say = lambda _: None) -> Path:
    """Return the built network of a source: itself where it is one, else from the cache, else made and kept.

    Parameters
    ----------
    source : pathlib.Path
        A folder of node and link tables, an OpenStreetMap file, or a network that `twin network build` wrote.
    folder : pathlib.Path
        The cache, see `cache_folder`.
    gap_m : float
        Parts of the map that end this close to each other are joined, see `build_network`; not of a built network.
    say : callable
        Takes what is being done, in words.

    Raises
    ------
    DataError
        If the source is missing or damaged.
    """
    if source.suffix == ".parquet":
        return source
    built = folder / f"built-{key_of(hash_of_source(source), f'{gap_m:g}')}.parquet"
    if not built.exists():
        say(f"building {source.name}")
        once(built, lambda: build_network(str(source), built, gap_m=gap_m))
    return built


def once(path: Path, make: Callable[[], object]) -> None:
    """Make a file, unless another process was faster; both would have made the same."""
    try:
        make()
    except DataError:
        raise
    except Exception:
        if not path.exists():
            raise


def key_of(*parts: str) -> str:
    """Return a name for what is made of these hashes and settings by this room's code."""
    code = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256("\n".join([*parts, *code]).encode()).hexdigest()[:16]


def hashes_of_seeds(names: Iterable[str]) -> list[str]:
    """Return the hashes of seed tables."""
    home = seeds.folder_of_seeds()
    return [hashlib.sha256((home / f"{name}.csv").read_bytes()).hexdigest() for name in names]
