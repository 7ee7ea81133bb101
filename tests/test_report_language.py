"""Every sentence of the pages is said in both languages; what is data stays as it is."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pytest
from typer.testing import CliRunner

from tests import synthetic
from tests.report_runs import charts_of, whole_run
from tests.test_compare import altered
from twin.cli import app
from twin.metrics.policy import NO_RULE, WHY_NOT
from twin.report import html, write_comparison, write_report
from twin.report.comparable import open_all
from twin.report.comparison import comparison_content
from twin.report.figures import count, minutes
from twin.report.language import CATALOGUE, ENGLISH, Language, language
from twin.report.page import page_content
from twin.report.places import Places
from twin.report.reasons import reason
from twin.store import open_run
from twin.tables import seeds

ROOM = CATALOGUE.parent
PAGE: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))["page"]
HAN = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = {"of", "{day}, {hour}:00", "{share} of {what}"}
"""Sentences whose Chinese may do without a Chinese sign of its own."""


def said() -> set[str]:
    """Return the sentences that code, templates and scripts say."""
    found: set[str] = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in ("say", "phrase") and node.args:
                found |= texts_in(node.args[0])
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("text", "words"):
                found |= texts_in(node.value)
    environment = jinja2.Environment()
    for path in ROOM.glob("*.j2"):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(jinja2.nodes.Call):
            if (
                isinstance(call.node, jinja2.nodes.Name)
                and call.node.name == "t"
                and isinstance(call.args[0], jinja2.nodes.Const)
            ):
                found.add(call.args[0].value)
    for path in ROOM.glob("*.js"):
        found |= set(html.script_words(path.read_text(encoding="utf-8")))
    return found


def texts_in(node: ast.AST) -> set[str]:
    constants = [node] if isinstance(node, ast.Constant) else []
    return {found.value for found in constants if isinstance(found.value, str) and found.value}


def test_every_sentence_is_in_the_catalogue_and_no_other() -> None:
    assert said() - set(PAGE) == set()
    assert set(PAGE) - said() - {"held", "broken"} == set()


def test_every_sentence_is_translated_with_its_values() -> None:
    left = [english for english, chinese in PAGE.items() if not HAN.search(chinese)]
    assert set(left) == SAME_IN_BOTH
    values = re.compile(r"{\w+}")
    assert [e for e, c in PAGE.items() if sorted(values.findall(c)) != sorted(values.findall(e))] == []


class Recorder(Language):
    """Chinese that remembers what it was asked to say."""

    def __init__(self) -> None:
        chinese = language("zh")
        super().__init__("zh", chinese._catalogue)
        self.asked: set[str] = set()

    def __call__(self, english: str, /, **values: object) -> str:
        self.asked.add(english)
        return super().__call__(english, **values)


def test_a_page_says_nothing_that_the_catalogue_does_not_hold(tmp_path: Path) -> None:
    """Rendered whole: what is said but not in the catalogue is a text of a table, word for word."""
    path = whole_run(tmp_path / "run")
    say = Recorder()
    html.render("page.html.j2", page_content(open_run(path), say), ("page.js", "map.js", "film.js", "drill.js"), say)
    runs = open_all([path, altered(path, tmp_path / "other", wait_factor=2.0)], say)
    html.render("compare.html.j2", comparison_content(runs, say), ("page.js",), say)
    strange = {text for text in say.asked if not say.knows(text)}
    assert strange - {"GW", "GWh", "MW", "MWh", "kW", "kWh", "kWh/a", "kVA", "km", "%", "h", "s", "W", "Ws", "-"} == set()


def test_tables_of_a_run_are_said_in_chinese(tmp_path: Path) -> None:
    """Every requirement, every reason for or against a verdict, and every law; figures and names stay in them."""
    say, path = language("zh"), whole_run(tmp_path / "run")
    requirements = [str(text) for text in seeds.read("policy_lines")["requirement"]]
    assert [text for text in requirements if not HAN.search(say(text))] == []
    given = [row["why"] for name in ("scorecard", "scorecard_provinces") for row in open_run(path).table(name).to_pylist()]
    reasons = {*given, *WHY_NOT.values(), NO_RULE}
    assert [text for text in reasons if not HAN.search(reason(text, say))] == []
    figures = re.compile(r"\d+(?:[,.]\d+)*")
    for text in given:
        assert set(figures.findall(text)) - set(figures.findall(reason(text, say))) == set()
        assert reason(text, ENGLISH) == text
    laws = [law["name"] for law in open_run(path).audit["laws"]]
    assert [name for name in laws if not HAN.search(reason(name, say))] == []
    assert reason("what no table says", say) == "what no table says"


class Words(HTMLParser):
    """Texts that a reader sees, without those of data."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._path: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "input"):
            self._path.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._path and self._path.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "pre", "code", "td", "li"} & set(self._path):
            self.texts.append(data)


def test_no_english_sentence_is_left_on_a_chinese_page(tmp_path: Path) -> None:
    path = whole_run(tmp_path / "run")
    text = write_report(path, tmp_path / "zh.html", "zh").read_text(encoding="utf-8")
    words = Words()
    words.feed(text)
    assert '<html lang="zh">' in text
    left = [found for found in words.texts if re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", found)]
    assert left == []
    assert sum(bool(HAN.search(found)) for found in words.texts) > 100
    titles = re.findall(r'"text":"([^"]{4,80})"', charts_of(text)[0])
    assert [title for title in titles if re.search(r"[a-z]{3,} [a-z]{3,}", title)] == []
    assert "北京 Beijing" in text
    zh = write_comparison([path, altered(path, tmp_path / "b", wait_factor=2.0)], tmp_path / "c.html", "zh")
    assert "平均等待" in zh.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (12345.0, "12,345", "12,345"),
        (67_812_345.0, "67.8\u00a0million", "6,781\u00a0万"),
        (2.5e8, "250\u00a0million", "2.50\u00a0亿"),
    ],
)
def test_large_numbers_are_written_as_the_language_counts(value: float, english: str, chinese: str) -> None:
    assert count(value, ENGLISH) == english
    assert count(value, language("zh")) == chinese


def test_stations_are_called_by_their_chinese_places() -> None:
    english, chinese = Places(), Places(language("zh"))
    for name, said_name in (
        ("Beijing 东城区 urban public 0001", "北京 东城区 城市公共 0001"),
        ("G60 Nanchang 2 service area A", "G60 南昌 2 服务区 A"),
        ("Expressway Zhanjiang 1 service area B", "高速 湛江 1 服务区 B"),
        ("Taizhou (Zhejiang) 椒江区 township 0003", "台州 椒江区 乡镇 0003"),
        ("Duyun (Qiannan) 都匀市 county 0001", "都匀 都匀市 县城 0001"),
        ("my own station", "my own station"),
    ):
        assert english.station(name) == name
        assert chinese.station(name) == said_name


def test_units_are_said() -> None:
    assert minutes(3.0, language("zh")) == "3.00\u00a0分钟"


def test_the_command_takes_a_language(tmp_path: Path) -> None:
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run(n_hours=24))
    done = CliRunner().invoke(app, ["report", str(path), "--lang", "zh", "--out", str(tmp_path / "zh.html")])
    assert done.exit_code == 0, done.output
    assert '<html lang="zh">' in (tmp_path / "zh.html").read_text(encoding="utf-8")
    refused: Any = CliRunner().invoke(app, ["report", str(path), "--lang", "fr"])
    assert refused.exit_code == 2
