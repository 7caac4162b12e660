"""Published figures: that a reader who runs a claim's query gets its figure, from what was reported.

Here belongs what the published file promises a reader of `claims` and `claim_components`. Not here: which figures there
are (test_seeds.py), when a claim is complete and how a measure is made (dbt's unit tests beside both models), what the
real files give (test_shared_files.py).
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterator

import duckdb
import pytest

from dagster_project.settings import SEEDS_DIR

CLAIMS = {row["claim_id"]: row for row in csv.DictReader((SEEDS_DIR / "published_claims.csv").open())}
READ_ELSEWHERE = {
    "ghost_low": {"ghost_trade"},
    "share_of_rise": {"ghost_trade"},
    "above_cap": {"policy_caps"},
    "union_above_cap": {"union_scenarios"},
    "same_union": {"countries"},
    "event_study": {"event_studies"},
    "listed_parties": {"claim_parties", "sanctioned_entities"},
}
COMPONENTS = """
    claim_id varchar, is_base boolean, period date, reported_value double, reported_net_kg double,
    export_value_usd double, import_value_usd double, import_value_fob_usd double, is_complete boolean
"""


@pytest.fixture(scope="module")
def ask(refreshed) -> Iterator[Callable[[str], list[tuple]]]:
    """A question to the published file of the sample."""
    with duckdb.connect(str(refreshed[0] / "published/ghost_trade.duckdb"), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


@pytest.fixture(scope="module")
def queries(ask) -> dict[str, str]:
    """claim_id → its query, of every published figure that is read from reported flows."""
    rows = dict(ask("select claim_id, query from marts.claims"))
    return {claim: sql for claim, sql in rows.items() if CLAIMS[claim]["measure"] not in {*READ_ELSEWHERE, "none"}}


def test_the_query_beside_a_published_figure_gives_it(ask) -> None:
    rows = ask("select claim_id, query, computed_value from marts.claims")
    assert len(rows) == len(CLAIMS)
    for claim, query, computed in rows:
        [(value,)] = ask(query)
        assert (value is None) == (computed is None), claim
        assert value is None or float(value) == pytest.approx(computed, rel=1e-9), claim


def test_a_query_reads_reported_flows_and_never_the_result(ask) -> None:
    for claim, query in ask("select claim_id, query from marts.claims where measure <> 'none'"):
        expected = READ_ELSEWHERE.get(CLAIMS[claim]["measure"], {"claim_components"})
        assert set(re.findall(r"marts\.(\w+)", query)) == expected, claim


# ---------------------------------------------------------------- components are what mirror_gaps holds


def countries_named(ask, names: str, day: str) -> set[str]:
    """The countries that a claim's words stand for on a day."""
    members = set()
    for name in names.split():
        bloc, _, publisher = name.partition(":")
        members |= {
            iso3
            for (iso3,) in ask(f"""
                select iso3 from marts.countries
                where '{name}' in (iso3, 'ALL') or '{name}' = 'TRANSIT' and role = 'transit'
                union
                select iso3 from marts.bloc_members
                where bloc = '{bloc}' and publisher = '{publisher or "*"}'
                    and ('{publisher}' = '' or date '{day}' between member_from and member_to - 1)""")
        }
    return members


def goods_named(products: str) -> str:
    """SQL that is true of a row of mirror_gaps whose goods a claim names."""
    if products in ("CHPL", "EU_833_2014"):
        return f"""(product_code, hs_revision) in (
            select (product_code, hs_revision) from marts.controlled_goods where list_id = '{products}')"""
    if products == "TOTAL":
        return "product_code = 'TOTAL'"
    starts = " or ".join(f"starts_with(replace(product_code, 'G', ''), '{code}')" for code in products.split())
    return f"product_level = 6 and ({starts})"


def flows_of(ask, claim: dict, is_base: bool) -> dict[tuple, tuple]:
    """(period, exporter, importer) → both sides' sums in USD of the goods a claim names, straight from mirror_gaps."""
    exporter, importer, first, last = (claim[c] for c in ("exporter", "importer", "period_from", "period_to"))
    if is_base:
        exporter, importer = claim["base_exporter"] or exporter, claim["base_importer"] or importer
        first, last = claim["base_from"] or first, claim["base_to"] or last
    exporters = countries_named(ask, exporter or "ALL", first)
    importers = countries_named(ask, importer or "ALL", first)
    [(freq,)] = ask(f"select distinct freq from marts.claim_components where claim_id = '{claim['claim_id']}'")
    gap = "and gap_usd is not null" if claim["measure"] in ("gap", "gap_share", "unrecorded_share") else ""
    rows = ask(f"""
        select period, exporter_iso3, importer_iso3, sum(export_value_usd), sum(import_value_usd)
        from marts.mirror_gaps
        where freq = '{freq}' and period between date '{first}' and date '{last or "2099-12-31"}'
            and {goods_named(claim["products"])} {gap}
        group by all""")
    return {row[:3]: row[3:] for row in rows if row[1] in exporters and row[2] in importers}


def test_components_are_the_reported_flows_of_mirror_gaps(ask) -> None:
    parts = ask("select distinct claim_id, is_base from marts.claim_components")
    assert len(parts) > 50 and {is_base for _, is_base in parts} == {True, False}
    compared = 0
    for claim_id, is_base in parts:
        reported = flows_of(ask, CLAIMS[claim_id], is_base)
        components = {
            row[:3]: row[3:]
            for row in ask(f"""
                select period, exporter_iso3, importer_iso3, export_value_usd, import_value_usd
                from marts.claim_components where claim_id = '{claim_id}' and is_base = {is_base}""")
        }
        assert reported.keys() <= components.keys(), claim_id
        for key, values in components.items():
            # what was reported of other goods alone is nothing of these: 0 there, no row in mirror_gaps
            expected = [value or 0 for value in reported.get(key, (0, 0))]
            assert [value or 0 for value in values] == pytest.approx(expected, rel=1e-9), (claim_id, key)
            compared += any(expected)
    assert compared > 1000


def test_a_value_counts_as_the_side_reported_it(ask) -> None:
    columns = {"export": "export_value_usd", "import": "import_value_usd", "gap": "export_value_usd"}
    rows = ask("""
        select components.flow_side, components.reported_value, components.export_value_usd,
            components.import_value_usd
        from marts.claim_components as components
        inner join marts.claims on claims.claim_id = components.claim_id
        where components.reported_unit = 'usd' and claims.measure <> 'growth_unit_value'
            and components.is_reported""")
    assert {side for side, *_ in rows} == set(columns)
    for side, value, exports, imports in rows:
        assert value == (imports if columns[side] == "import_value_usd" else exports)


# ---------------------------------------------------------------- each measure's query beside a twin in Python


def figure(measure: str, figure: list[dict], base: list[dict]) -> float | None:
    """A measure of the components of a figure and of its base: rows of two countries in each of three periods."""

    def total(rows: list[dict], column: str = "reported_value") -> float:
        return sum(row[column] for row in rows)

    def by_period(rows: list[dict]) -> list[float]:
        return [total([row for row in rows if row["period"] == p]) for p in sorted({row["period"] for row in rows})]

    def mean(rows: list[dict], column: str = "reported_value") -> float:
        return total(rows, column) / len({row["period"] for row in rows})

    if measure in ("sum", "monthly_mean"):
        return total(figure) if measure == "sum" else mean(figure)
    if measure == "change":
        return total(figure) - mean(base) * len({row["period"] for row in figure})
    if measure in ("growth", "growth_kg"):
        return 100 * (mean(figure) / mean(base) - 1)
    if measure == "peak":
        return 100 * (max(by_period(figure)) / mean(base) - 1)
    if measure == "unit_value":
        return total(figure) / total(figure, "reported_net_kg")
    if measure == "growth_unit_value":
        return 100 * (
            total(figure) / total(figure, "reported_net_kg") / (total(base) / total(base, "reported_net_kg")) - 1
        )
    if measure in ("gap", "gap_share"):
        gap = total(figure, "export_value_usd") - total(figure, "import_value_usd")
        return gap if measure == "gap" else 100 * gap / total(figure, "export_value_usd")
    if measure == "gap_as_published":
        return total(figure) - total(base)
    if measure in ("share_of_all", "onward_share"):
        return 100 * total(figure) / total(base)
    if measure == "unrecorded_share":
        recorded = mean(figure, "import_value_fob_usd") - mean(base, "import_value_fob_usd")
        return 100 * (1 - recorded / (mean(figure, "export_value_usd") - mean(base, "export_value_usd")))
    if measure == "dip_and_return":
        months = by_period(figure)
        means = [sum(months[i - 2 : i + 1]) / 3 for i in range(2, len(months))]
        return float(min(means) < mean(base) and means[-1] > min(means))
    raise AssertionError(f"no twin of {measure}")


def written(claim: str, chance: random.Random, is_complete: bool = True) -> list[dict]:
    """Components of a claim and of its base: two countries in each of five months."""
    numbers = re.findall(r"(\w+) double", COMPONENTS)
    return [
        {"claim_id": claim, "is_base": is_base, "period": f"202{2 - is_base}-0{month}-01", "is_complete": is_complete}
        | {number: float(chance.randint(1, 999)) for number in numbers}
        for is_base in (False, True)
        for month in range(1, 6)
        for _ in range(2)
    ]


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[str, list[dict]], float | None]]:
    """What a query gives over these components."""
    names = re.findall(r"(\w+) (?:varchar|boolean|date|double)", COMPONENTS)
    with duckdb.connect() as con:
        con.execute("create schema marts")

        def answer(query: str, rows: list[dict]) -> float | None:
            con.execute(f"create or replace table marts.claim_components ({COMPONENTS})")
            values = ", ".join(str(tuple(row[name] for name in names)) for row in rows)
            con.execute(f"insert into marts.claim_components values {values}")
            [(value,)] = con.execute(query).fetchall()
            return None if value is None else float(value)

        yield answer


def test_each_query_says_what_its_measure_means(queries, run) -> None:
    chance = random.Random(2023)
    results = {}
    for claim, query in queries.items():
        measure = CLAIMS[claim]["measure"]
        for _ in range(1 if measure in results else 12):  # claims of one measure have one formula
            rows, others = written(claim, chance), written("another_claim", chance)
            parts = [[row for row in rows if row["is_base"] == is_base] for is_base in (False, True)]
            expected = figure(measure, *parts)
            assert run(query, rows + others) == pytest.approx(expected, rel=1e-9), claim
            results.setdefault(measure, set()).add(expected)
    assert len(results) == 15 and all(len(values) > 1 for values in results.values())


def test_a_query_gives_nothing_where_the_claim_is_not_complete(queries, run) -> None:
    for claim, query in queries.items():
        assert run(query, written(claim, random.Random(1), is_complete=False)) is None, claim
        assert run(query, written("another_claim", random.Random(1))) is None, claim


def test_an_exporter_that_is_not_among_the_partners_has_a_share_of_zero(queries, run) -> None:
    shares = [claim for claim in queries if CLAIMS[claim]["measure"] == "share_of_all"]
    assert shares
    for claim in shares:
        base = [row for row in written(claim, random.Random(1)) if row["is_base"]]
        assert run(queries[claim], base) == 0
