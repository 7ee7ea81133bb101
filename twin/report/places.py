"""What provinces and prefectures are called, in both languages where the seeds have both names."""

from __future__ import annotations

from twin.report.language import ENGLISH, Language, phrase
from twin.tables import seeds

__all__ = ["Places"]

KINDS = {
    "service area": phrase("service area"),
    "urban public": phrase("urban public"),
    "county": phrase("county"),
    "township": phrase("township"),
    "freight hub": phrase("freight hub"),
}
"""Kinds of site as they stand in the names of stations."""
JUNCTION = phrase("junction")
EXPRESSWAY = phrase("Expressway")
"""Stands for the line of a service area that has none."""


class Places:
    """Names of provinces and zones; a place that the seeds do not know is called by its id.

    Parameters
    ----------
    say : Language
        Whose name comes first.
    """

    def __init__(self, say: Language = ENGLISH) -> None:
        self._say = say
        self._names: dict[str, dict[str, tuple[str, str]]] = {}
        for kind, key in (("provinces", "province"), ("zones", "zone"), ("expressway_lines", "line")):
            table = seeds.read(kind)
            columns = (table[name].tolist() for name in (key, "name_en", "name_zh"))
            self._names[key] = {place: (english, chinese) for place, english, chinese in zip(*columns, strict=True)}
        self._chinese = dict(self._names["zone"].values())

    def province(self, code: str) -> str:
        """Return the name of a province in the page's language."""
        return self._in_language("province", code)

    def province_both(self, code: str) -> str:
        """Return the name of a province in both languages."""
        return self._in_both("province", code)

    def zone(self, zone: str) -> str:
        """Return the name of a zone in the page's language."""
        return self._in_language("zone", zone)

    def zone_both(self, zone: str) -> str:
        """Return the name of a zone in both languages."""
        return self._in_both("zone", zone)

    def station(self, name: str) -> str:
        """Return the name of a station: on a Chinese page with prefecture and kind of site in Chinese."""
        if self._say.code == "en":
            return name
        kind = next((kind for kind in KINDS if f" {kind} " in name), None)
        if kind is None:
            return name
        place, number = name.split(f" {kind} ", 1)
        return " ".join([*self._place_words(place, kind), self._say(KINDS[kind]), number])

    def line(self, code: str) -> str:
        """Return the code of an expressway line with its name in the page's language."""
        return f"{code} {self._in_language('line', code)}" if code in self._names["line"] else code

    def line_both(self, code: str) -> str:
        """Return the code of an expressway line with its name in both languages."""
        return f"{code} {self._in_both('line', code)}" if code in self._names["line"] else code

    def node(self, name: str) -> str:
        """Return the name of a node of the roads: on a Chinese page the prefecture of a junction in Chinese."""
        town, kind, number = name.partition(f" {JUNCTION} ")
        if self._say.code == "en":
            return name
        place = self._chinese.get(town, town)
        return f"{place} {self._say(JUNCTION)} {number}" if kind else place

    def _place_words(self, place: str, kind: str) -> list[str]:
        """Say the prefecture: it stands between line and number of a service area, and before the county of others."""
        if kind == "service area" and " " in place:
            line, rest = place.split(" ", 1)
            town, _, count = rest.rpartition(" ")
            return [self._say(line) if line == EXPRESSWAY else line, self._chinese.get(town, town), count]
        for n_words in range(place.count(" ") + 1):
            town, *county = place.rsplit(" ", n_words)
            if town in self._chinese:
                return [self._chinese[town], *county]
        return [place]

    def _in_language(self, kind: str, place: str) -> str:
        names = self._names[kind].get(place)
        return place if names is None else names[self._say.code == "zh"]

    def _in_both(self, kind: str, place: str) -> str:
        names = self._names[kind].get(place)
        if names is None:
            return place
        return " ".join(names[::-1] if self._say.code == "zh" else names)
