"""What is built on top of a stock, where, when and for what money."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.config.base import ProvinceCode, ProvinceFactor, Section, Share

Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
SiteType = Literal["urban public", "service area", "county", "township", "freight hub", "trunk road", "depot"]
PowerClass = Literal[
    "ac_7", "dc_30", "dc_80", "dc_120", "dc_180", "hp_300", "hp_480", "hp_600", "mw_1000", "mw_1440"
]  # fmt: skip
Rule = Literal["plan", "need", "waits", "equity", "corridor"]
OrderRule = Literal["plan", "need", "waits", "equity", "corridor", "chosen"]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Count = Annotated[int, Field(ge=1, le=20_000_000)]
Months = Annotated[int, Field(ge=0, le=120)]
Money = Annotated[float, Field(ge=0.0, le=1e6)]
LEAD_MONTHS: dict[SiteType, Months] = {
    "urban public": 5, "service area": 9, "county": 5, "township": 5, "freight hub": 9, "trunk road": 7, "depot": 5
}  # fmt: skip
MOST_KVA: dict[SiteType, float] = {
    "urban public": 10_000.0, "service area": 10_000.0, "county": 10_000.0, "township": 2500.0, "freight hub": 20_000.0,
    "trunk road": 2500.0, "depot": 10_000.0,
}  # fmt: skip

DWELL_H: dict[SiteType, float] = {
    "urban public": 1.0, "service area": 1 / 3, "county": 1.0, "township": 1.0, "freight hub": 1 / 3, "trunk road": 1 / 3,
    "depot": 4.0,
}  # fmt: skip


class PlannedKind(Section):
    """Which planned EVSEs an order takes the place of; what is not told is as in the order."""

    site_type: SiteType | None = Field(None, description="kind of site; null: that of the order")
    power_class: PowerClass | None = Field(None, description="power class; null: that of the order")
    serves: Literal["car", "truck", "any"] | None = Field(None, description="whom they serve; null: as in the order")


class Order(Section):
    """EVSEs of one kind that are to be built."""

    site_type: SiteType = Field(description="kind of site")
    power_class: PowerClass = Field(description="power class of the EVSEs, as in the power-class seed")
    n_evse: Count = Field(description="how many (EVSEs)")
    serves: Literal["car", "truck", "any"] | None = Field(
        None, description="whom they serve; null: trucks at freight hubs, cars elsewhere"
    )
    rule: OrderRule | None = Field(
        None, description="where they go; 'chosen': to the sites of `sites_from`; null: the rule of the section"
    )
    in_place_of: list[PlannedKind] = Field(
        [],
        description="as many EVSEs of these kinds, in proportion, are taken out of what `towards` plans or earlier orders",
    )
    replaces: PowerClass | None = Field(
        None, description="power class of standing EVSEs of the same kind of site that make room: an upgrade"
    )
    provinces: list[ProvinceCode] = Field([], description="only there; []: everywhere")
    from_month: Month | None = Field(None, description="first month in which they are to open; null: that of the section")
    until_month: Month | None = Field(None, description="last such month; null: that of the section")


class ProvincePlan(Section):
    """What a province does differently."""

    rule: Rule | None = Field(None, description="where in the province EVSEs go; null: the national rule")
    factor: ProvinceFactor = Field(1.0, description="its part of the national orders as a multiple (-)")
    connections_per_month: Annotated[int, Field(ge=0)] | None = Field(
        None, description="sites that its grid connects in a month; null: its part of the national number"
    )
    budget_bn_cny: Money | None = Field(None, description="what its orders may cost; null: no bound (billion CNY)")
    orders: dict[Name, Order] = Field({}, description="orders of its own, by name")


class Buildout(Section):
    """Orders of EVSEs on top of the stock; national, with what provinces do differently."""

    towards: Month | None = Field(
        None,
        description="month of a later stock: what it has more than `stations.stock` is ordered, what it has less retired; "
        "null: nothing but the orders below",
    )
    as_of: Month | None = Field(
        None,
        description="what is connected by the end of this month stands in the run; null: what is connected by the first "
        "day of the period stands, what is connected during the period opens at the midnight of its day",
    )
    rule: Rule = Field(
        "plan",
        description="where EVSEs go: 'plan' by the provincial shares of the stock and people; 'need' by people, cars and "
        "traffic alone; 'equity' to those who have least for their people; 'waits' by the hours waited in the run of "
        "`waits_from`; 'corridor' at service areas as far apart as 80 km allow, the busiest lines first",
    )
    first: list[SiteType] = Field(
        [], description="kinds of site that the grid connects before the others in a month, in this order"
    )
    from_month: Month | None = Field(
        None, description="first month in which orders are to open; null: the month after that of `stations.stock`"
    )
    until_month: Month | None = Field(None, description="last such month; null: that of `towards`, else of `as_of`")
    orders: dict[Name, Order] = Field({}, description="orders beside those of `towards`, by name; see docs/buildout.md")
    provinces: dict[ProvinceCode, ProvincePlan] = Field(
        {}, description="what provinces do differently, by province code; see docs/buildout.md"
    )
    lead_months: dict[SiteType, Months] = Field(
        LEAD_MONTHS,
        description="time from ordering to connection, by kind of site, before any queue (months); 9 at service areas (6 to "
        "15, less where it is guaranteed) and 5 in cities, 7 at trunk roads; from memory, unverified; confidence low",
    )
    filing_months: Months = Field(
        1,
        description="time from a planner's decision in a run to its order, for filing (months); from memory, unverified; "
        "confidence low",
    )
    connections_per_month: Annotated[int, Field(ge=1)] | None = Field(
        None, description="sites that the nation's grids connect in a month, shared out by people; null: no queue (sites)"
    )
    most_kva: dict[SiteType, Annotated[float, Field(gt=0.0, le=1e6)]] = Field(
        MOST_KVA,
        description="largest transformers at one site, together, by kind of site (kVA); what one line of 10 kV carries; "
        "from memory, unverified; confidence low",
    )
    grid_cny_per_kva: Annotated[float, Field(ge=0.0, le=1e5)] = Field(
        900.0, description="cost of the grid connection (CNY/kVA); 600 to 1,500; from memory, unverified; confidence low"
    )
    budget_bn_cny: Money | None = Field(None, description="what all orders may cost; null: no bound (billion CNY)")
    meets_plan: bool = Field(
        False, description="refuse orders that do not lead to the figures of notices 632 and 1250 for the end of 2027"
    )
    waits_from: str | None = Field(
        None, description="stations.parquet of the run whose waits the rule 'waits' goes by; relative as other paths"
    )
    sites_from: str | None = Field(
        None,
        description="CSV table of the sites of orders whose rule is 'chosen', those of most merit first: order, place (side "
        "of a service area, or county), lon, lat (blank at sides), n_evse; relative as other paths",
    )
    orders_from: str | None = Field(
        None, description="orders.parquet of a run whose orders, also those decided in it, stand or open in this one"
    )

    upgrade_above: Share | None = Field(
        None,
        description="the planners of provinces order upgrades of stations whose utilisation in time passes this share (-); "
        "0.4 in notice 632 and by the Ministry of Transport; null: they order none",
    )
    upgrade_by: Literal["holiday maximum", "daily mean"] = Field(
        "holiday maximum",
        description="what has to pass it: the largest daily utilisation of a holiday, as notice 632 may say, or the mean "
        "of all days of the run, as the Ministry of Transport says",
    )
    least_use: Share = Field(
        0.05, description="stations with a mean utilisation below this are not upgraded (-); our own choice, confidence low"
    )
    renew_after_a: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None,
        description="the planners of provinces renew stations older than this (a); 8 in notice 1250; null: they renew none",
    )
    dwell_h: dict[SiteType, Annotated[float, Field(gt=0.0, le=48.0)]] = Field(
        DWELL_H,
        description="time within which an upgraded EVSE is to give a mean session its energy, by kind of site (h); the rest "
        "of 20 minutes at service areas, hubs and trunk roads, 4 hours at depots, an hour elsewhere; own "
        "estimate; confidence low",
    )

    @property
    def is_on(self) -> bool:
        """Whether anything is built."""
        has_own = any(each.orders for each in self.provinces.values())
        return bool(self.towards or self.orders or self.orders_from or has_own or self.has_planners)

    @property
    def has_planners(self) -> bool:
        """Whether planners order anything in the run."""
        return self.upgrade_above is not None or self.renew_after_a is not None

    @model_validator(mode="before")
    @classmethod
    def _whole_tables(cls, values: Any) -> Any:
        """Fill up tables by kind of site that a scenario sets in part."""
        if not isinstance(values, dict):
            return values
        whole = dict(values)
        for name, usual in (("lead_months", LEAD_MONTHS), ("most_kva", MOST_KVA), ("dwell_h", DWELL_H)):
            if isinstance(whole.get(name), dict):
                whole[name] = {**usual, **whole[name]}
        return whole
