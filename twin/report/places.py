"""What provinces and prefectures are called, in both languages where the seeds have both names."""

from __future__ import annotations

from twin.report.language import ENGLISH, Language
from twin.tables import seeds

__all__ = ["Places"]


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
        for kind, key in (("provinces", "province"), ("zones", "zone")):
            table = seeds.read(kind)
            columns = (table[name].tolist() for name in (key, "name_en", "name_zh"))
            self._names[key] = {place: (english, chinese) for place, english, chinese in zip(*columns, strict=True)}

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

    def zones_by_english(self) -> dict[str, str]:
        """Return the Chinese names of zones by their English ones, as station names hold them."""
        return dict(self._names["zone"].values())

    def _in_language(self, kind: str, place: str) -> str:
        names = self._names[kind].get(place)
        return place if names is None else names[self._say.code == "zh"]

    def _in_both(self, kind: str, place: str) -> str:
        names = self._names[kind].get(place)
        if names is None:
            return place
        return " ".join(names[::-1] if self._say.code == "zh" else names)
