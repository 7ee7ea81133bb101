"""Whether this machine has what a run needs."""

from __future__ import annotations

import os
import platform
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from twin.errors import TwinError

PYTHON = ">=3.11,<3.13"
LEAST_GB = 2.0
"""Memory for a sample; the whole fleet wants several times as much, and says so when it starts."""
KNOWN_DRAW = (0, 0, 0, 0, 0, 0)
"""Counter and key of the generator's published test vector."""
KNOWN_WORDS = (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)


class Check(NamedTuple):
    """One thing looked at: what was found, what is wanted, whether that is well, and what to do if not."""

    name: str
    found: str
    wanted: str
    is_well: bool
    todo: str = ""


def installation() -> list[Check]:
    """Look over Python, the libraries, cores, memory, the seeds and the compiler of the kernels."""
    return [_python(), *_libraries(), _cores(), _memory(), _seeds(), _kernels()]


def _python() -> Check:
    found = platform.python_version()
    return Check("python", found, PYTHON, fits(found, PYTHON), "install a Python of that range")


def _libraries() -> Iterator[Check]:
    for name, wanted in requirements():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Check(name, "not installed", wanted, False, "run make setup, or install the package again")
        else:
            yield Check(name, found, wanted, fits(found, wanted), "run make setup, or install the package again")


def requirements() -> list[tuple[str, str]]:
    """Return the libraries that a run needs, each with the versions wanted, as the package or its checkout tells."""
    checkout = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if checkout.is_file():
        told = tomllib.loads(checkout.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        told = [line for line in metadata.requires("twin") or () if "extra ==" not in line]
    found = [re.match(r"([A-Za-z0-9._-]+)\s*\(?([^;)]*)", line) for line in told]
    return sorted((match[1], match[2].strip()) for match in found if match is not None)


def fits(found: str, wanted: str) -> bool:
    """Return whether a version is in a range such as ``>=3.3,<4``; only the numbers at its front count."""
    return all(_holds(found, bound.strip()) for bound in wanted.split(",") if bound.strip())


def _holds(found: str, bound: str) -> bool:
    sign, limit = re.fullmatch(r"(>=|<=|==|!=|<|>)?\s*(.*)", bound).groups()  # type: ignore[union-attr]
    ours, theirs = _numbers(found), _numbers(limit)
    size = max(len(ours), len(theirs))
    ours, theirs = (numbers + (0,) * (size - len(numbers)) for numbers in (ours, theirs))
    return {
        ">=": ours >= theirs, "<=": ours <= theirs, "<": ours < theirs, ">": ours > theirs, "!=": ours != theirs,
    }.get(sign, ours == theirs)  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    front = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in front[0].split(".")) if front else ()


def _cores() -> Check:
    return Check("cores", str(len(os.sched_getaffinity(0))), "1 or more, each is used", True)


def _memory() -> Check:
    import psutil  # type: ignore[import-untyped]

    total, free = (float(value) / 1e9 for value in (psutil.virtual_memory().total, psutil.virtual_memory().available))
    wanted = f"{LEAST_GB:g} GB for a sample, 16 GB for the whole fleet"
    return Check("memory", f"{total:.1f} GB, {free:.1f} free", wanted, free >= LEAST_GB, "close other programs")


def _seeds() -> Check:
    from twin.tables import seeds

    broken = []
    for name in sorted(seeds.SEED_TABLES):
        try:
            seeds.read(name)
        except TwinError as fault:
            broken.append(str(fault).splitlines()[0])
    found = "; ".join(broken) or f"{len(seeds.SEED_TABLES)} tables, all sound"
    return Check("seeds", found, "every embedded table there and sound", not broken, "install the package again")


def _kernels() -> Check:
    """Compile the generator of luck, the smallest kernel, and compare it with its published answer."""
    wanted = "kernels compile and give the published draw"
    try:
        import numpy as np

        from twin.rng import philox

        words = tuple(int(word) for word in philox(*map(np.uint64, KNOWN_DRAW)))
    except Exception as fault:  # whatever a broken compiler raises is the finding
        return Check("kernels", f"{type(fault).__name__}: {fault}", wanted, False, "install numba again; see its page")
    return Check("kernels", "compiled", wanted, words == KNOWN_WORDS, f"draws differ on {sys.platform}: please report it")
