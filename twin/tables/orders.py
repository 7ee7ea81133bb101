"""The book of a build-out, as a table of the run folder."""

from typing import NamedTuple

from twin.tables.columns import F64, I32, I64, STR, Annotated, Field


class OrdersTable(NamedTuple):
    """orders.parquet: EVSEs of one kind that an order puts on a site a row; only of a run with a build-out."""

    order: Annotated[STR, Field("-", "name of the order; 'plan' is what buildout.towards orders")]
    site: Annotated[I64, Field("-", "number of the site, the same in every run on these stations, sampled or not")]
    station: Annotated[I32, Field("-", "station id in this run; -1 where it does not stand in it")]
    province: Annotated[STR, Field("-", "province code")]
    county: Annotated[STR, Field("-", "county id")]
    layer: Annotated[STR, Field("-", "urban, highway or rural")]
    site_type: Annotated[STR, Field("-", "kind of site")]
    power_class: Annotated[STR, Field("-", "power class")]
    serves: Annotated[STR, Field("-", "car, truck or any")]
    n_evse: Annotated[I32, Field("-", "EVSEs, of the whole nation also in a sample")]
    replaces: Annotated[STR, Field("-", "power class of as many EVSEs that make room; blank without")]
    ordered: Annotated[STR, Field("-", "month in which they are ordered, year-month")]
    due: Annotated[STR, Field("-", "month in which they are ready for the grid")]
    connected: Annotated[STR, Field("-", "day on which they are connected; blank where the queue never comes to them")]
    state: Annotated[STR, Field("-", "stands, opens in the run or not yet")]
    cost_cny: Annotated[F64, Field("CNY", "equipment and grid connection")]
