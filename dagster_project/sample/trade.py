"""What truly moved, honestly: gravity, seasons, trends, the war.

Belongs here: drawing honest shipments, and weighing any. Does not belong here: diversions (scenario_trade.py) and
what anybody reports (reports.py).

A shipment is one row: `exporter`, `importer` (where the goods went), `declared` (where the exporter declares they
went; differs for diverted goods only), `product` (HS2022, or REST for all goods outside the simulated ones),
`month` (0 = the first simulated month), `value_usd` (FOB), `kg`, `items` (0 for goods counted in kg) and
`is_exact` (reported without noise). One of a scenario may carry `exporter_code` and `importer_code`, under which it is
written down; without them its product is.
"""

import numpy as np
import pandas as pd

from dagster_project.sample.world_data import (
    CONTROLLED,
    COUNTRIES,
    GOODS,
    MONTHS,
    SPECIALITIES,
    STAPLES,
    distance_km,
    month_index,
)

SERIES_AT_SCALE_1 = 850  # exporter × importer × product kept: about 540,000 reported rows
REST = "REST"
REST_SHARE = 6.0  # trade in all other goods, as a multiple of the gravity value of the simulated ones
SMALLEST_SHIPMENT_USD = 200.0

# Who trades staples with whom, before the war: enough partners and goods of no list, outside the corridors, for these
# reporters to be rated singly (METHODS 2.6). The first trade with each other, and the last buy from those between.
STAPLE_TRADERS = ("DEU", "ITA", "FRA", "NLD", "POL", "CZE", "AUT", "GBR", "USA", "JPN", "KOR")
STAPLE_SELLERS = ("MYS", "CHN", "TUR", "IND", "HKG", "ARE", "SRB", "BRA", "ZAF", "VNM")
STAPLE_BUYERS = ("KAZ", "KGZ", "ARM")
STAPLE_USD_A_YEAR = (150_000, 600_000)

# The world is detailed where the scenario is: log odds that a pair is kept in HS6 detail, by role. The small
# corridor countries come before the big hubs, whose sheer size would crowd them out.
CORRIDORS = ("KAZ", "KGZ", "ARM", "GEO", "UZB", "TJK")
FOCUS = {
    ("coalition", "corridor"): 5.0, ("corridor", "target"): 4.0, ("transit", "corridor"): 3.5,
    ("coalition", "target"): 2.5, ("transit", "target"): 2.5, ("coalition", "transit"): 1.0,
}  # fmt: skip

WAR = month_index("2022-03")
COLLAPSE_CONTROLLED, COLLAPSE_OTHER = 0.87, 0.45  # share of coalition exports to the targets that ends
SUBSTITUTION = {"CHN": 1.2, "HKG": 1.5, "TUR": 0.6, "ARE": 0.8}  # growth of their exports to the targets
# Russia's neighbours grew: people and firms moved there, and they buy more of everything from everybody. What these
# imports gained after a year and a half, by importer.
BOOM = {"KAZ": 0.30, "KGZ": 0.45, "ARM": 0.50, "GEO": 0.30, "UZB": 0.25, "TJK": 0.20}
BOOM_MONTHS = 18


def honest_trade(
    rng: np.random.Generator, scale: float, pairs_needed: pd.DataFrame, reserved: set[tuple[str, str, str]]
) -> pd.DataFrame:
    """Shipments of the most interesting series but the `reserved`, and the REST of every pair that trades at all.

    `pairs_needed` (exporter, importer) trade REST even where no series of theirs was chosen, as the scenario's
    pairs must: a country that buys nothing else from a neighbour would be conspicuous.
    """
    series = _chosen_series(rng, round(SERIES_AT_SCALE_1 * scale), reserved)
    pairs = pd.concat([series, pairs_needed])[["exporter", "importer"]].drop_duplicates()
    pairs = pairs.sort_values(["exporter", "importer"])
    rest = pairs.assign(product=REST, usd_per_month=REST_SHARE * _pull(pairs))
    return weighed(rng, _monthly(rng, pd.concat([series, rest], ignore_index=True)))


def staple_trade(rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """Shipments of STAPLES in every month before 2022, among as many of the traders as the scale says."""
    traders = STAPLE_TRADERS[: max(2, round(len(STAPLE_TRADERS) * scale))]
    sellers = STAPLE_SELLERS[: max(1, round(len(STAPLE_SELLERS) * scale))]
    pairs = [(a, b) for a in traders for b in traders if a != b]
    pairs += [(seller, buyer) for seller in sellers for buyer in STAPLE_BUYERS]
    series = pd.DataFrame(
        [(*pair, product) for pair in pairs for product in STAPLES], columns=["exporter", "importer", "product"]
    )
    months = month_index("2022-01")
    per_month = rng.uniform(*STAPLE_USD_A_YEAR, len(series)) / 12
    value = per_month[:, None] * rng.lognormal(0, 0.2, (len(series), months))
    shipments = series.loc[series.index.repeat(months)].reset_index(drop=True)
    shipments = shipments.assign(declared=shipments.importer, month=np.tile(np.arange(months), len(series)))
    return weighed(rng, shipments.assign(value_usd=value.ravel(), is_exact=False))


def _pull(pairs: pd.DataFrame) -> np.ndarray:
    """Gravity: USD per month of simulated goods from exporter to importer, before the war."""
    exporter_size, importer_size = (pairs[side].map(COUNTRIES["size"]) for side in ("exporter", "importer"))
    distance = distance_km(pairs.exporter, pairs.importer)
    return (8e5 * (exporter_size * importer_size) ** 0.8 / distance).to_numpy()


def _chosen_series(rng: np.random.Generator, wanted: int, reserved: set[tuple[str, str, str]]) -> pd.DataFrame:
    """exporter, importer, product, usd_per_month: a weighted sample, every product in it at least once."""
    countries, goods = COUNTRIES.index, GOODS.index.drop([*STAPLES])
    grid = pd.MultiIndex.from_product(
        [countries, countries, goods], names=["exporter", "importer", "product"]
    ).to_frame(index=False)
    shape = (len(countries), len(countries), len(goods))

    tilt = np.ones((len(countries), len(goods)))
    for iso3, chapters in SPECIALITIES.items():
        for chapter, factor in chapters.items():
            tilt[countries.get_loc(iso3), goods.str[:2] == chapter] = factor
    supply = tilt * rng.lognormal(0, 1.0, (len(countries), len(goods)))
    demand = rng.lognormal(0, 0.7, (len(countries), len(goods)))
    liking = rng.normal(0, 1.5, (len(countries), len(countries), 1))  # some pairs trade many products
    luck = rng.gumbel(0, 1.0, shape)
    share = (supply[:, None, :] * demand[None, :, :] / len(goods)).ravel()
    grid["usd_per_month"] = share * _pull(grid)

    role = COUNTRIES.role.mask(countries.isin(CORRIDORS), "corridor")
    focus = np.array([[FOCUS.get((role[e], role[i]), 0.0) for i in countries] for e in countries])
    interest = (focus[:, :, None] + liking + luck).ravel()
    grid["score"] = np.log(grid.usd_per_month) / 2 + interest

    is_reserved = pd.MultiIndex.from_frame(grid[["exporter", "importer", "product"]]).isin(reserved)
    grid = grid[~is_reserved & (grid.exporter != grid.importer)].sort_values("score", ascending=False)
    is_first_of_product = ~grid["product"].duplicated()
    chosen = pd.concat([grid[is_first_of_product], grid[~is_first_of_product]]).head(max(wanted, len(goods)))
    return chosen.drop(columns="score").sort_values(["exporter", "importer", "product"], ignore_index=True)


def _monthly(rng: np.random.Generator, series: pd.DataFrame) -> pd.DataFrame:
    """Series with a mean (usd_per_month) → shipments by month, with trend, season, war and chance."""
    n, month = len(series), np.arange(MONTHS)
    mean = series.usd_per_month.to_numpy()
    is_rest = series["product"].eq(REST).to_numpy()
    chance = np.where(is_rest, 1.0, mean / (mean + 30_000))  # small trade ships in few months
    trend = np.exp(rng.normal(0.03, 0.05, n)[:, None] * month / 12)
    season = 1 + 0.15 * np.sin(2 * np.pi * (month + rng.integers(0, 12, n)[:, None]) / 12)
    noise = rng.lognormal(0, np.where(is_rest, 0.12, 0.35)[:, None], (n, MONTHS))
    ships = rng.random((n, MONTHS)) < chance[:, None]
    value = (mean / chance)[:, None] * trend * season * noise * _war(series) * boom(series.importer) * ships
    at, when = np.nonzero(value >= SMALLEST_SHIPMENT_USD)
    shipments = series.loc[at, ["exporter", "importer", "product"]].reset_index(drop=True)
    shipments = shipments.assign(declared=shipments.importer, is_exact=False)
    return shipments.assign(month=when, value_usd=value[at, when])


def _war(series: pd.DataFrame) -> np.ndarray:
    """What the war does to honest trade: a factor by series and month, in full force after three months."""
    by_coalition = series.exporter.map(COUNTRIES.role).eq("coalition")
    to_target = series.importer.map(COUNTRIES.role).eq("target")
    controlled = series["product"].isin(CONTROLLED)
    collapse = -np.where(controlled, COLLAPSE_CONTROLLED, COLLAPSE_OTHER)
    substitution = series.exporter.map(SUBSTITUTION).fillna(0) * controlled
    effect = to_target * np.where(by_coalition, collapse, substitution)
    force = np.clip((np.arange(MONTHS) - WAR + 1) / 3, 0, 1)
    return 1 + np.outer(effect, force)


def boom(importers: pd.Series) -> np.ndarray:
    """What the war does to what these countries buy, honestly: a factor by series and month."""
    force = np.clip((np.arange(MONTHS) - WAR + 1) / BOOM_MONTHS, 0, 1)
    return 1 + np.outer(importers.map(BOOM).fillna(0), force)


def weighed(rng: np.random.Generator, shipments: pd.DataFrame) -> pd.DataFrame:
    """Adds kg and items: every series has a price level of its own, every shipment strays a little."""
    good = GOODS.reindex(shipments["product"])
    level = shipments.groupby(["exporter", "declared", "product"]).ngroup().to_numpy()
    price = good.usd_per_kg.fillna(np.inf).to_numpy()
    price = price * np.exp(rng.normal(0, 0.25, level.max() + 1)[level] + rng.normal(0, 0.06, len(level)))
    kg = shipments.value_usd / price
    item_kg = good.kg_per_item.fillna(0).to_numpy()
    items = np.where(item_kg > 0, np.maximum(1, np.rint(kg / np.where(item_kg > 0, item_kg, 1))), 0)
    return shipments.assign(kg=kg, items=items.astype(np.int64))
