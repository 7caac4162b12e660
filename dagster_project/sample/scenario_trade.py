"""What truly moved, by design: a scenario as shipments, and the ground truth about them.

Belongs here: shipments of a scenario and the lists of them. Does not belong here: regular trade (trade.py, which also
defines a shipment) and reports (reports.py).
"""

import numpy as np
import pandas as pd

from dagster_project.sample import scenario
from dagster_project.sample.scenario import Decoy, Diversion, Scenario
from dagster_project.sample.trade import WAR, boom, weighed
from dagster_project.sample.world_data import GOODS, MONTHS, month_index, month_start

_HOW = {
    "never_arrived": "declared for {transit}, went to {target}; {transit} never records it",
    "beside_honest_trade": "as never_arrived, beside honest trade that {transit} does record",
    "split_over_three": "as never_arrived, one of three ways that a single plan took",
    "mislabelled_by_exporter": "as never_arrived, and {exporter} writes down {label}",
    "mislabelled_by_importer": "{transit} records it as {label}, then exports it to {target} at a mark-up",
    "arrived_and_went_on": "{transit} records it, then exports it to {target} at a mark-up",
    "beside_hidden_trade": "as beside_honest_trade; {transit} writes the honest trade to an area that is no country",
    "article_unmirrored": "as never_arrived: the article's goods, in the sample's own world alone",
    "article": "stands behind {transit}'s reported exports to {target} in the article",
}


def scenario_trade(rng: np.random.Generator, plan: Scenario) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All shipments of a scenario, the list of diversions among them (truth/diversions.csv), and how much of each
    month of each diversion arrived (truth/ghost.csv)."""
    shipments, diversions, months = [_anchors(rng, plan)], [], []
    for number, d in enumerate(plan.diversions, start=1):
        leg = _spread(rng, d, importer=d.transit if d.arrives else d.target, declared=d.transit)
        leg = leg.assign(exporter_code=d.exporter_code, importer_code=d.importer_code or d.product)
        shipments += [leg, _onward(leg, d)] if d.arrives else [leg]
        diversions.append(_diversion_row(f"D{number:02d}", d, leg, f"G{d.group:02d}"))
        months.append(_by_month(diversions[-1], leg))

    outflow, inflow = _article()
    shipments += [outflow, inflow]
    for number, (product, leg) in enumerate(inflow[inflow.month >= WAR].groupby("product"), start=1):
        way, target = scenario.ARTICLE_EXPORTER, scenario.ARTICLE_IMPORTER
        d = Diversion("article", 0, leg.exporter.iloc[0], way, target, product, "", "", 0)
        diversions.append(_diversion_row(f"A{number:02d}", d, leg, f"A{number:02d}"))
        months.append(_by_month(diversions[-1], leg))

    for d in (d for d in plan.decoys if d.usd_million):
        leg = _spread(rng, d, importer=d.importer, declared=d.importer)
        shipments += [leg, _passed_on(leg, d.onward_to)] if d.onward_to else [leg]
    return pd.concat(shipments, ignore_index=True), pd.DataFrame(diversions), pd.concat(months, ignore_index=True)


def _diversion_row(diversion_id: str, d: Diversion, leg: pd.DataFrame, group_id: str) -> dict:
    """One row of truth/diversions.csv; `leg` is what left the exporter."""
    return {
        "diversion_id": diversion_id, "group_id": group_id, "kind": d.kind,
        "exporter_iso3": d.exporter, "transit_iso3": d.transit, "target_iso3": d.target,
        "product_code": d.product, "exporter_code": d.exporter_code,
        "importer_code": d.product if d.kind == "article" else d.importer_code,
        "first_month": month_start(leg.month.min()), "last_month": month_start(leg.month.max()),
        "value_usd": f"{leg.value_usd.sum():.2f}",
        "description": _HOW[d.kind].format(**d._asdict()),
    }  # fmt: skip


def _by_month(diversion: dict, leg: pd.DataFrame) -> pd.DataFrame:
    """Rows of truth/ghost.csv: what left the exporter for the transit country, and what of it never arrived there."""
    value = leg.groupby("month").value_usd.sum()
    never = value * (not diversion["importer_code"])
    return pd.DataFrame({
        "diversion_id": diversion["diversion_id"], "exporter_iso3": diversion["exporter_iso3"],
        "transit_iso3": diversion["transit_iso3"], "exporter_code": diversion["exporter_code"],
        "month": value.index.map(month_start), "planted_usd": value.map("{:.2f}".format).to_numpy(),
        "never_arrived_usd": never.map("{:.2f}".format).to_numpy(),
    })  # fmt: skip


def _spread(rng: np.random.Generator, event: Diversion | Decoy, importer: str, declared: str) -> pd.DataFrame:
    """The sum of an event over its months, to the cent: grows for a third of the time, then holds."""
    months = np.arange(month_index(event.first), month_index(event.last) + 1)
    growth = np.minimum(1, np.arange(1, len(months) + 1) / (len(months) / 3))
    cents = _apportioned(round(event.usd_million * 1e8), growth * rng.lognormal(0, 0.2, len(months)))
    shipments = pd.DataFrame({"month": months, "value_usd": cents / 100}).assign(
        exporter=event.exporter,
        importer=importer,
        declared=declared,
        product=event.product,
        is_exact=False,
    )
    return weighed(rng, shipments)


def _onward(leg: pd.DataFrame, d: Diversion) -> pd.DataFrame:
    """What arrived leaves the transit country again, under the code that it was recorded by."""
    moved = {name: leg[name] * d.share_onward for name in ("value_usd", "kg")}
    moved["value_usd"] = (moved["value_usd"] * (1 + d.markup)).round(2)
    moved["items"] = np.where(leg["items"] > 0, np.maximum(1, np.rint(leg["items"] * d.share_onward)), 0).astype(int)
    codes = dict.fromkeys(("exporter_code", "importer_code"), d.importer_code)
    going = leg.assign(month=leg.month + d.lag, exporter=d.transit, importer=d.target, declared=d.target)
    return going.assign(**moved, **codes).query("month < @MONTHS")


def _passed_on(leg: pd.DataFrame, customer: str) -> pd.DataFrame:
    """What entered a free zone leaves it a month later for a customer elsewhere."""
    moved = {"exporter": leg.importer, "importer": customer, "declared": customer}
    value = (leg.value_usd * 1.05).round(2)
    return leg.assign(month=leg.month + 1, value_usd=value, **moved).query("month < @MONTHS")


def _article() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The article's exports from Kazakhstan to Russia, exact, and the imports a month before it."""
    kazakhstan, russia = scenario.ARTICLE_EXPORTER, scenario.ARTICLE_IMPORTER
    machines = _by_product_and_month(scenario.WASHING_MACHINE_ITEMS, scenario.WASHING_MACHINE_SHARES)
    chips = _by_product_and_month({y: usd * 100 for y, usd in scenario.CHIPS_USD.items()}, scenario.CHIP_SHARES)
    for goods in (machines, chips):
        goods["usd_per_kg"], goods["item_kg"] = GOODS.reindex(goods["product"]).to_numpy().T
    # Washing machines are set in items and priced; chips are set in cents and weighed.
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
    paid = (goods.value_usd / (1 + scenario.ARTICLE_MARKUP)).round(2)
    return outflow, inflow.assign(month=goods.month - 1, value_usd=paid)


def _by_product_and_month(totals: dict[int, int], shares: dict[str, tuple[float, str]]) -> pd.DataFrame:
    """Yearly totals → product, supplier, month, amount: whole numbers that add up to the totals."""
    rows = []
    for year, total in totals.items():
        months = scenario.ARTICLE_MONTHS[year]
        keys = [(p, supplier, month_index(f"{year}-{m}")) for p, (_, supplier) in shares.items() for m in months]
        weights = [share * weight for share, _ in shares.values() for weight in months.values()]
        rows += [(*key, amount) for key, amount in zip(keys, _apportioned(total, weights), strict=True)]
    return pd.DataFrame(rows, columns=["product", "supplier", "month", "amount"]).query("amount > 0")


def _anchors(rng: np.random.Generator, plan: Scenario) -> pd.DataFrame:
    """Steady business that the scenario needs, every month of the whole span; some of it has the price jumps."""
    key = ["exporter", "importer", "product"]
    series = pd.DataFrame(plan.anchors, columns=[*key, "usd_million"])
    shipments = series.loc[series.index.repeat(MONTHS)].reset_index(drop=True)
    month = np.tile(np.arange(MONTHS), len(series))
    value = shipments.pop("usd_million") * 1e6 / 12 * rng.lognormal(0, 0.2, len(shipments))
    value *= boom(series.importer).ravel()
    shipments = shipments.assign(declared=shipments.importer, month=month, value_usd=value, is_exact=False)
    shipments = weighed(rng, shipments)
    for d in (d for d in plan.decoys if d.kind == "price_jump"):
        jumps = shipments[key].eq([d.exporter, d.importer, d.product]).all(axis=1)
        jumps &= shipments.month >= month_index(d.first)
        shipments.loc[jumps, "value_usd"] *= d.factor
    return shipments


def _apportioned(total: int, weights: np.ndarray | list[float]) -> np.ndarray:
    """Splits a whole number by weights into whole numbers that add up to it again (largest remainder)."""
    exact = total * np.asarray(weights, float) / np.sum(weights)
    parts = np.floor(exact).astype("int64")
    parts[np.argsort(parts - exact, kind="stable")[: total - parts.sum()]] += 1
    return parts
