"""A run as a user starts it: one process, timed from outside, with the memory that the system saw it take."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
NATIONAL = "configs/national-2027.yaml"
WINDOWS = "days"
"""The phase of the manifest that holds all windows of a run."""


class Cost(NamedTuple):
    """What one run took.

    Attributes
    ----------
    wall_s : float
        From the start of the process to its end.
    cpu_s : float
        User and system time of all its threads.
    windows_s : float
        Wall time of the simulated days alone, without start, input, audit and report.
    peak_bytes : int
        Largest resident memory.
    summary, manifest : dict
        What the program printed, and the manifest of the run folder.
    """

    wall_s: float
    cpu_s: float
    windows_s: float
    peak_bytes: int
    summary: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def vehicle_days(self) -> int:
        """Simulated vehicles times days."""
        return int(self.summary["n_vehicles"]) * int(self.manifest["config"]["period"]["n_days"])


def n_cores() -> int:
    """Return the cores that this process may use, and so a run with ``compute.workers: auto``."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """Describe the machine in a few words."""
    memory_gb = psutil.virtual_memory().total / 1e9
    return (
        f"{n_cores()} cores, {memory_gb:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def run_once(config: str, overrides: Sequence[str] = (), more: Sequence[str] = ()) -> Cost:
    """Run a scenario in a process of its own, into a folder that is thrown away.

    Raises
    ------
    SystemExit
        If the run fails; the text is what it wrote on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "twin", "run", config, "--out", str(out), "--json"]
        command += [part for setting in overrides for part in ("--set", setting)] + list(more)
        with (Path(folder) / "out").open("w+b") as said, (Path(folder) / "err").open("w+b") as told:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdout=said, stderr=told, cwd=REPOSITORY)
            # wait4 gives the use of this one child; RUSAGE_CHILDREN would give the largest of all so far.
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            told.seek(0)
            if process.returncode != 0:
                raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{told.read().decode()}")
            summary = json.loads(said.read())
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        cpu_s = usage.ru_utime + usage.ru_stime
        return Cost(wall_s, cpu_s, float(manifest["phases_s"][WINDOWS]), peak, summary, manifest)


def options(what: str) -> argparse.ArgumentParser:
    """Return the options that all tables share."""
    parser = argparse.ArgumentParser(description=what, allow_abbrev=False)
    parser.add_argument("--config", default=NATIONAL, help="scenario file (default %(default)s)")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="A.B=C", help="change a setting")
    parser.add_argument("--date", default=dt.date.today().isoformat(), help="date of the table (default today)")
    parser.add_argument(
        "--page",
        type=Path,
        help="page that takes the table; default docs/benchmarks.md, and none where --set makes it another scenario",
    )
    return parser


def publish(title: str, text: str, chosen: argparse.Namespace) -> None:
    """Print a table, and put it on the page under its heading in place of the one before."""
    body = f"## {title}\n\nMeasured {chosen.date}: {machine()}.\n\n{text.strip()}\n"
    print(body)
    page = chosen.page or (None if chosen.overrides else REPOSITORY / "docs" / "benchmarks.md")
    if page is not None:
        write_section(page, title, body)


def write_section(page: Path, title: str, body: str) -> None:
    """Replace the section of that title, or add it at the end; other sections stay as they are."""
    old = page.read_text(encoding="utf-8") if page.exists() else HEAD
    head, *sections = old.split("\n## ")
    bodies = [f"## {section.rstrip()}\n" for section in sections]
    at = next((row for row, section in enumerate(bodies) if section.startswith(f"## {title}\n")), None)
    if at is None:
        bodies.append(body)
    else:
        bodies[at] = body
    page.write_text("\n".join([head.rstrip() + "\n", *bodies]), encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


HEAD = """# Benchmarks

Whole processes, measured from outside. `python -m benchmarks` renews every table of this page;
`python -m benchmarks.national`, `.sizes` and `.first_run` renew one each.
"""
