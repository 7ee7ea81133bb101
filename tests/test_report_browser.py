"""In a browser, without a net and from disk: every figure draws, everything answers, and everybody can use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.report_runs import EVIL, N_LINKS, whole_run
from twin.report import write_comparison, write_report
from twin.store import Run, open_run

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WAIT_MS = 90_000
N_CHARTS = 16
CONTRASTS = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
"""Returns the texts that stand too faintly on their ground, with their ratio (WCAG 2.2, 1.4.3)."""
OPEN_ALL = "document.querySelectorAll('details').forEach(part => { part.open = true; });"
NAMELESS = """Array.from(document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]'), e => [
  e.outerHTML.slice(0, 80),
  (e.getAttribute('aria-label') || (e.labels && e.labels.length ? e.labels[0].textContent : '') || e.textContent).trim()])
  .filter(([, name]) => name === '').map(([html]) => html)"""
SERIOUS = {"serious", "critical"}
AXE = """axe.run(document, { resultTypes: ["violations"] })
  .then(found => found.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html.slice(0, 120))]))"""
Opened = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(whole_run(tmp_path_factory.mktemp("browser") / "run"))


@pytest.fixture(scope="module")
def page(run: Run) -> Path:
    return write_report(run.path)


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    """A function that opens a page, waits until all is drawn, and at the end holds that nothing was said or fetched."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: install the system's chromium package to draw the page")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)

        @contextmanager
        def open_page(path: Path, width: int = 1280, scheme: str = "light") -> Iterator[Any]:
            context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
            context.set_default_timeout(WAIT_MS)
            tab = context.new_page()
            said: list[str] = []
            asked: list[str] = []
            tab.on("console", lambda message: said.append(message.text))
            tab.on("pageerror", lambda fault: said.append(str(fault)))
            tab.on("dialog", lambda dialog: said.append(dialog.message))
            tab.on("request", lambda request: asked.append(request.url))
            tab.goto(path.as_uri())
            tab.wait_for_selector("html[data-drawn=yes]")
            yield tab
            assert said == []
            assert asked == [path.as_uri()]
            context.close()

        yield open_page
        chromium.close()


@pytest.fixture(scope="module")
def tab(opened: Opened, page: Path) -> Iterator[Any]:
    """The page in a window of 1280, light; tests leave it as they found it, but for the focus."""
    with opened(page) as found:
        yield found


def held_against(tab: Any) -> list[Any]:
    """Return what axe finds, worth a name, on the page with every part opened."""
    source = pytest.importorskip("axe_playwright_python.base", reason="axe comes with the extra dev").AXE_SCRIPT
    tab.evaluate(OPEN_ALL)
    tab.evaluate(source)
    return [found for found in tab.evaluate(AXE) if found[0] in SERIOUS]


def brightness(colour: str) -> float:
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_every_chart_is_drawn_from_disk(opened: Opened, page: Path, width: int, scheme: str) -> None:
    """All charts hold data, ink stands against the ground, and nothing is wider than the window."""
    with opened(page, width, scheme) as tab:
        assert tab.locator(".chart").count() == tab.locator(".chart.drawn").count() == N_CHARTS
        counts = tab.evaluate(
            "Array.from(document.querySelectorAll('.chart'), c => c.data.reduce((n, t) =>"
            " n + [].concat(t.z || [], t.x || []).flat().filter(v => v !== null).length, 0))"
        )
        assert min(counts) > 1
        assert tab.locator("[data-title*=hare]").count() == 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = tab.evaluate("getComputedStyle(document.querySelector('#chart-waits .xtick text')).fill")
        assert abs(brightness(ground) - brightness(ink)) > 150
        assert tab.evaluate(OPEN_ALL + CONTRASTS) == []


def test_everything_is_reached_by_keyboard_and_has_a_name(tab: Any) -> None:
    """Tab passes every control in the order of the page; each has a name, and headings leave no level out."""
    assert tab.evaluate(NAMELESS) == []
    reached = []
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.textContent"))
    wanted = ["Skip to the content", "Trust", "The laws and their two sides", "map-mode", "map-hour", "film-play",
              "film-hour", "find-text", "All provinces"]  # fmt: skip
    assert [name for name in reached if name in wanted] == wanted
    levels = tab.evaluate("Array.from(document.querySelectorAll('h1, h2, h3'), h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert tab.evaluate("document.documentElement.lang") == "en"
    assert tab.evaluate("Array.from(document.querySelectorAll('.chart')).every(c => c.getAttribute('aria-label'))")


def test_every_chart_puts_ink_on_the_page(tab: Any) -> None:
    """Pixels change when the layers with the data are taken away."""
    hide = ".mlayer, .map canvas { opacity: 0 !important }"
    before = [chart.screenshot() for chart in tab.locator(".chart").all()]
    names = tab.evaluate("Array.from(document.querySelectorAll('.chart'), c => c.id)")
    style = tab.add_style_tag(content=hide)
    after = [chart.screenshot() for chart in tab.locator(".chart").all()]
    style.evaluate("element => element.remove()")
    blank = [name for name, full, empty in zip(names, before, after, strict=True) if full == empty]
    assert blank == []


def test_the_slider_shows_the_waits_of_the_hour(tab: Any, run: Run) -> None:
    """With the keyboard to hour 10: colours are those of the table, half a minute apart at most."""
    stations, hours = run.arrays("stations"), run.arrays("station_hours")
    slider = tab.locator("#map-hour")
    slider.focus()
    for _ in range(11):
        slider.press("ArrowRight")
    assert tab.locator("#map-when").inner_text() == "hour 10"
    assert slider.get_attribute("aria-valuetext") == "hour 10"
    trace = tab.evaluate("(() => { const t = document.getElementById('chart-map').data"
                         ".find(t => t.name === 'urban, by prefecture');"
                         " return [t.text, t.marker.color, t.marker.opacity]; })()")  # fmt: skip
    in_hour = hours["hour"] == 10
    for zone, colour, opacity in zip(*trace, strict=True):
        ids = stations["station"][(stations["zone"] == zone) & (stations["layer"] == "urban")]
        chosen = in_hour & np.isin(hours["station"], ids)
        n = hours["n_sessions"][chosen].sum()
        assert (opacity == 1) == (n > 0)
        assert colour == pytest.approx(hours["wait_s"][chosen].sum() / max(n, 1) / 60, abs=0.26)
    tab.locator("#map-mode").select_option("power")
    assert tab.locator("#map-when").inner_text() == "the whole run"
    power = tab.evaluate("document.getElementById('chart-map').data.find(t => t.name === 'service areas').marker.color")
    assert min(power) >= 60


def test_the_film_stands_still_until_it_is_played(tab: Any) -> None:
    """It begins at the fullest hour; Play moves it, Stop holds it; the fullest road is in the highest class."""
    button, slider = tab.locator("#film-play"), tab.locator("#film-hour")
    at_first = slider.input_value()
    tab.wait_for_timeout(600)
    assert slider.input_value() == at_first
    assert (button.inner_text(), button.get_attribute("aria-pressed")) == ("Play", "false")
    button.press("Enter")
    tab.wait_for_function(f"document.getElementById('film-hour').value !== '{at_first}'")
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Enter")
    held = slider.input_value()
    tab.wait_for_timeout(900)
    assert slider.input_value() == held
    tab.evaluate("(() => { const s = document.getElementById('film-hour'); s.value = 10;"
                 " s.dispatchEvent(new Event('input')); })()")  # fmt: skip
    tab.wait_for_function("document.getElementById('film-when').textContent.startsWith('hour 10')")
    count = "document.getElementById('chart-film').data.slice(0, 5).map(t => t.x.filter(v => v !== null).length)"
    lines = tab.evaluate(count)
    assert lines[-1] == 2
    assert sum(lines) == 2 * 4 < 2 * N_LINKS


def test_the_way_from_province_to_station(tab: Any, run: Run) -> None:
    """Tables show the sums of the run's; names with markup are text; back by the path."""
    stations = run.arrays("stations")
    rows = tab.locator("#find-table tbody tr")
    assert rows.count() == 4
    hebei = rows.filter(has_text="Hebei 河北")
    here = stations["province"] == "HE"
    shown = [float(text.replace(",", "")) for text in hebei.locator("td").all_inner_texts()]
    n = stations["n_sessions"][here]
    assert shown[0] == stations["n_evse"][here].sum()
    assert shown[2] == n.sum()
    assert shown[3] == pytest.approx((np.nan_to_num(stations["mean_wait_s"][here]) * n).sum() / n.sum() / 60, abs=0.06)
    hebei.get_by_role("button").press("Enter")
    zones = {str(zone) for zone in stations["zone"][here]}
    assert set(rows.locator("th").all_inner_texts()) == zones
    zone = sorted(zones)[0]
    rows.get_by_role("button", name=zone).click()
    names = rows.locator("th").all_inner_texts()
    assert len(names) == int((stations["zone"] == zone).sum())
    assert any("<script>alert(1)</script> & <b>bold</b>" in name for name in names)
    rings = tab.evaluate("document.getElementById('chart-map').data.at(-1).x.length")
    assert rings == len(names)
    tab.locator("#find-path").get_by_role("button", name="All provinces").click()
    assert rows.count() == 4
    tab.locator("#find-table thead button").first.click()
    assert rows.first.locator("th").inner_text() == "Beijing 北京"


def test_search_finds_places_and_stations(tab: Any, run: Run) -> None:
    stations = run.arrays("stations")
    rows = tab.locator("#find-table tbody tr")
    tab.locator("#find-text").fill("河北")
    tab.wait_for_function("document.querySelectorAll('#find-table tbody tr').length === 1")
    tab.locator("#find-text").fill("<SCRIPT>")
    n = int((stations["layer"] == "highway").sum())
    tab.wait_for_function(f"document.querySelectorAll('#find-table tbody tr').length === {n}")
    assert rows.first.locator("th").inner_text().startswith(EVIL[:8])
    tab.locator("#find-text").fill("nowhere at all")
    tab.wait_for_function("document.querySelectorAll('#find-table tbody tr').length === 0")
    assert tab.locator("#find-told").inner_text() == "0 of 0 shown"
    tab.locator("#find-path").get_by_role("button", name="All provinces").click()


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1280, "light"), ("en", 390, "dark"), ("zh", 1280, "dark")])
def test_axe_finds_nothing_serious(opened: Opened, run: Run, tmp_path: Path, lang: str, width: int, scheme: str) -> None:
    """The checks of axe-core for WCAG 2 A and AA, and its best practices: on a page and on a comparison."""
    from tests.test_compare import altered

    comparison = [run.path, altered(run.path, tmp_path / "more", wait_factor=2.0), altered(run.path, tmp_path / "c", seed=9)]
    pages = [write_report(run.path, tmp_path / "page.html", lang), write_comparison(comparison, tmp_path / "two.html", lang)]
    for path in pages:
        with opened(path, width, scheme) as tab:
            assert held_against(tab) == []


@pytest.mark.parametrize("media", ["screen", "print"])
def test_every_text_stands_out_from_its_ground(tab: Any, media: str) -> None:
    """On the screen in light and on paper; the dark page is held to it where it is drawn."""
    tab.emulate_media(media=media)
    assert tab.evaluate(OPEN_ALL + CONTRASTS) == []
    tab.emulate_media(media="screen")


def test_a_comparison_is_drawn_too(opened: Opened, run: Run, tmp_path: Path) -> None:
    from tests.test_compare import altered

    folders = [run.path, altered(run.path, tmp_path / "more", wait_factor=2.0), altered(run.path, tmp_path / "less", seed=9)]
    for lang in ("en", "zh"):
        with opened(write_comparison(folders, tmp_path / f"{lang}.html", lang), 1280, "dark") as tab:
            assert tab.locator(".chart").count() == tab.locator(".chart.drawn").count() == 8
            assert tab.evaluate(NAMELESS) == []
            assert tab.evaluate(CONTRASTS) == []
            assert tab.evaluate("document.documentElement.lang") == lang
            shown = "document.getElementById('chart-map').data.slice(-2).map(trace => trace.visible !== false)"
            assert tab.evaluate(shown) == [True, False]
            tab.locator("#map-run").select_option(index=1)
            assert tab.evaluate(shown) == [False, True]
