"""What charging and waiting cost: from the load, the tariffs of the scenario, and figures of cost that the run holds."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from twin.errors import TwinError
from twin.report.figures import Figures, Finding, Writer, gigawatt_hours
from twin.report.language import Language, phrase
from twin.report.source import Columns
from twin.tables.columns import STR
from twin.tables.inputs import LAYERS

__all__ = ["Costs", "costs", "finding", "rows_of", "stated"]

yuan = Writer(phrase("CNY"))
yuan_per_kwh = Writer(phrase("CNY/kWh"))
hours = Writer("h")
QUARTER_H = 0.25
STATED = ("cost", "cny")
"""Parts of the names of metrics that are costs."""
UNITS = {"CNY": yuan, "CNY/kWh": yuan_per_kwh}


class _Codes(NamedTuple):
    """Provinces in order, all that the tariffs ask of regions."""

    province_code: STR


class Costs(NamedTuple):
    """Costs of the whole run, CNY.

    Attributes
    ----------
    energy_kwh : dict of str to float
        From the grid at public stations, by layer.
    energy_cny : dict of str to float
        At the hourly energy price of the province.
    fee_cny : dict of str to float
        Service fees of the layer.
    waited_h : float
        Hours that drivers waited before they plugged in.
    waited_cny : float
        The same at the drivers' value of time.
    """

    energy_kwh: dict[str, float]
    energy_cny: dict[str, float]
    fee_cny: dict[str, float]
    waited_h: float
    waited_cny: float


def costs(settings: dict[str, Any], grid: Columns | None, figures: Figures) -> Costs | None:
    """Return the costs; None where the settings are of another version or there is no load.

    Energy is counted at the grid's side of the charger, trucks at the fee of the layer they charge in.
    """
    if grid is None or not len(grid["quarter"]):
        return None
    from twin.config import Config
    from twin.grid.tariffs import FEE_KINDS, build_prices

    codes, of_row = np.unique(grid["province"].astype(str), return_inverse=True)
    try:
        config = Config.model_validate_json(json.dumps(settings))
        prices = build_prices(config, _Codes(codes.astype(object)))  # type: ignore[arg-type]
    except (ValueError, TwinError):
        return None
    price = prices.energy_cny_per_kwh[of_row, grid["quarter"] // 4 % 24]
    energy, paid, fees = {}, {}, {}
    for layer in LAYERS:
        kwh = grid[f"{layer}_kw"] * QUARTER_H
        fee = prices.fee_cny_per_kwh[of_row, FEE_KINDS.index(layer)]
        energy[layer], paid[layer], fees[layer] = float(kwh.sum()), float((kwh * price).sum()), float((kwh * fee).sum())
    waited_h = figures.get("sessions") * figures.get("mean_wait_min") / 60
    return Costs(energy, paid, fees, waited_h, waited_h * config.behaviour.value_of_time_cny_per_h)


def finding(found: Costs | None, say: Language) -> Finding:
    """State what drivers paid and what their waiting cost."""
    if found is None:
        return Finding(say("The folder does not say what charging cost"))
    paid = sum(found.energy_cny.values()) + sum(found.fee_cny.values())
    text = "Public charging cost drivers {paid}; their {hours} of waiting are worth {waited} more"
    return Finding(say(text, paid=yuan(paid, say), hours=hours(found.waited_h, say), waited=yuan(found.waited_cny, say)))


def rows_of(found: Costs, say: Language) -> list[list[str]]:
    """Return a row a figure, a column a layer and their sum."""

    def row(words: str, values: dict[str, float], write: Writer) -> list[str]:
        return [words, *(write(values[layer], say) for layer in LAYERS), write(sum(values.values()), say)]

    in_all = {layer: found.energy_cny[layer] + found.fee_cny[layer] for layer in LAYERS}
    mean = {layer: in_all[layer] / found.energy_kwh[layer] if found.energy_kwh[layer] else np.nan for layer in LAYERS}
    kwh = sum(found.energy_kwh.values())
    rows = [
        row(say("energy from the grid"), {layer: kwh / 1e6 for layer, kwh in found.energy_kwh.items()}, gigawatt_hours),
        row(say("energy price"), found.energy_cny, yuan),
        row(say("service fees"), found.fee_cny, yuan),
        row(say("paid in all"), in_all, yuan),
        row(say("mean price"), mean, yuan_per_kwh),
    ]
    rows[-1][-1] = yuan_per_kwh(sum(in_all.values()) / kwh if kwh else np.nan, say)
    return rows


def stated(figures: Figures) -> list[dict[str, str]]:
    """Return the national figures of cost that the metrics hold, by name; `twin` forms them where a scenario builds."""
    found = []
    for metric in figures.metrics:
        if any(part in STATED for part in metric.split("_")):
            for layer in (*LAYERS, "all"):
                value, unit = figures.get(metric, layer), figures.unit(metric, layer)
                if np.isfinite(value):
                    text = UNITS.get(unit, Writer("" if unit == "-" else unit))(value, figures.say)
                    found.append({"name": figures.say(metric.replace("_", " ")), "layer": figures.say(layer), "text": text})
    return found
