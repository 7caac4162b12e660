"""What the countries report: each records its exports and imports in its own way, or not at all.

Belongs here: how reporters record, and the sums of what they record. Does not belong here: true trade (trade.py), which
of it they publish (publication.py), and file layouts (comtrade.py).

A reported cell is one row: `reporter`, `flow` (X, M, RX, RM), `partner`, `code`, `period` (2022 or 202203)
and, as whole numbers so that every sum is exact, `cents` (the primary value, USD), `fob_cents` (imports at
FOB; elsewhere the same as cents), `kg`, `items`.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from dagster_project.sample.publication import (
    FIRST_HS2022_MONTH,
    LATE_HS2022_MONTH,
    YEAR_TO_DATE,
    ZEROS_WRITTEN,
    Publication,
    practices,
    published,
)
from dagster_project.sample.scenario import SILENT_FROM, SINGLE_MONTH_ERRORS, Rewriting, Scenario, Secret
from dagster_project.sample.trade import REST
from dagster_project.sample.world_data import (
    COUNTRIES,
    FIRST_YEAR,
    GOODS,
    HS2017_ANCESTOR,
    LANDLOCKED,
    MONTHS,
    STAPLES,
    YEARS,
    distance_km,
    month_index,
    month_start,
)

WORLD = "W00"
# All other goods are many, and their errors cancel in part: REST has this share of the error of a single good.
REST_ERROR_SHARE = 0.25

# Log points by which a country's import records stand below what was paid.
IMPORT_BIAS_LOG = {"KGZ": -0.15, "TJK": -0.20, "UZB": -0.05, "GEO": -0.03, "ARE": -0.05}

IMPORTS_VALUED_FOB = ("CAN", "ZAF")
IMPORTS_VALUED_BOTH = ("TUR", "AUS", "NZL", "CZE", "BRA", "SRB")
SMALLEST_IMPORT_CELL_USD = {"KGZ": 5_000, "TJK": 8_000, "UZB": 3_000, "ARE": 3_000}
SMALLEST_IMPORT_CELL_ELSEWHERE_USD = 1_000

# Practices of every world; a scenario adds others. What ships from a hub is partly written to where it came from.
REWRITTEN = [
    Rewriting(None, "NLD", None, "CHN", 0.15, "2019-01"),
    Rewriting(None, "BEL", None, "USA", 0.10, "2019-01"),
    Rewriting(None, "LTU", None, "DEU", 0.25, "2019-01"),
    Rewriting("ARM", None, None, "GEO", 0.12, "2019-01"),
    Rewriting("TJK", None, None, "KAZ", 0.15, "2019-01"),
    Rewriting("KGZ", "TUR", None, "KAZ", 0.30, "2019-01"),
]
# What a month brings comes in parcels, each with its own day and its own papers: no trade of millions arrives on one.
PARCEL_USD, MOST_PARCELS = 250_000, 10
REEXPORT_SHARE = {"HKG": 0.90, "ARE": 0.60, "NLD": 0.30, "TUR": 0.08}  # of exports, within X
REIMPORT_SHARE = {"CHE": 0.03}  # of imports, within M

# One year, and the last months of the next, were released a second time: at first these countries' imports were
# provisional.
REVISED_YEAR = 2022
REVISED_MONTHS = range(202307, 202313)
PROVISIONAL_AT_FIRST = ("KAZ", "KGZ", "GEO", "TUR", "SRB", "IND")
REVISED_SHARE, ADDED_SHARE, MOVED_SHARE = 0.10, 0.05, 0.05  # of their import cells

MEASURES = ["cents", "fob_cents", "kg", "items"]
CELL = ["reporter", "flow", "partner", "code", "month"]
PUBLISHED = ["reporter", "flow", "partner", "period", "code"]
SPECIAL, HIDDEN = "999999", "XXXX"  # where confidential goods stand: among all kinds, or in their chapter's sum only


class Reports(NamedTuple):
    """All that is published: the last release, and the first one of what was released twice."""

    annual: pd.DataFrame
    monthly: pd.DataFrame
    first_annual: pd.DataFrame  # REVISED_YEAR
    first_monthly: pd.DataFrame  # the year of REVISED_MONTHS


def reported_cells(
    rng: np.random.Generator, shipments: pd.DataFrame, plan: Scenario, publication: Publication
) -> Reports:
    """Shipments (trade.py) as the countries report them: cells of all levels, with the world as a partner."""
    silent = _months_published(plan)
    records = pd.concat([_export_records(rng, shipments, plan), _import_records(rng, shipments, plan)])
    records = records[records.month < records.reporter.map(silent)]
    records["code"] = _published_codes(records, plan.secrets)
    cells = records.groupby(CELL, as_index=False)[MEASURES].sum()
    smallest = cells.reporter.map(SMALLEST_IMPORT_CELL_USD).fillna(SMALLEST_IMPORT_CELL_ELSEWHERE_USD)
    cells = cells[(cells.cents > 0) & ((cells.flow == "X") | (cells.cents >= smallest * 100))]
    cells = pd.concat([cells, _within(cells, "X", REEXPORT_SHARE), _within(cells, "M", REIMPORT_SHARE)])

    year = FIRST_YEAR + cells.month // 12
    is_whole_year = (cells.month // 12 + 1) * 12 <= cells.reporter.map(silent)
    annual = _summed([cells.assign(period=year)[is_whole_year | cells.reporter.isin(YEAR_TO_DATE)]], PUBLISHED)
    annual = pd.concat([annual, _zeros(annual)])
    # by months the staples are among the rest of a pair's trade
    monthly = (
        cells.assign(code=cells.code.where(~cells.code.isin([*STAPLES]), REST)).groupby(CELL, as_index=False).sum()
    )
    monthly = monthly.assign(period=(FIRST_YEAR + monthly.month // 12) * 100 + monthly.month % 12 + 1)
    monthly = monthly.drop(columns="month")
    same_year = monthly[monthly.period // 100 == REVISED_MONTHS[0] // 100]
    revised = same_year.period.isin(REVISED_MONTHS)
    first = pd.concat([same_year[~revised], _as_first_released(rng, same_year[revised])])
    every = (annual, monthly, _as_first_released(rng, annual[annual.period == REVISED_YEAR]), first)
    levels = [_all_levels(pd.concat([each, each.assign(partner=WORLD)])) for each in every]
    return Reports(*(published(cells, freq, publication) for cells, freq in zip(levels, "AMAM", strict=True)))


def _zeros(annual: pd.DataFrame) -> pd.DataFrame:
    """The years in which a usual export of ZEROS_WRITTEN did not happen, each with a 0."""
    usual = annual[annual.reporter.isin(ZEROS_WRITTEN) & (annual.flow == "X") & (annual.code != REST)]
    series = usual[["reporter", "flow", "partner", "code"]].drop_duplicates()
    every = series.merge(pd.DataFrame({"period": YEARS}), how="cross").merge(usual, "left")
    return every[every.cents.isna()].fillna(0).astype(dict.fromkeys(MEASURES, "int64"))


def _published_codes(records: pd.DataFrame, secrets: list[Secret]) -> pd.Series:
    """Under which code a record stands: confidential goods hide, and before a reporter's HS2022 old codes stand."""
    old = records.month < records.reporter.map(LATE_HS2022_MONTH).fillna(FIRST_HS2022_MONTH)
    codes = records.code.where(~old, records.code.replace(HS2017_ANCESTOR))
    for secret in secrets:
        kept = (records.reporter == secret.reporter) & (records.flow == secret.flow) & (records.code == secret.product)
        codes = codes.mask(kept, SPECIAL if secret.place == "special" else secret.product[:2] + HIDDEN)
    return codes


def _as_first_released(rng: np.random.Generator, cells: pd.DataFrame) -> pd.DataFrame:
    """Cells before their revision: some imports too low or too high, some missing, some under a neighbour's code
    that the country records from others."""
    cells = cells.reset_index(drop=True)
    draw = pd.Series(rng.random(len(cells)))
    provisional = cells.reporter.isin(PROVISIONAL_AT_FIRST) & (cells.flow == "M") & cells.code.isin(GOODS.index)
    revised = provisional & (draw < REVISED_SHARE)
    factor = np.where(revised, rng.uniform(0.8, 1.1, len(cells)), 1.0)
    first = cells.assign(**{name: np.rint(cells[name] * factor).astype("int64") for name in MEASURES})
    taken = set(zip(cells.period, cells.reporter, cells.partner, cells.code, strict=True))
    known = set(zip(cells.period, cells.reporter, cells.flow, cells.code, strict=True))
    moved = provisional & draw.between(REVISED_SHARE, REVISED_SHARE + MOVED_SHARE, inclusive="left")
    for row in cells[moved].itertuples():
        where = (row.period, row.reporter, row.partner)
        neighbours = [code for code in GOODS.index if code[:4] == row.code[:4] and code != row.code]
        free = [c for c in neighbours if (*where, c) not in taken and (row.period, row.reporter, "M", c) in known]
        if free:
            first.loc[row.Index, "code"] = free[0]
            taken.add((*where, free[0]))
    return first[~(provisional & (draw >= 1 - ADDED_SHARE))]


def _export_records(rng: np.random.Generator, shipments: pd.DataFrame, plan: Scenario) -> pd.DataFrame:
    """Exporters record at FOB, in the month of shipment, the destination that was declared; a month by error."""
    noise, quantity_noise = _noise(rng, shipments, shipments.exporter, "export_noise_sd")
    for d in (d for d in plan.decoys if d.kind in SINGLE_MONTH_ERRORS):
        month = (d.exporter, d.importer, d.product, month_index(d.first))
        wrong = shipments[["exporter", "declared", "product", "month"]].eq(month).all(axis=1)
        noise = np.where(wrong, noise * d.factor, noise)
    cents = np.rint(shipments.value_usd * noise * 100)
    return pd.DataFrame({
        "reporter": shipments.exporter, "flow": "X", "partner": shipments.declared,
        "code": shipments.exporter_code, "month": shipments.month, "cents": cents, "fob_cents": cents,
        "kg": np.rint(shipments.kg * quantity_noise), "items": np.rint(shipments["items"] * quantity_noise),
    }).astype(dict.fromkeys(MEASURES, "int64"))  # fmt: skip


def _import_records(rng: np.random.Generator, shipments: pd.DataFrame, plan: Scenario) -> pd.DataFrame:
    """Importers record what reached them, by the parcel, on arrival (this month or next), CIF unless they value FOB."""
    noise, quantity_noise = _noise(rng, shipments, shipments.importer, "import_noise_sd")
    noise = noise * np.exp(shipments.importer.map(IMPORT_BIAS_LOG).fillna(0))
    parcels = np.clip(np.ceil(shipments.value_usd / PARCEL_USD), 1, MOST_PARCELS).astype(int)
    shipments = shipments.assign(
        value_usd=shipments.value_usd * noise / parcels,
        kg=shipments.kg * quantity_noise / parcels,
        items=np.maximum(shipments["items"] * quantity_noise / parcels, shipments["items"] > 0),
    ).loc[shipments.index.repeat(parcels)]
    shipments = shipments.reset_index(drop=True)
    distance = distance_km(shipments.exporter, shipments.importer)
    arrives_next_month = rng.random(len(shipments)) < np.minimum(distance / 20_000, 0.5)
    partner = shipments.exporter
    for rule in (*REWRITTEN, *plan.rewritten):
        moved = (shipments.importer != rule.written) & (shipments.exporter != rule.written)
        moved &= (shipments.month >= month_index(rule.since)) & (rng.random(len(shipments)) < rule.share)
        for side, meant in (("importer", rule.importer), ("exporter", rule.shipper), ("product", rule.product)):
            moved &= meant is None or shipments[side] == meant
        partner = partner.mask(moved, rule.written)
    fob = np.rint(shipments.value_usd * 100)
    cif = np.rint(fob * (1 + _freight_share(shipments)))
    records = pd.DataFrame({
        "reporter": shipments.importer, "flow": "M", "partner": partner, "code": shipments.importer_code,
        "month": shipments.month + arrives_next_month,
        "cents": cif.mask(shipments.importer.isin(IMPORTS_VALUED_FOB), fob), "fob_cents": fob,
        "kg": np.rint(shipments.kg), "items": np.rint(shipments["items"]),
    }).astype(dict.fromkeys(MEASURES, "int64"))  # fmt: skip
    return records[records.month < MONTHS]


def _freight_share(shipments: pd.DataFrame) -> np.ndarray:
    """Freight and insurance as a share of FOB, 0.01 to 0.10: more for far, landlocked and heavy."""
    far = distance_km(shipments.exporter, shipments.importer) / 12_000
    is_heavy = GOODS.usd_per_kg.reindex(shipments["product"]).lt(20).to_numpy()
    share = 0.01 + 0.06 * far + 0.015 * shipments.importer.isin(LANDLOCKED) + 0.015 * is_heavy
    return np.clip(share, 0.01, 0.10)


def _noise(
    rng: np.random.Generator, shipments: pd.DataFrame, reporter: pd.Series, column: str
) -> tuple[np.ndarray, np.ndarray]:
    """Factors on value and on quantity (a fifth as noisy: scales err less than invoices); 1 where exact."""
    sd = np.where(shipments.is_exact, 0, COUNTRIES[column].reindex(reporter).to_numpy())
    sd = np.where(shipments["product"] == REST, REST_ERROR_SHARE * sd, sd)
    return np.exp(sd * rng.standard_normal(len(sd))), np.exp(sd / 5 * rng.standard_normal(len(sd)))


def _within(cells: pd.DataFrame, flow: str, shares: dict[str, float]) -> pd.DataFrame:
    """The re-exports among exports, or the re-imports among imports: part of the flow, listed again as R…"""
    part = cells[(cells.flow == flow) & cells.reporter.isin(shares)]
    amounts = np.floor(part[MEASURES].mul(part.reporter.map(shares), axis=0)).astype("int64")
    part = part.assign(flow=f"R{flow}", **{name: amounts[name] for name in MEASURES})
    return part[part.cents >= SMALLEST_IMPORT_CELL_ELSEWHERE_USD * 100]


def _all_levels(cells: pd.DataFrame) -> pd.DataFrame:
    """HS6 cells → HS6, HS4, HS2 and TOTAL. TOTAL alone holds the REST: its chapters are not simulated. A chapter alone
    holds what is hidden in it."""
    goods = cells[cells.code != REST]
    visible = goods[~goods.code.str.endswith(HIDDEN)]
    hs6 = _summed([visible], PUBLISHED)
    hs4 = _summed([visible.assign(code=visible.code.str[:4])], PUBLISHED)
    hs2 = _summed([goods.assign(code=goods.code.str[:2])], PUBLISHED)
    total = _summed([cells.assign(code="TOTAL")], PUBLISHED)
    every = pd.concat([total, hs2, hs4, hs6], ignore_index=True)
    return every.sort_values(["period", "reporter", "flow", "partner", "code"], ignore_index=True)


def _summed(frames: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    return pd.concat(frames).groupby(key, as_index=False)[MEASURES].sum()


def _months_published(plan: Scenario) -> pd.Series:
    """Country → how many months, counted from the first simulated one, it publishes."""
    silent = {c: month_index(m) for c, m in (SILENT_FROM | plan.late_from).items()}
    return COUNTRIES.index.to_series().map(silent).fillna(MONTHS)


def reporters(plan: Scenario, publication: Publication) -> pd.DataFrame:
    """truth/reporters.csv: how each country reports, and what it publishes."""
    table = COUNTRIES[["role", "export_noise_sd", "import_noise_sd"]].rename_axis("country_iso3")
    table = table.reset_index()
    country, months = table.country_iso3, _months_published(plan).astype(int).tolist()
    basis = pd.Series("consignment", index=table.index)
    for rule in (*REWRITTEN, *plan.rewritten):
        text = (
            f"{rule.share:.0%} of {rule.product or 'all'} from {rule.shipper or 'anywhere'} "
            f"written to {rule.written} from {rule.since}"
        )
        theirs = (country == rule.importer) if rule.importer else (country != rule.shipper)
        basis = basis.mask(theirs, basis.where(basis != "consignment", "").add("; ").add(text).str.lstrip("; "))
    valuation = pd.Series("CIF", index=table.index)
    valuation = valuation.mask(country.isin(IMPORTS_VALUED_FOB), "FOB")
    table = table.assign(
        import_bias_log=country.map(IMPORT_BIAS_LOG).fillna(0.0),
        import_valuation=valuation.mask(country.isin(IMPORTS_VALUED_BOTH), "CIF and FOB"),
        import_basis=basis,
        lag_months=[MONTHS - m if MONTHS - m < 12 else "" for m in months],  # beyond, it is silent, not late
        silent_after=["" if m == MONTHS else month_start(m - 1) if m else "never reports" for m in months],
    )
    return table.join(practices(country, publication))
