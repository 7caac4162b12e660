"""What the countries say moved: each records its exports and imports in its own way, or not at all.

Belongs here: the habits of reporters, and the sums they publish. Does not belong here: true trade
(trade.py) and file layouts (comtrade.py).

A reported cell is one row: `reporter`, `flow` (X, M, RX, RM), `partner`, `code`, `period` (2022 or 202203)
and, as whole numbers so that every sum is exact, `cents` (the primary value, USD), `fob_cents` (imports at
FOB; elsewhere the same as cents), `kg`, `items`.
"""

import numpy as np
import pandas as pd

from dagster_project.sample.cast import (
    COUNTRIES,
    FIRST_YEAR,
    GOODS,
    HS2017_ANCESTOR,
    LANDLOCKED,
    MONTHS,
    distance_km,
    month_index,
    month_start,
)
from dagster_project.sample.trade import REST

WORLD = "W00"
FIRST_HS2022_MONTH = month_index("2022-01")

# The first month a country no longer publishes; a country not named here publishes all of them. A year with
# a missing month has no annual figure.
SILENT_FROM = {
    "TWN": "2019-01",  # reports nothing, is only ever a partner
    "RUS": "2022-01", "BLR": "2022-01",  # stopped publishing
    "TJK": "2024-01", "ARE": "2024-01", "VNM": "2024-01",  # 2024 not yet out
    "KAZ": "2024-11", "KGZ": "2024-11", "UZB": "2024-10", "ARM": "2024-12",  # late by some months
}  # fmt: skip
# Log points by which a country's import records stand below what was paid.
IMPORT_BIAS_LOG = {"KGZ": -0.15, "TJK": -0.20, "UZB": -0.05, "GEO": -0.03, "ARE": -0.05}

IMPORTS_VALUED_FOB = ("CAN", "ZAF")
IMPORTS_VALUED_BOTH = ("TUR", "AUS", "NZL", "CZE", "BRA", "SRB")
SMALLEST_IMPORT_CELL_USD = {"KGZ": 5_000, "TJK": 8_000, "UZB": 3_000, "ARE": 3_000}
SMALLEST_IMPORT_CELL_ELSEWHERE_USD = 1_000

# Imports written to a partner other than the shipper: importer, shipper (None: any), the partner written,
# share of shipments, from when. The last row is the decoy `basis_switch`.
WRITTEN_TO_ANOTHER_PARTNER = [
    ("ARM", None, "GEO", 0.12, "2019-01"),
    ("TJK", None, "KAZ", 0.15, "2019-01"),
    ("KGZ", "TUR", "KAZ", 0.30, "2019-01"),
    ("SRB", "NLD", "CHN", 0.85, "2023-01"),
]
REEXPORT_SHARE = {"HKG": 0.90, "ARE": 0.60, "NLD": 0.30, "TUR": 0.08}  # of exports, within X
REIMPORT_SHARE = {"CHE": 0.03}  # of imports, within M

# One year was released a second time: at first these countries' imports were provisional.
REVISED_YEAR = 2022
PROVISIONAL_AT_FIRST = ("KAZ", "KGZ", "GEO", "TUR", "SRB", "IND")
REVISED_SHARE, ADDED_SHARE, MOVED_SHARE = 0.10, 0.05, 0.05  # of their import cells

MEASURES = ["cents", "fob_cents", "kg", "items"]
CELL = ["reporter", "flow", "partner", "code", "month"]


def reported_cells(
    rng: np.random.Generator, shipments: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Everything published, all levels: the annual cells, the monthly cells, and REVISED_YEAR as first released."""
    records = pd.concat([_export_records(rng, shipments), _import_records(rng, shipments)])
    records = records[records.month < records.reporter.map(_months_published())]
    old = records.month < FIRST_HS2022_MONTH
    records["code"] = records.code.where(~old, records.code.replace(HS2017_ANCESTOR))
    cells = records.groupby(CELL, as_index=False)[MEASURES].sum()
    smallest = cells.reporter.map(SMALLEST_IMPORT_CELL_USD).fillna(SMALLEST_IMPORT_CELL_ELSEWHERE_USD)
    cells = cells[(cells.cents > 0) & ((cells.flow == "X") | (cells.cents >= smallest * 100))]
    cells = pd.concat([cells, _within(cells, "X", REEXPORT_SHARE), _within(cells, "M", REIMPORT_SHARE)])

    year = FIRST_YEAR + cells.month // 12
    is_whole_year = (cells.month // 12 + 1) * 12 <= cells.reporter.map(_months_published())
    key = ["reporter", "flow", "partner", "period", "code"]
    annual = _summed([cells.assign(period=year)[is_whole_year]], key)
    first = _as_first_released(rng, annual[annual.period == REVISED_YEAR])
    monthly = cells.assign(period=year * 100 + cells.month % 12 + 1)
    return tuple(_all_levels(pd.concat([each, each.assign(partner=WORLD)])) for each in (annual, monthly, first))


def _as_first_released(rng: np.random.Generator, cells: pd.DataFrame) -> pd.DataFrame:
    """A year before its revision: some imports too low or too high, some missing, some under a neighbour's code."""
    cells = cells.reset_index(drop=True)
    draw = pd.Series(rng.random(len(cells)))
    provisional = cells.reporter.isin(PROVISIONAL_AT_FIRST) & (cells.flow == "M") & (cells.code != REST)
    revised = provisional & (draw < REVISED_SHARE)
    factor = np.where(revised, rng.uniform(0.8, 1.1, len(cells)), 1.0)
    first = cells.assign(**{name: np.rint(cells[name] * factor).astype("int64") for name in MEASURES})
    taken = set(zip(cells.reporter, cells.partner, cells.code, strict=True))
    moved = provisional & draw.between(REVISED_SHARE, REVISED_SHARE + MOVED_SHARE, inclusive="left")
    for row in cells[moved].itertuples():
        neighbours = [code for code in GOODS.index if code[:4] == row.code[:4] and code != row.code]
        free = [code for code in neighbours if (row.reporter, row.partner, code) not in taken]
        if free:
            first.loc[row.Index, "code"] = free[0]
            taken.add((row.reporter, row.partner, free[0]))
    return first[~(provisional & (draw >= 1 - ADDED_SHARE))]


def _export_records(rng: np.random.Generator, shipments: pd.DataFrame) -> pd.DataFrame:
    """Exporters record at FOB, in the month of shipment, the destination they were told."""
    noise, quantity_noise = _noise(rng, shipments, shipments.exporter, "export_noise_sd")
    cents = np.rint(shipments.value_usd * noise * 100)
    return pd.DataFrame({
        "reporter": shipments.exporter, "flow": "X", "partner": shipments.declared,
        "code": shipments["product"], "month": shipments.month, "cents": cents, "fob_cents": cents,
        "kg": np.rint(shipments.kg * quantity_noise), "items": np.rint(shipments["items"] * quantity_noise),
    }).astype(dict.fromkeys(MEASURES, "int64"))  # fmt: skip


def _import_records(rng: np.random.Generator, shipments: pd.DataFrame) -> pd.DataFrame:
    """Importers record what reached them, on arrival (this month or next), CIF unless they value FOB."""
    noise, quantity_noise = _noise(rng, shipments, shipments.importer, "import_noise_sd")
    noise = noise * np.exp(shipments.importer.map(IMPORT_BIAS_LOG).fillna(0))
    distance = distance_km(shipments.exporter, shipments.importer)
    arrives_next_month = rng.random(len(shipments)) < np.minimum(distance / 20_000, 0.5)
    partner = shipments.exporter
    for importer, shipper, written, share, since in WRITTEN_TO_ANOTHER_PARTNER:
        moved = (shipments.importer == importer) & (shipments.exporter != written)
        moved &= (shipments.month >= month_index(since)) & (rng.random(len(shipments)) < share)
        if shipper:
            moved &= shipments.exporter == shipper
        partner = partner.mask(moved, written)
    fob = np.rint(shipments.value_usd * noise * 100)
    cif = np.rint(fob * (1 + _freight_share(shipments)))
    records = pd.DataFrame({
        "reporter": shipments.importer, "flow": "M", "partner": partner, "code": shipments["product"],
        "month": shipments.month + arrives_next_month,
        "cents": cif.mask(shipments.importer.isin(IMPORTS_VALUED_FOB), fob), "fob_cents": fob,
        "kg": np.rint(shipments.kg * quantity_noise), "items": np.rint(shipments["items"] * quantity_noise),
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
    return np.exp(sd * rng.standard_normal(len(sd))), np.exp(sd / 5 * rng.standard_normal(len(sd)))


def _within(cells: pd.DataFrame, flow: str, shares: dict[str, float]) -> pd.DataFrame:
    """The re-exports among exports, or the re-imports among imports: part of the flow, listed again as R…"""
    part = cells[(cells.flow == flow) & cells.reporter.isin(shares)]
    amounts = np.floor(part[MEASURES].mul(part.reporter.map(shares), axis=0)).astype("int64")
    part = part.assign(flow=f"R{flow}", **{name: amounts[name] for name in MEASURES})
    return part[part.cents >= SMALLEST_IMPORT_CELL_ELSEWHERE_USD * 100]


def _all_levels(cells: pd.DataFrame) -> pd.DataFrame:
    """HS6 cells → HS6, HS4, HS2 and TOTAL. TOTAL alone holds the REST: nobody simulated its chapters."""
    key = ["reporter", "flow", "partner", "period", "code"]
    goods = cells[cells.code != REST]
    hs6 = _summed([goods], key)
    hs4 = _summed([hs6.assign(code=hs6.code.str[:4])], key)
    hs2 = _summed([hs4.assign(code=hs4.code.str[:2])], key)
    total = _summed([cells.assign(code="TOTAL")], key)
    every = pd.concat([total, hs2, hs4, hs6], ignore_index=True)
    return every.sort_values(["period", "reporter", "flow", "partner", "code"], ignore_index=True)


def _summed(frames: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    return pd.concat(frames).groupby(key, as_index=False)[MEASURES].sum()


def _months_published() -> pd.Series:
    """Country → how many months, counted from the first simulated one, it publishes."""
    return COUNTRIES.index.to_series().map({c: month_index(m) for c, m in SILENT_FROM.items()}).fillna(MONTHS)


def reporters() -> pd.DataFrame:
    """truth/reporters.csv: how each country reports."""
    table = COUNTRIES[["role", "export_noise_sd", "import_noise_sd"]].rename_axis("country_iso3")
    table = table.reset_index()
    country, months = table.country_iso3, _months_published().astype(int).tolist()
    basis = pd.Series("consignment", index=table.index)
    for importer, shipper, written, share, since in WRITTEN_TO_ANOTHER_PARTNER:
        text = f"{share:.0%} of shipments from {shipper or 'anywhere'} written to {written} from {since}"
        basis = basis.mask(country == importer, text)
    valuation = pd.Series("CIF", index=table.index)
    valuation = valuation.mask(country.isin(IMPORTS_VALUED_FOB), "FOB")
    return table.assign(
        import_bias_log=country.map(IMPORT_BIAS_LOG).fillna(0.0),
        import_valuation=valuation.mask(country.isin(IMPORTS_VALUED_BOTH), "CIF and FOB"),
        import_basis=basis,
        lag_months=[MONTHS - m if MONTHS - m < 12 else "" for m in months],  # beyond, it is silent, not late
        silent_after=["" if m == MONTHS else month_start(m - 1) if m else "never reports" for m in months],
    )
