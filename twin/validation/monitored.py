"""What a platform that counts a part of the EVSEs at service areas would have counted of a run.

The totals of the National Energy Administration are sums over the EVSEs that its platform monitors: 48,400 in October
2025, while some 66,500 stood. They are compared with the simulated total times the share monitored, as if those monitored
were used like the others. Figures per EVSE and ratios within one season need no share.
"""

from __future__ import annotations

import numpy as np

from twin.stations.months import month_number, published
from twin.tables import seeds
from twin.validation import measures as of
from twin.validation.facts import Span

MONITORED = "highway_monitored_evses"
"""Figure of ``nation_figures.csv``: EVSEs at service areas that the platform counts, by month."""


def monitored_share(span: Span) -> float:
    """Return the share of the EVSEs at service areas that the platform counts, at most 1.

    The monitored are on the straight line between the months in which they were told, and the same before and after.
    Those that stand are the run's; in a sample, which keeps more of them than its part, those published for the month
    before the span. NaN where the run does not tell.
    """
    figures = seeds.read("nation_figures")
    rows = np.flatnonzero(figures["figure"] == MONITORED)
    months = [month_number(period) for period in figures["period"][rows].tolist()]
    order = np.argsort(months)
    month = month_number(f"{span.first_day.year}-{span.first_day.month}")
    monitored = float(np.interp(month, np.array(months)[order], figures["value"][rows][order].astype(np.float64)))
    stand = span.facts.whole("n_evse", of.HIGHWAY)
    if span.sample < 1.0:
        year, place = divmod(month - 1, 12)
        stand = float(published("highway_evses", f"{year}-{place + 1:02d}"))
    return min(monitored / stand, 1.0) if stand > 0.0 else float("nan")


def energy_per_day(span: Span) -> float:
    """Energy charged at expressway service areas, mean of the days, times the share of EVSEs monitored (GWh/day)."""
    return monitored_share(span) * of.highway_energy_per_day(span)


def energy(span: Span) -> float:
    """Energy charged at expressway service areas in all the days, times the share of EVSEs monitored (GWh)."""
    return monitored_share(span) * of.highway_energy(span)


def sessions(span: Span) -> float:
    """Sessions begun at expressway service areas in all the days, times the share of EVSEs monitored."""
    return monitored_share(span) * of.highway_sessions(span)


def first_day_energy(span: Span) -> float:
    """Energy charged at expressway service areas on the first day, times the share of EVSEs monitored (GWh/day)."""
    return monitored_share(span) * of.first_day_energy(span)


def growth(later: Span, earlier: Span) -> float:
    """Energy a day at monitored EVSEs of service areas, how much more in the first period than in the second.

    More are monitored in the later period.
    """
    return of.divide(energy_per_day(later), energy_per_day(earlier)) - 1.0


def share_charging(span: Span) -> float:
    """Sessions begun at expressway service areas, times the share of EVSEs monitored, over passages."""
    return monitored_share(span) * of.share_charging(span)


def share_of_public(span: Span) -> float:
    """Energy charged at expressway service areas, times the share of EVSEs monitored, over that of all public stations."""
    return monitored_share(span) * of.highway_share_of_public(span)
