"""What every test may rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Examples come from the test's own code, not from the clock: a failure on one machine fails on all.
settings.register_profile("twin", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("twin")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder that holds `twin/`, `configs/` and `seeds/`."""
    return REPOSITORY


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a text file by name into an empty working folder, and return the name."""
    monkeypatch.chdir(tmp_path)

    def write_text(name: str, text: str) -> str:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write_text


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Ray with a cluster on this machine, one for all tests of a process that ask for it."""
    from twin.parallel.cluster import connected

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        with connected("local", n_cpus=8) as ray:
            yield ray
