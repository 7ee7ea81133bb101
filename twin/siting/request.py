"""What was asked for, checked: every fault of a request at once, with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.config import Config
from twin.errors import DataError, Faults
from twin.siting.candidates import LAYER_OF_KIND, Candidates, Package, package_of
from twin.stations.limits import needed_kva
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.nation import Places

__all__ = ["OBJECTIVES", "Request", "check_candidates", "check_request", "layers_asked"]

OBJECTIVES = ("covering", "median", "journeys", "waits")
LAYERS_OF = {"median": ("urban", "rural"), "journeys": ("highway",)}
USUAL_LAYERS = {"waits": ("highway",)}
"""A sample of the fleet keeps the same service areas whatever is put up, but not the same sites in town."""
"""Layers whose sites an objective builds on, where that is not the user's choice."""


class Request(NamedTuple):
    """What `twin site` is asked for.

    Attributes
    ----------
    budget_cny : float
        What may be spent.
    objective : str
        One of `OBJECTIVES`.
    provinces : tuple of str
        Codes; none for the nation.
    layers : tuple of str
        Layers to build in; none for all that the objective looks at.
    power_class : str
        Row of ``seeds/power_classes.csv``.
    n_evse : int
        EVSEs put up at a site.
    transformer_kva : float
        Largest transformer of a site.
    n_runs : int, optional
        Runs of the search on waits besides the first; of another objective, points of the frontier that are lived.
    n_points : int
        Budgets of the frontier, besides nothing.
    time_limit_s : float
        Seconds for HiGHS at each budget.
    """

    budget_cny: float
    objective: str = "covering"
    provinces: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    power_class: str = "hp_480"
    n_evse: int = 4
    transformer_kva: float = 2500.0
    n_runs: int | None = None
    n_points: int = 4
    time_limit_s: float = 240.0


def layers_asked(request: Request) -> tuple[str, ...]:
    """Return the layers in which sites are looked for."""
    usual = USUAL_LAYERS.get(request.objective, LAYERS)
    return LAYERS_OF.get(request.objective, request.layers or usual)


def check_request(request: Request, config: Config, provinces: list[str]) -> Package:
    """Check what needs no candidates; return the package.

    Raises
    ------
    DataError
        With every fault.
    """
    faults = Faults()
    if config.scenario.extent != "nation":
        faults.add("scenario.extent", config.scenario.extent, "nation", "sites are chosen on national scenarios")
    if not 0 < request.budget_cny < np.inf:
        faults.add("--budget", f"{request.budget_cny:,.0f} CNY", "an amount above 0", "give another")
    if request.objective not in OBJECTIVES:
        faults.add("--objective", repr(request.objective), f"one of {', '.join(OBJECTIVES)}", "give another")
    for code in request.provinces:
        if code not in provinces:
            faults.add("--province", repr(code), f"one of {', '.join(provinces)}", "correct the code")
    for layer in request.layers:
        if layer not in LAYERS:
            faults.add("--layer", repr(layer), f"one of {', '.join(LAYERS)}", "correct it")
    if request.layers and request.objective in LAYERS_OF:
        where = " and ".join(LAYERS_OF[request.objective])
        faults.add("--layer", ", ".join(request.layers), f"none: {request.objective} builds in {where}", "leave it out")
    for name, value, low, high in (
        ("--evses", request.n_evse, 1, 200),
        ("--runs", request.n_runs or 0, 0, 100),
        ("--points", request.n_points, 1, 20),
        ("--time-limit", request.time_limit_s, 1, 86_400),
    ):
        if not low <= value <= high:
            faults.add(name, f"{value:g}", f"{low} to {high:,}", "give another")
    try:
        package = package_of(config, request.power_class, max(request.n_evse, 1), request.transformer_kva)
    except DataError as fault:
        faults.add(str(fault))
    else:
        _check_transformer(package, faults)
    faults.raise_if_any(DataError)
    return package


def _check_transformer(package: Package, faults: Faults) -> None:
    total, strongest, n = (np.array([value]) for value in (package.power_w, package.rated_w, package.n_evse))
    kva = float(needed_kva(total, strongest, n, package.limit_share, package.efficiency)[0])
    if not kva <= package.transformer_kva:
        found = f"{package.n_evse} EVSEs of {package.rated_w / 1000:,.0f} kW, which need {kva:,.0f} kVA"
        faults.add(
            "--evses", found, f"what a transformer of {package.transformer_kva:,.0f} kVA feeds", "fewer, or a larger one"
        )


def check_candidates(request: Request, places: Places, candidates: Candidates) -> Candidates:
    """Return the sites of the provinces and layers asked for.

    Raises
    ------
    DataError
        If a province has none, or the budget buys none.
    """
    faults, regions = Faults(), places.regions
    wanted_kinds = [k for k, layer in enumerate(LAYER_OF_KIND) if layer in layers_asked(request)]
    fits = np.isin(candidates.kind, wanted_kinds)
    codes = regions.province_code.tolist()
    asked = [codes.index(code) for code in request.provinces] or list(range(len(codes)))
    n_by_province = np.bincount(candidates.province[fits], minlength=len(codes))
    for row in asked if request.provinces else []:
        if not n_by_province[row]:
            n_any = int((candidates.province == row).sum())
            faults.add(
                f"--province {codes[row]}",
                f"0 candidate sites in {', '.join(layers_asked(request))} ({n_any} in all layers)",
                "at least one without such EVSEs whose transformer can feed them", "other layers, power or province",
            )  # fmt: skip
    rows = np.flatnonzero(fits & np.isin(candidates.province, asked))
    chosen = candidates.take(rows)
    cheapest = float(chosen.cost_cny.min(initial=np.inf))
    if not len(rows) and not len(faults):
        faults.add("candidates", "none", "at least one site", "other layers or another power class")
    elif len(rows) and cheapest > request.budget_cny:
        faults.add(
            "--budget", f"{request.budget_cny:,.0f} CNY", f"at least {cheapest:,.0f}, the cheapest of {len(rows):,} sites",
            "raise it, or put up less at a site",
        )  # fmt: skip
    faults.raise_if_any(DataError)
    return chosen
