"""What truly moved, by design: the constants of plot.py turned into shipments.

Belongs here: planted shipments and the list of them. Does not belong here: honest trade (trade.py, which also
says what a shipment is) and what anybody reports (reports.py).
"""

import numpy as np
import pandas as pd

from dagster_project.sample import plot
from dagster_project.sample.cast import GOODS, MONTHS, month_index, month_start
from dagster_project.sample.trade import WAR, weighed

_HOW = {
    "never_arrived": "declared for {transit}, went to {target}; {transit} never records it",
    "beside_honest_trade": "as never_arrived, beside honest trade that {transit} does record",
    "arrived_and_went_on": "{transit} records it, then exports it to {target} at a mark-up",
    "article": "stands behind {transit}'s reported exports to {target} in the article",
}


def planted_trade(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All planted shipments, and the list of diversions among them (truth/diversions.csv)."""
    shipments, told = [_anchors(rng)], []
    for number, d in enumerate(plot.DIVERSIONS, start=1):
        goes_on = d.kind == "arrived_and_went_on"
        leg = _spread(rng, d, importer=d.transit if goes_on else d.target, declared=d.transit)
        shipments += [leg, _onward(leg, d.target)] if goes_on else [leg]
        told.append(_told(f"D{number:02d}", d.kind, leg, d.transit, d.target))

    outflow, inflow = _article()
    shipments += [outflow, inflow]
    for number, (_, leg) in enumerate(inflow[inflow.month >= WAR].groupby("product"), start=1):
        told.append(_told(f"A{number:02d}", "article", leg, plot.ARTICLE_EXPORTER, plot.ARTICLE_IMPORTER))

    shipments += [_spread(rng, d, importer=d.importer, declared=d.importer) for d in plot.DECOYS if d.usd_million]
    return pd.concat(shipments, ignore_index=True), pd.DataFrame(told)


def _told(diversion_id: str, kind: str, leg: pd.DataFrame, transit: str, target: str) -> dict:
    """One row of truth/diversions.csv; `leg` is what left the exporter."""
    return {
        "diversion_id": diversion_id, "kind": kind,
        "exporter_iso3": leg.exporter.iloc[0], "transit_iso3": transit, "target_iso3": target,
        "product_code": leg["product"].iloc[0],
        "first_month": month_start(leg.month.min()), "last_month": month_start(leg.month.max()),
        "value_usd": f"{leg.value_usd.sum():.2f}",
        "description": _HOW[kind].format(transit=transit, target=target),
    }  # fmt: skip


def _spread(
    rng: np.random.Generator, planted: plot.Diversion | plot.Decoy, importer: str, declared: str
) -> pd.DataFrame:
    """The planted sum over its months, to the cent: grows for a third of the time, then holds."""
    months = np.arange(month_index(planted.first), month_index(planted.last) + 1)
    growth = np.minimum(1, np.arange(1, len(months) + 1) / (len(months) / 3))
    cents = _apportioned(round(planted.usd_million * 1e8), growth * rng.lognormal(0, 0.2, len(months)))
    shipments = pd.DataFrame({"month": months, "value_usd": cents / 100}).assign(
        exporter=planted.exporter,
        importer=importer,
        declared=declared,
        product=planted.product,
        is_exact=False,
    )
    return weighed(rng, shipments)


def _onward(leg: pd.DataFrame, target: str) -> pd.DataFrame:
    """The same goods leave the transit country a month later, dearer by the mark-up."""
    value = (leg.value_usd * (1 + plot.MARKUP)).round(2)
    moved = {"exporter": leg.importer, "importer": target, "declared": target}
    return leg.assign(month=leg.month + 1, value_usd=value, **moved)


def _article() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The article's exports from Kazakhstan to Russia, exact, and the imports a month before it."""
    kazakhstan, russia = plot.ARTICLE_EXPORTER, plot.ARTICLE_IMPORTER
    machines = _by_product_and_month(plot.WASHING_MACHINE_ITEMS, plot.WASHING_MACHINE_SHARES)
    chips = _by_product_and_month({y: usd * 100 for y, usd in plot.CHIPS_USD.items()}, plot.CHIP_SHARES)
    for goods in (machines, chips):
        goods["usd_per_kg"], goods["item_kg"] = GOODS.reindex(goods["product"]).to_numpy().T
    # Washing machines are planted in items and priced; chips are planted in cents and weighed.
    machines["items"] = machines.amount
    machines["kg"] = machines.amount * machines.item_kg
    machines["value_usd"] = (machines.kg * machines.usd_per_kg).round()
    chips["value_usd"] = chips.amount / 100
    chips["kg"] = chips.value_usd / chips.usd_per_kg
    chips["items"] = (chips.kg / chips.item_kg).round().astype("int64")

    goods = pd.concat([machines, chips], ignore_index=True).drop(columns=["amount", "usd_per_kg", "item_kg"])
    supplier = goods.pop("supplier")
    outflow = goods.assign(exporter=kazakhstan, importer=russia, declared=russia, is_exact=True)
    inflow = goods.assign(exporter=supplier, importer=kazakhstan, declared=kazakhstan, is_exact=False)
    paid = (goods.value_usd / (1 + plot.MARKUP)).round(2)
    return outflow, inflow.assign(month=goods.month - 1, value_usd=paid)


def _by_product_and_month(totals: dict[int, int], shares: dict[str, tuple[float, str]]) -> pd.DataFrame:
    """Yearly totals → product, supplier, month, amount: whole numbers that add up to the totals."""
    rows = []
    for year, total in totals.items():
        months = plot.ARTICLE_MONTHS[year]
        keys = [(p, supplier, month_index(f"{year}-{m}")) for p, (_, supplier) in shares.items() for m in months]
        weights = [share * weight for share, _ in shares.values() for weight in months.values()]
        rows += [(*key, amount) for key, amount in zip(keys, _apportioned(total, weights), strict=True)]
    return pd.DataFrame(rows, columns=["product", "supplier", "month", "amount"]).query("amount > 0")


def _anchors(rng: np.random.Generator) -> pd.DataFrame:
    """Honest business that the plot needs, every month of the whole span; one of it is the price jump."""
    hidden = [d for d in plot.DIVERSIONS if d.kind != "arrived_and_went_on"]
    companions = sorted({(plot.COMPANION_EXPORTER, d.transit, d.product) for d in hidden})
    wanted = [*plot.HONEST_ANCHORS, *((*key, plot.COMPANION_USD_MILLION) for key in companions)]
    key = ["exporter", "importer", "product"]
    series = pd.DataFrame(wanted, columns=[*key, "usd_million"])
    shipments = series.loc[series.index.repeat(MONTHS)].reset_index(drop=True)
    value = shipments.pop("usd_million") * 1e6 / 12 * rng.lognormal(0, 0.2, len(shipments))
    month = np.tile(np.arange(MONTHS), len(series))
    shipments = shipments.assign(declared=shipments.importer, month=month, value_usd=value, is_exact=False)
    shipments = weighed(rng, shipments)
    for d in (d for d in plot.DECOYS if d.kind == "price_jump"):
        jumps = shipments[key].eq([d.exporter, d.importer, d.product]).all(axis=1)
        jumps &= shipments.month >= month_index(d.first)
        shipments.loc[jumps, "value_usd"] *= plot.PRICE_JUMP
    return shipments


def _apportioned(total: int, weights: np.ndarray | list[float]) -> np.ndarray:
    """Splits a whole number by weights into whole numbers that add up to it again (largest remainder)."""
    exact = total * np.asarray(weights, float) / np.sum(weights)
    parts = np.floor(exact).astype("int64")
    parts[np.argsort(parts - exact, kind="stable")[: total - parts.sum()]] += 1
    return parts
