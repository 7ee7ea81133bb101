"""How soon a report answers, and what it takes to make it: ``python -m benchmarks.opening RUN``.

The page is opened from disk in a fresh window of the system's chromium, without graphics card and net. It answers
when the slider of the map, moved as a hand moves it, has changed what is shown. Needs playwright.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.picture import CHROMIUM, FLAGS
from benchmarks.process import REPOSITORY, options, publish, table

TITLE = "Report"
WANTED = {"answer_s": 3.0, "build_s": 20.0, "build_bytes": 1e9, "page_bytes": 8e6}
SHOWN = """() => { const map = document.querySelector('#chart-map canvas');
  const pixels = map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
  let sum = 0; for (let k = 0; k < pixels.length; k += 1) { sum = (sum * 31 + pixels[k]) % 1000003; } return sum; }"""
MOVE = """() => { const slider = document.getElementById('map-hour'); slider.value = Math.floor(slider.max / 2);
  slider.dispatchEvent(new Event('input')); }"""


class Built(NamedTuple):
    """What it took to make a page: seconds of wall and of processor, largest memory, size of the file."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    page_bytes: int


class Opened(NamedTuple):
    """Seconds from the address to a map that followed the slider, and to the last chart."""

    answer_s: float
    drawn_s: float


def build(run: Path, out: Path) -> Built:
    """Make the report of a run in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "twin", "report", str(run), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}")
    wall_s, cpu_s = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
    return Built(wall_s, cpu_s, usage.ru_maxrss * 1024, out.stat().st_size)


def open_once(browser: Any, page: Path) -> Opened:
    """Open a page in a fresh window and move its slider as soon as it is there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    started = time.perf_counter()
    tab.goto(page.resolve().as_uri(), wait_until="commit")
    tab.wait_for_selector("html[data-answers=yes]", state="attached")
    before = tab.evaluate(SHOWN)
    tab.evaluate(MOVE)
    tab.wait_for_function(f"before => ({SHOWN})() !== before", arg=before)
    answer_s = time.perf_counter() - started
    tab.wait_for_selector("html[data-drawn=yes]", state="attached")
    drawn_s = time.perf_counter() - started
    context.close()
    return Opened(answer_s, drawn_s)


def told(built: list[Built], opened: list[Opened]) -> str:
    """Return the table of medians."""

    def median(values: list[float]) -> float:
        return statistics.median(values)

    rows = [
        ["opens and answers (s)", f"{median([one.answer_s for one in opened]):.1f}", f"<= {WANTED['answer_s']:g}"],
        ["all charts drawn (s)", f"{median([one.drawn_s for one in opened]):.1f}", ""],
        ["made in (s)", f"{median([one.wall_s for one in built]):.1f}", f"<= {WANTED['build_s']:g}"],
        ["processor time (s)", f"{median([one.cpu_s for one in built]):.1f}", ""],
        ["peak memory (GB)", f"{max(one.peak_bytes for one in built) / 1e9:.2f}", f"<= {WANTED['build_bytes'] / 1e9:g}"],
        ["size (MB)", f"{built[0].page_bytes / 1e6:.2f}", f"<= {WANTED['page_bytes'] / 1e6:g}"],
    ]
    note = (
        f"Medians of {len(opened)} windows and {len(built)} builds. Load of the machine meanwhile: {os.getloadavg()[0]:.1f}."
    )
    return table(["", "measured", "wanted"], rows) + f"\n{note}\n"


def measure(chosen: argparse.Namespace) -> str:
    """Make the page a few times, open it a few times."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        built = [build(chosen.run, page) for _ in range(chosen.builds)]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        opened = [open_once(browser, page) for _ in range(chosen.windows)]
        browser.close()
    return told(built, opened)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("--builds", type=int, default=3, help="how often the page is made (default %(default)s)")
    parser.add_argument("--windows", type=int, default=5, help="how often it is opened (default %(default)s)")
    chosen = parser.parse_args()
    publish(TITLE, measure(chosen), chosen)


if __name__ == "__main__":
    main()
