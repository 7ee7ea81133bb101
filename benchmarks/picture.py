"""The picture of a report that README shows: ``python -m benchmarks.picture RUN [--out docs/report.png]``.

Needs playwright and Debian's chromium; the page is taken from its top to the end of the map.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.process import REPOSITORY

CHROMIUM = Path("/usr/bin/chromium")
# Without these a headless chromium has no WebGL, and the map stays empty.
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WIDTH = 1240
MOST_BYTES = 400_000
SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Pixels per CSS pixel, tried in turn until the picture is small enough."""


def take(report: Path, out: Path, chromium: Path = CHROMIUM) -> int:
    """Write the picture of a report and return its size.

    Raises
    ------
    SystemExit
        If there is no report, or no scale makes the picture small enough.
    """
    from playwright.sync_api import sync_playwright

    if not report.is_file():
        raise SystemExit(f"{report}: no such file; wanted the report of a finished run; make it with twin report RUN")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        try:
            for scale in SCALES:
                page = browser.new_page(viewport={"width": WIDTH, "height": 900}, device_scale_factor=scale)
                page.goto(report.resolve().as_uri())
                page.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=120_000)
                below = page.evaluate("document.querySelector('#map').getBoundingClientRect().bottom + window.scrollY")
                clip = {"x": 0, "y": 0, "width": WIDTH, "height": below}
                picture = page.screenshot(full_page=True, clip=clip)
                page.close()
                if len(picture) <= MOST_BYTES:
                    out.write_bytes(picture)
                    return len(picture)
        finally:
            browser.close()
    raise SystemExit(f"{out}: {len(picture):,} bytes at the smallest scale; wanted at most {MOST_BYTES:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "report.png")
    parser.add_argument("--chromium", type=Path, default=CHROMIUM)
    chosen = parser.parse_args()
    print(f"{chosen.out}: {take(chosen.run / 'report.html', chosen.out, chosen.chromium):,} bytes")


if __name__ == "__main__":
    main()
