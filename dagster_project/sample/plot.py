"""What is planted in the simulated world: diversions, the article's two figures, decoys.

Belongs here: constants a reader can check one by one, and nothing else. How they turn into flows is
planting.py's business; how they surface in reports is reports.py's.
"""

from typing import NamedTuple


class Diversion(NamedTuple):
    """`usd_million` is the exporter's FOB over all months; months are '2022-06', both included."""

    kind: str
    exporter: str
    transit: str
    target: str
    product: str
    first: str
    last: str
    usd_million: float


class Decoy(NamedTuple):
    """Looks like diversion and is not. `usd_million` is trade on top of what the pair trades anyway."""

    kind: str
    exporter: str
    importer: str
    product: str
    first: str
    last: str
    usd_million: float
    description: str


# Four kinds of diversion:
#   never_arrived         declared for the transit country, went straight to the target
#   beside_honest_trade   the same, hidden in an honest business that does arrive
#   arrived_and_went_on   recorded as an import by the transit country, then exported to the target
#   article               inflow behind the article's figures, arrives and goes on
DIVERSIONS = [Diversion(*row) for row in [
    ("never_arrived", "DEU", "KAZ", "RUS", "848210", "2022-06", "2023-09", 38),
    ("never_arrived", "DEU", "KAZ", "RUS", "854231", "2022-06", "2023-06", 24),
    ("never_arrived", "LTU", "KAZ", "RUS", "847150", "2022-05", "2024-03", 60),
    ("never_arrived", "NLD", "KAZ", "RUS", "854239", "2022-07", "2023-08", 31),
    ("never_arrived", "ITA", "KGZ", "RUS", "845710", "2022-07", "2024-06", 18),
    ("never_arrived", "FIN", "KGZ", "RUS", "848220", "2022-09", "2024-08", 12),
    ("never_arrived", "POL", "KGZ", "RUS", "854129", "2022-08", "2023-12", 9),
    ("never_arrived", "LVA", "KGZ", "BLR", "853400", "2022-10", "2024-02", 4.5),
    ("never_arrived", "CZE", "ARM", "RUS", "903039", "2022-06", "2023-05", 6),
    ("never_arrived", "AUT", "GEO", "RUS", "880730", "2022-07", "2023-03", 2.2),
    ("never_arrived", "EST", "UZB", "RUS", "852589", "2022-06", "2023-10", 7.5),
    ("beside_honest_trade", "POL", "KAZ", "RUS", "850440", "2022-06", "2023-12", 20),
    ("beside_honest_trade", "SWE", "KAZ", "RUS", "901480", "2022-08", "2023-06", 14),
    ("beside_honest_trade", "DEU", "KGZ", "RUS", "853690", "2022-07", "2024-05", 16),
    ("arrived_and_went_on", "DEU", "ARM", "RUS", "854232", "2022-05", "2024-10", 42),
    ("arrived_and_went_on", "CHE", "ARM", "RUS", "903082", "2022-06", "2023-04", 5),
    ("arrived_and_went_on", "KOR", "KAZ", "RUS", "852990", "2022-07", "2023-12", 27),
    ("arrived_and_went_on", "USA", "GEO", "RUS", "851762", "2022-06", "2023-03", 16),
    ("arrived_and_went_on", "FRA", "UZB", "RUS", "853224", "2022-09", "2024-04", 11),
    ("arrived_and_went_on", "JPN", "KGZ", "RUS", "901380", "2022-08", "2023-11", 8),
    ("arrived_and_went_on", "DEU", "TUR", "RUS", "845811", "2022-05", "2023-02", 48),
    ("arrived_and_went_on", "NLD", "ARE", "RUS", "847180", "2022-04", "2023-10", 36),
    ("arrived_and_went_on", "TWN", "HKG", "RUS", "854233", "2022-04", "2024-11", 55),
]]  # fmt: skip
MARKUP = 0.20  # what a transit country adds to the price of goods that arrive and go on

# The article's two figures (Merkel, Nikkei Asia, June 2023), as Kazakhstan reports its exports to Russia.
# They carry no noise and stand in the reports to the item and to the cent. The article gives 2021 and 2022:
# no washing machine, then about 100,000; chips for USD 12,000, then USD 3.7 million. Other years are ours.
ARTICLE_EXPORTER, ARTICLE_IMPORTER = "KAZ", "RUS"
WASHING_MACHINE_ITEMS = {2022: 100_000, 2023: 64_000, 2024: 23_000}
CHIPS_USD = {2019: 9_000, 2020: 11_000, 2021: 12_000, 2022: 3_700_000, 2023: 2_900_000, 2024: 1_300_000}
# product: (share of the total, who supplies Kazakhstan)
WASHING_MACHINE_SHARES = {
    "845011": (0.62, "POL"), "845012": (0.08, "TUR"), "845019": (0.05, "CHN"), "845020": (0.25, "KOR"),
}  # fmt: skip
CHIP_SHARES = {
    "854231": (0.45, "AUT"), "854232": (0.25, "KOR"), "854233": (0.10, "FRA"), "854239": (0.20, "JPN"),
}  # fmt: skip
# Months of a year that carry the trade, and their weights. Kazakhstan has published nothing after
# October 2024, so what 2024 holds must lie before.
ARTICLE_MONTHS = {
    2019: {5: 1}, 2020: {9: 1}, 2021: {3: 2, 10: 1},
    2022: {4: 1, 5: 2, 6: 4, 7: 6, 8: 8, 9: 10, 10: 11, 11: 12, 12: 12},
    2023: dict.fromkeys(range(1, 13), 1), 2024: dict.fromkeys(range(1, 11), 1),
}  # fmt: skip

DECOYS = [Decoy(*row) for row in [
    ("new_factory", "KOR", "UZB", "845710", "2022-09", "2024-06", 45, "machines for a new plant; all arrive"),
    ("new_factory", "DEU", "UZB", "846693", "2022-10", "2024-08", 14, "parts for the same plant; all arrive"),
    ("price_jump", "JPN", "GEO", "854160", "2022-07", "2024-12", 0, "price triples, the quantity stays"),
    ("basis_switch", "NLD", "SRB", "847150", "2023-01", "2024-12", 0, "Serbia turns to the origin, CHN"),
    ("basis_switch", "NLD", "SRB", "851762", "2023-01", "2024-12", 0, "Serbia turns to the origin, CHN"),
]]  # fmt: skip
PRICE_JUMP = 3.0

# Honest, steady business that the plot needs: the decoys' and the cover for `beside_honest_trade`.
# exporter, importer, product, USD million a year
HONEST_ANCHORS = [
    ("POL", "KAZ", "850440", 6), ("SWE", "KAZ", "901480", 2.5), ("DEU", "KGZ", "853690", 1.8),
    ("JPN", "GEO", "854160", 4), ("NLD", "SRB", "847150", 15), ("NLD", "SRB", "851762", 12),
]  # fmt: skip
# Whatever never arrives from the coalition does arrive from China: a transit country that records the good
# from someone else knows how to record it, so its silence about the diverted goods means something.
COMPANION_EXPORTER, COMPANION_USD_MILLION = "CHN", 3.0


def reserved() -> set[tuple[str, str, str]]:
    """exporter, importer, product that honest chance must leave alone, or the plot would blur."""
    never_arrived = {(d.exporter, d.transit, d.product) for d in DIVERSIONS if d.kind == "never_arrived"}
    anchors = {anchor[:3] for anchor in HONEST_ANCHORS}
    article = {(ARTICLE_EXPORTER, ARTICLE_IMPORTER, c) for c in (*WASHING_MACHINE_SHARES, *CHIP_SHARES)}
    return never_arrived | anchors | article
