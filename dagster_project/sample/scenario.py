"""The ground truth of the simulated world: diversions, the article's two figures, decoys, and odd reporters.

Belongs here: constants a reader can check one by one, and the scenario drawn from them: every seed has its own, the
article's figures are the same in all, and the sample's own seed tells more of the article's story. How a scenario turns
into flows is scenario_trade.py's business; how it surfaces in reports is reports.py's.

The constants state what customs data plausibly hold. They were set before any method was tried on them, and are not
changed to suit one.
"""

from typing import NamedTuple

import numpy as np

from dagster_project.sample.world_data import (
    AREAS_NES,
    CONTROLLED,
    COUNTRIES,
    FIRST_YEAR,
    HS2017_ANCESTOR,
    LAST_YEAR,
    MONTHS,
    NEIGHBOURS,
    SPECIAL_CATEGORIES,
    counted_in_items,
    month_index,
    month_start,
)


class Diversion(NamedTuple):
    """`usd_million` is the exporter's FOB over all months; months are '2022-06', both included.

    `label` is the neighbour's code that one side wrote down in place of `product`. What goes on to the target
    does so for `share_onward` of its value, `lag` months later, dearer by `markup`.
    """

    kind: str
    group: int  # the same for the ways of one diversion that is split
    exporter: str
    transit: str
    target: str
    product: str
    first: str
    last: str
    usd_million: float
    label: str = ""
    share_onward: float = 0.0
    lag: int = 0
    markup: float = 0.0

    @property
    def arrives(self) -> bool:
        return self.kind in ARRIVING

    @property
    def exporter_code(self) -> str:
        return self.label if self.kind == "mislabelled_by_exporter" else self.product

    @property
    def importer_code(self) -> str:
        """Under which code the transit country records it; empty where it never does."""
        return (self.label or self.product) if self.arrives else ""


class Decoy(NamedTuple):
    """Looks like diversion and is not. `usd_million` is trade on top of what the pair trades anyway. `factor`: of a
    price that jumps, or of the value that an exporter writes down by error in the month `first`."""

    kind: str
    exporter: str
    importer: str
    product: str
    first: str
    last: str
    usd_million: float
    description: str
    factor: float = 1.0
    onward_to: str = ""  # where the goods go from a free zone


class Anchor(NamedTuple):
    """Regular, steady business that the scenario needs, every month of the whole span."""

    exporter: str
    importer: str
    product: str
    usd_million_a_year: float


class Rewriting(NamedTuple):
    """A share of an importer's records is written to a partner other than the shipper (a country, or an area that is
    none); None: any of them."""

    importer: str | None
    shipper: str | None
    product: str | None
    written: str
    share: float
    since: str


class Secret(NamedTuple):
    """A good that a reporter keeps confidential: in the chapter's sum only, or under 9999 ('special')."""

    reporter: str
    flow: str
    product: str
    place: str


class Scenario(NamedTuple):
    diversions: list[Diversion]
    decoys: list[Decoy]
    anchors: list[Anchor]
    rewritten: list[Rewriting]
    secrets: list[Secret]
    late_from: dict[str, str]  # a reporter that turns late: the first month it has not published

    def reserved(self) -> set[tuple[str, str, str]]:
        """exporter, importer, product that honest chance must leave alone, or the ground truth would blur."""
        never_arrived = {
            (d.exporter, d.transit, d.product)
            for d in self.diversions
            if d.kind in ("never_arrived", "split_over_three", "article_unmirrored")
        }
        steady = {anchor[:3] for anchor in self.anchors}
        article = {(ARTICLE_EXPORTER, ARTICLE_IMPORTER, c) for c in (*WASHING_MACHINE_SHARES, *CHIP_SHARES)}
        return never_arrived | steady | article


# How many of each kind a world holds:
#   never_arrived            declared for the transit country, went straight to the target
#   beside_honest_trade      the same, hidden in an honest business that does arrive
#   split_over_three         the same, one plan over three transit countries; listed as three diversions
#   mislabelled_by_exporter  the same, declared under a neighbouring code that is on no list
#   mislabelled_by_importer  arrives and goes on, but the transit country records it under such a neighbour
#   arrived_and_went_on      recorded as an import by the transit country, then exported to the target
#   beside_hidden_trade      as beside_honest_trade; the transit country writes the honest part to an area, no country
# and beside them, in every world:
#   article                  inflow behind the article's figures, arrives and goes on
DIVERSIONS_OF = {
    "never_arrived": 12, "beside_honest_trade": 5, "split_over_three": 2, "mislabelled_by_exporter": 3,
    "mislabelled_by_importer": 3, "arrived_and_went_on": 10,
}  # fmt: skip
LATER_DIVERSIONS_OF = {"beside_hidden_trade": 1}  # drawn after all else: the older events of a seed stay what they were
ARRIVING = ("mislabelled_by_importer", "arrived_and_went_on")
# Sizes in USD million: log-normal, drawn again when outside the bounds.
SIZE_MEDIAN, SIZE_LOG_SD, SIZE_BOUNDS = 6.0, 1.2, (0.5, 80.0)
# Diversion starts after the first sanctions and lasts between half a year and two and a half.
FIRST_START, LAST_START = "2022-04", "2023-06"
SHORTEST, LONGEST = 6, 30  # months
NO_LATER_THAN = "2024-10"
# Ways through: weights. What never arrives is declared for Russia's neighbours; goods that arrive also take hubs.
NEIGHBOUR_WAYS = {"KAZ": 6, "KGZ": 5, "ARM": 3, "GEO": 2, "UZB": 2, "TJK": 1}
ALL_WAYS = NEIGHBOUR_WAYS | {"TUR": 4, "ARE": 3, "HKG": 3, "CHN": 1, "SRB": 1, "IND": 1}
SPLIT_WAYS = ("KAZ", "KGZ", "ARM")
TARGETS = {"RUS": 9, "BLR": 1}
FIRST_TIER = ("854231", "854232", "854233", "854239")
FIRST_TIER_WEIGHT = 3  # sought after, where another controlled good has 1
# What a transit country does with goods that arrive: most go on, a little later, dearer.
SHARE_ONWARD, MARKUPS, LAGS = (0.8, 1.0), (0.1, 0.5), (1, 3)
# Honest trade that hides a diversion, USD million a year; and how often a good that never arrives is also sold
# there by China and recorded: a country that knows how to record the good makes its silence mean something.
COVER_USD_MILLION = (0.8, 12.0)
COMPANION_EXPORTER, COMPANION_USD_MILLION, COMPANION_SHARE = "CHN", 3.0, 0.8

# Honest business in every world, so that every way of valuing imports and of keeping a secret is met at any scale.
HONEST_ANCHORS = [
    Anchor("USA", "CAN", "847130", 40.0), Anchor("DEU", "ZAF", "848340", 9.0),
    Anchor("DEU", "TUR", "880400", 6.0), Anchor("FRA", "IND", "880529", 8.0),
]  # fmt: skip
HONEST_SECRETS = [Secret("DEU", "X", "880400", "chapter"), Secret("IND", "M", "880529", "special")]

# How many decoys of each kind, of which some change one good and some all goods of a pair.
DECOYS_OF = {
    "new_factory": 3, "honest_growth": 4, "free_zone": 3, "price_jump": 3, "structural_gap": 3,
    "basis_switch": 2, "late_reporter": 2,
}  # fmt: skip
LATER_DECOYS_OF = {"hidden_partner": 2, "tenfold_month": 3, "unit_slip": 2}
SINGLE_MONTH_ERRORS = {"tenfold_month": 10.0, "unit_slip": 1000.0}  # times the true value, in one month
MACHINES = ("845710", "845811", "845891", "845961", "846693", "848620", "848640", "842951", "843351", "901890")
DECOY_SIZE_MEDIAN, DECOY_SIZE_BOUNDS = 12.0, (2.0, 60.0)
STEADY_USD_MILLION = (1.5, 30.0)  # the business, a year, in which a price, a basis, a partner or a reporter changes
SLIPPED_USD_MILLION = (0.05, 0.5)  # the business, a year, of which a month is written in the wrong unit
PRICE_FACTORS = (2.0, 4.0)
ZONES = {"KAZ": 2, "GEO": 2, "UZB": 1, "TUR": 2, "ARE": 2, "SRB": 1}  # where a free zone may open …
ZONE_CUSTOMERS = ("AZE", "MNG", "TJK", "UZB", "IND", "VNM")  # … and whom its goods go on to
HUBS = {"NLD": 3, "BEL": 3, "LTU": 3, "LVA": 1, "POL": 2, "DEU": 2}
BASIS_SHARES, GAP_SHARES = (0.7, 0.95), (0.5, 0.9)
ORIGINS = {"CHN": 6, "VNM": 1, "MYS": 1, "DEU": 2}  # what is written in a hub's place
SWITCHERS = {"SRB": 2, "GEO": 1, "TUR": 2, "IND": 2, "UZB": 1, "BRA": 1, "ISR": 1}
LATE_REPORTERS = {"GEO": 1, "SRB": 1, "IND": 1, "ISR": 1, "BRA": 1}
LATE_BY = (3, 8)  # months at the end

# Goods kept confidential: how many codes of exports and of imports, and where they stand instead.
SECRETS_OF = {
    "DEU": (2, 1, "chapter"), "SWE": (3, 2, "special"), "FIN": (2, 2, "special"), "AUT": (2, 1, "chapter"),
    "NLD": (2, 1, "special"), "CHE": (2, 2, "chapter"), "LTU": (1, 1, "chapter"), "CAN": (2, 2, "special"),
    "TUR": (2, 2, "special"), "UZB": (1, 1, "chapter"), "IND": (2, 2, "chapter"), "ISR": (3, 3, "special"),
}  # fmt: skip

# The article's two figures (Merkel, Nikkei Asia, June 2023), as Kazakhstan reports its exports to Russia.
# They carry no noise and stand in the reports to the item and to the cent. The article gives 2021 and 2022:
# no washing machine, then about 100,000; chips for USD 12,000, then USD 3.7 million. Other years are ours.
ARTICLE_EXPORTER, ARTICLE_IMPORTER = "KAZ", "RUS"
WASHING_MACHINE_ITEMS = {2022: 100_000, 2023: 64_000, 2024: 23_000}
CHIPS_USD = {2019: 9_000, 2020: 11_000, 2021: 12_000, 2022: 3_700_000, 2023: 2_900_000, 2024: 1_300_000}
ARTICLE_MARKUP = 0.20
# product: (share of the total, who supplies Kazakhstan)
WASHING_MACHINE_SHARES = {
    "845011": (0.62, "POL"), "845012": (0.08, "TUR"), "845019": (0.05, "CHN"), "845020": (0.25, "KOR"),
}  # fmt: skip
CHIP_SHARES = {
    "854231": (0.45, "AUT"), "854232": (0.25, "KOR"), "854233": (0.10, "FRA"), "854239": (0.20, "JPN"),
}  # fmt: skip
# What is planted beside them in the sample's own world alone, so that a first look meets the article's story: exports
# declared for Kazakhstan that went on to Russia unrecorded. (exporter, product, USD million), in these months.
SAMPLE_SEED = 20230615
ARTICLE_UNMIRRORED = [
    ("DEU", "854231", 380.0), ("NLD", "854232", 290.0), ("JPN", "854233", 170.0), ("USA", "854239", 340.0),
    ("ITA", "845011", 70.0), ("DEU", "845020", 50.0),
]  # fmt: skip
ARTICLE_UNMIRRORED_MONTHS = ("2022-05", "2024-10")
# Months of a year that carry the trade, and their weights. Kazakhstan has published nothing after
# October 2024, so what 2024 holds must lie before.
ARTICLE_MONTHS = {
    2019: {5: 1}, 2020: {9: 1}, 2021: {3: 2, 10: 1},
    2022: {4: 1, 5: 2, 6: 4, 7: 6, 8: 8, 9: 10, 10: 11, 11: 12, 12: 12},
    2023: dict.fromkeys(range(1, 13), 1), 2024: dict.fromkeys(range(1, 11), 1),
}  # fmt: skip

# The first month a country no longer publishes, in every world; a country not named here publishes all of them. A
# year with a missing month has no annual figure.
SILENT_FROM = {
    "TWN": f"{FIRST_YEAR}-01",  # reports nothing, is only ever a partner
    "RUS": "2022-01", "BLR": "2022-01",  # stopped publishing
    "TJK": "2024-01", "ARE": "2024-01", "VNM": "2024-01",  # 2024 not yet out
    "KAZ": "2024-11", "KGZ": "2024-11", "UZB": "2024-10", "ARM": "2024-12", "AZE": "2024-10",  # late by some months
}  # fmt: skip


def draw(rng: np.random.Generator, later: np.random.Generator, seed: int) -> Scenario:
    """The scenario of the world of this seed. No two of its events share a good in a country, so that each can be
    listed alone; only the sample's own tell more of the article's goods. `later` is the chance of what was added to the
    scenarios after they had been measured."""
    return _Draft(rng).scenario(later, seed)


class _Draft:
    """A scenario while it is drawn: `taken` are the goods of a country that an event has already."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.taken = {(ARTICLE_EXPORTER, code) for code in (*WASHING_MACHINE_SHARES, *CHIP_SHARES)}
        self.taken |= {(anchor.importer, anchor.product) for anchor in HONEST_ANCHORS}
        late = self._of(LATE_REPORTERS)
        behind = int(rng.integers(LATE_BY[0], LATE_BY[1] + 1))
        self.late_from = {late: month_start(MONTHS - behind)[:7]}
        self.diversions: list[Diversion] = []
        self.decoys: list[Decoy] = []
        self.anchors: list[Anchor] = [*HONEST_ANCHORS]
        self.rewritten: list[Rewriting] = []

    def scenario(self, later: np.random.Generator, seed: int) -> Scenario:
        self._plant(DIVERSIONS_OF, DECOYS_OF)
        secrets = self._secrets()
        self.rng = later
        self._plant(LATER_DIVERSIONS_OF, LATER_DECOYS_OF)
        if seed == SAMPLE_SEED:
            self._article_unmirrored()
        return Scenario(self.diversions, self.decoys, self.anchors, self.rewritten, secrets, self.late_from)

    def _plant(self, diversions: dict[str, int], decoys: dict[str, int]) -> None:
        for kind, count in diversions.items():
            for _ in range(count):
                self._divert(kind)
        for kind, count in decoys.items():
            for _ in range(count):
                getattr(self, f"_{kind}")()

    # diversions

    def _divert(self, kind: str) -> None:
        arrives = kind in ARRIVING
        ways = list(SPLIT_WAYS) if kind == "split_over_three" else [self._of(ALL_WAYS if arrives else NEIGHBOUR_WAYS)]
        exporter, target, usd_million = self._exporter(reports=not arrives), self._of(TARGETS), self._size()
        product = self._good(ways)
        label = self._neighbour(product, ways) if kind.startswith("mislabelled") else ""
        shares = self.rng.dirichlet([4] * len(ways))
        first, last = self._span(ways)
        group = self._next_group()
        for way, share in zip(ways, shares, strict=True):
            share_onward, lag, markup = 0.0, 0, 0.0
            if arrives:
                share_onward = round(self._between(SHARE_ONWARD), 3)
                lag = int(self.rng.integers(LAGS[0], LAGS[1] + 1))
                markup = round(self._between(MARKUPS), 3)
            value = round(usd_million * share, 4)
            diversion = Diversion(
                kind, group, exporter, way, target, product, first, last, value, label, share_onward, lag, markup
            )
            self.diversions.append(diversion)
            if kind in ("beside_honest_trade", "beside_hidden_trade"):
                self.anchors.append(Anchor(exporter, way, product, round(self._log_between(COVER_USD_MILLION), 2)))
            if kind == "beside_hidden_trade":
                self._rewrite(way, exporter, product, self._area(), 1.0, f"{FIRST_YEAR}-01")
            if not arrives and self.rng.random() < COMPANION_SHARE:
                code = diversion.exporter_code
                self.anchors.append(Anchor(COMPANION_EXPORTER, way, code, COMPANION_USD_MILLION))

    def _article_unmirrored(self) -> None:
        for exporter, product, usd_million in ARTICLE_UNMIRRORED:
            route = (exporter, ARTICLE_EXPORTER, ARTICLE_IMPORTER, product)
            diversion = Diversion(
                "article_unmirrored", self._next_group(), *route, *ARTICLE_UNMIRRORED_MONTHS, usd_million
            )
            self.diversions.append(diversion)

    def _next_group(self) -> int:
        return len({d.group for d in self.diversions}) + 1

    # decoys

    def _new_factory(self) -> None:
        self._growth("new_factory", NEIGHBOUR_WAYS | {"SRB": 2}, "machines for a new plant; all arrive", MACHINES)

    def _honest_growth(self) -> None:
        decoy = self._growth("honest_growth", ALL_WAYS, "demand at home; all arrives and stays")
        self.anchors.append(Anchor(*decoy[1:4], round(decoy.usd_million / 10, 2)))

    def _free_zone(self) -> None:
        decoy = self._growth("free_zone", ZONES, "")
        customer = self._of({c: 1 for c in ZONE_CUSTOMERS if c != decoy.importer})
        description = f"enters a new free zone under general trade, and goes on to {customer}"
        self.decoys[-1] = decoy._replace(description=description, onward_to=customer)

    def _growth(self, kind: str, ways: dict[str, int], description: str, goods: tuple[str, ...] = ()) -> Decoy:
        way = self._of(ways)
        size = self._size(DECOY_SIZE_MEDIAN, DECOY_SIZE_BOUNDS)
        exporter, product, (first, last) = self._exporter(), self._good([way], goods), self._span([way])
        self.decoys.append(Decoy(kind, exporter, way, product, first, last, round(size, 2), description))
        return self.decoys[-1]

    def _price_jump(self) -> None:
        factor = round(self._between(PRICE_FACTORS), 2)
        description = f"the price is {factor} times as high, the quantity stays"
        self._steady("price_jump", self._exporter(), self._of(ALL_WAYS), self._start(), description, factor)

    def _structural_gap(self) -> None:
        hub, way = self._of(HUBS), self._of(ALL_WAYS)
        origin = self._origin(hub)
        share = round(self._between(GAP_SHARES), 2)
        description = f"{share:.0%} has always been written to the origin, {origin}"
        decoy = self._steady("structural_gap", hub, way, f"{FIRST_YEAR}-01", description)
        self._rewrite(way, hub, decoy.product, origin, share, f"{FIRST_YEAR}-01")

    def _basis_switch(self) -> None:
        """A country turns to writing down the origin of all that one hub ships: two goods of that pair are listed."""
        routes = {(d.exporter, d.transit) for d in self.diversions} | {(r.shipper, r.importer) for r in self.rewritten}
        while (pair := (self._of(HUBS), self._of(SWITCHERS))) in routes:
            pass
        (hub, way), origin = pair, self._origin(pair[0])
        share, since = round(self._between(BASIS_SHARES), 2), self._start()
        for _ in range(2):
            self._steady("basis_switch", hub, way, since, f"{way} turns to the origin, {origin}")
        self._rewrite(way, hub, None, origin, share, since)

    def _late_reporter(self) -> None:
        [(way, since)] = self.late_from.items()
        self._steady("late_reporter", self._exporter(), way, since, f"{way} turns late and has not reported since")

    def _hidden_partner(self) -> None:
        """An importer turns to writing what it buys from one country to an area that is none; the good it still
        records from another."""
        exporter, way, since, area = self._exporter(), self._of(ALL_WAYS), self._start(), self._area()
        description = f"{way} writes it to the area {area.lstrip('_')}, no country"
        decoy = self._steady("hidden_partner", exporter, way, since, description)
        self._rewrite(way, exporter, decoy.product, area, 1.0, since)
        supplier = self._of({c: weight for c, weight in ORIGINS.items() if c not in (exporter, way)})
        self.anchors.append(Anchor(supplier, way, decoy.product, COMPANION_USD_MILLION))

    def _tenfold_month(self) -> None:
        self._single_month_error("tenfold_month", STEADY_USD_MILLION)

    def _unit_slip(self) -> None:
        self._single_month_error("unit_slip", SLIPPED_USD_MILLION)

    def _single_month_error(self, kind: str, usd_million: tuple[float, float]) -> None:
        factor, exporter = SINGLE_MONTH_ERRORS[kind], self._exporter()
        description = f"{exporter} writes down {factor:.0f} times the value of this month; all is honest"
        decoy = self._steady(kind, exporter, self._of(ALL_WAYS), self._start(), description, factor, usd_million)
        self.decoys[-1] = decoy._replace(last=decoy.first)

    def _steady(
        self,
        kind: str,
        exporter: str,
        importer: str,
        first: str,
        description: str,
        factor: float = 1.0,
        usd_million: tuple[float, float] = STEADY_USD_MILLION,
    ) -> Decoy:
        product = self._good([importer])
        self.anchors.append(Anchor(exporter, importer, product, round(self._log_between(usd_million), 2)))
        self.decoys.append(Decoy(kind, exporter, importer, product, first, f"{LAST_YEAR}-12", 0.0, description, factor))
        return self.decoys[-1]

    def _area(self) -> str:
        return self._of({AREAS_NES: 1, SPECIAL_CATEGORIES: 1})

    def _origin(self, hub: str) -> str:
        return self._of({c: weight for c, weight in ORIGINS.items() if c != hub})

    def _rewrite(self, importer: str, shipper: str, product: str | None, origin: str, share: float, since: str) -> None:
        self.rewritten.append(Rewriting(importer, shipper, product, origin, share, since))

    def _secrets(self) -> list[Secret]:
        """Confidential goods, independent of the rest: now and then one hides a diversion, as it would."""
        goods = [*CONTROLLED, *NEIGHBOURS]
        return HONEST_SECRETS + [
            Secret(reporter, flow, str(code), place)
            for reporter, (exports, imports, place) in SECRETS_OF.items()
            for flow, count in (("X", exports), ("M", imports))
            for code in sorted(self.rng.choice(goods, count, replace=False))
        ]

    # chance

    def _of(self, weights: dict[str, int]) -> str:
        weight = np.array(list(weights.values()), float)
        return list(weights)[self.rng.choice(len(weight), p=weight / weight.sum())]

    def _between(self, bounds: tuple[float, float]) -> float:
        return self.rng.uniform(*bounds)

    def _log_between(self, bounds: tuple[float, float]) -> float:
        return float(np.exp(self.rng.uniform(*np.log(bounds))))

    def _size(self, median: float = SIZE_MEDIAN, bounds: tuple[float, float] = SIZE_BOUNDS) -> float:
        while not bounds[0] <= (size := median * self.rng.lognormal(0, SIZE_LOG_SD)) <= bounds[1]:
            pass
        return round(size, 2)

    def _exporter(self, reports: bool = True) -> str:
        """A coalition country, the larger the likelier; one that publishes, unless the good shows elsewhere."""
        coalition = COUNTRIES[COUNTRIES.role == "coalition"]["size"] ** 0.5
        return self._of({c: w for c, w in coalition.items() if c != "TWN" or not reports})

    def _good(self, ways: list[str], goods: tuple[str, ...] = ()) -> str:
        weights = {code: FIRST_TIER_WEIGHT if code in FIRST_TIER else 1 for code in goods or CONTROLLED}
        return self._take(ways, weights)

    def _neighbour(self, product: str, ways: list[str]) -> str:
        """One of the three unlisted codes of the chapter that stand nearest and are counted in the same unit."""
        alike = [c for c in NEIGHBOURS if c[:2] == product[:2] and counted_in_items(c) == counted_in_items(product)]
        alike.sort(key=lambda code: abs(int(code) - int(product)))
        return self._take(ways, dict.fromkeys(alike[:3], 1))

    def _take(self, ways: list[str], weights: dict[str, int]) -> str:
        """Draws a good that is free in all these countries. Codes that HS2017 held in one are one good."""
        same = lambda code: HS2017_ANCESTOR.get(code, code)  # noqa: E731
        free = {c: w for c, w in weights.items() if all((way, same(c)) not in self.taken for way in ways)}
        code = self._of(free)
        self.taken |= {(way, same(code)) for way in ways}
        return code

    def _start(self) -> str:
        return month_start(int(self.rng.integers(month_index(FIRST_START), month_index(LAST_START) + 1)))[:7]

    def _span(self, ways: list[str]) -> tuple[str, str]:
        """First and last month; none in which a transit country on the way has fallen silent."""
        silent = SILENT_FROM | self.late_from
        end = min([month_index(NO_LATER_THAN), *(month_index(silent[way]) - 1 for way in ways if way in silent)])
        first = month_index(self._start())
        last = min(first + int(self.rng.integers(SHORTEST, LONGEST + 1)) - 1, end)
        return month_start(first)[:7], month_start(last)[:7]
