"""What int_flows_typed calls a flow, on any small world: it follows from the two rows, and from no side's name.

Here belongs what holds of every input. The worked sentences are the model's unit tests; what finished runs show is in
sample/test_coverage.py and real/test_shared_files.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
from dbt_cli import Dbt
from downloads import SOURCES, prepare
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from two_rows import ALLOWED

from dagster_project.settings import Settings

COUNTRIES, AREA = ("DEU", "POL", "KAZ", "KGZ"), "_837"
PRODUCTS = {"TOTAL": (0, "any"), "85": (2, "any"), "854231": (6, "HS2022")}
ROLES = ("export", "import")
OTHER = {"export": "import", "import": "export"}
MIRRORED = {
    "lost_export": "orphan_import",
    "orphan_import": "lost_export",
    "exporter_nonreporting": "importer_nonreporting",
    "importer_nonreporting": "exporter_nonreporting",
}
# The inputs, each with the columns that the model reads.
INPUTS = {
    "int_flows_aligned": "freq varchar, period date, role varchar, reporter varchar, partner varchar, "
    "reporter_is_country boolean, partner_is_country boolean, product_code varchar, product_level integer, "
    "hs_revision varchar, comparable_revision varchar, concordance_quality double, value_usd double, "
    "re_traded_value_usd double, published_fob_value_usd double, net_kg double, quantity double, quantity_unit varchar",
    "int_flows_chosen": "freq varchar, period date, role varchar, reporter varchar, partner varchar, "
    "partner_is_country boolean, product_code varchar, product_level integer, hs_revision varchar, value_usd double",
    "int_margins_assigned": "exporter_iso3 varchar, importer_iso3 varchar, product_chapter varchar, year integer, "
    "method varchar, margin_low double, margin_mid double, margin_high double",
    "int_reporting_calendar": "freq varchar, period date, role varchar, reporter varchar, partner varchar, "
    "product_level integer, comparable_revision varchar, last_period date, is_partial boolean",
    "int_chapters_recorded": "source_name varchar, freq varchar, role varchar, reporter varchar, "
    "product_level integer, chapter varchar",
    "int_reports_ranked": "freq varchar, period date, reporter varchar, partner varchar, is_used boolean",
    "int_products_grouped": "hs_revision varchar, product_code varchar, stable_group_id varchar",
    "int_suppression_candidates": "freq varchar, period date, role varchar, reporter varchar, partner varchar, "
    "chapter varchar",
    "int_reports_doubted": "freq varchar, period date, role varchar, reporter varchar, partner varchar, "
    "product_code varchar, product_level integer, comparable_revision varchar",
    "int_goods_controlled": "freq varchar, period date, product_code varchar, hs_revision varchar, "
    "is_controlled_then boolean, is_controlled_now boolean",
}
Rows = dict[str, list[tuple]]
YEAR = ("A", "2022-01-01")


@pytest.fixture(scope="module")
def typed(dbt_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Rows], list[tuple]]:
    """Flows of a world with their types: exporter, importer, product, status; from the query that a refresh runs."""
    folder = tmp_path_factory.mktemp("statuses")
    environment = {"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data")}
    settings = Settings.from_environment(environment)
    prepare(settings, SOURCES)
    dbt = Dbt(dbt_home, settings)
    compiled = dbt("compile", "--quiet", "--select", "int_flows_typed")
    assert compiled.returncode == 0, compiled.stdout
    path = dbt.target / "compiled/ghost_trade/models/intermediate/flows/int_flows_typed.sql"
    query = re.sub(r'"warehouse"\."intermediate"\.', "", path.read_text())
    con = duckdb.connect(config={"threads": 1})
    for name, columns in INPUTS.items():
        con.execute(f"create table {name} ({columns})")

    def flows(world: Rows) -> list[tuple]:
        for name in INPUTS:
            con.execute(f"truncate {name}")
            if rows := world.get(name):
                holes = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
                con.execute(f"insert into {name} values {holes}", [value for row in rows for value in row])
        return con.execute(
            f"select exporter_iso3, importer_iso3, product_code, coverage_status from ({query}) order by all"
        ).fetchall()

    return flows


Report = tuple[str, str, str, str]  # role, reporter, partner, product
REPORTS = st.tuples(
    st.sampled_from(ROLES),
    st.sampled_from(COUNTRIES),
    st.sampled_from([*COUNTRIES, AREA]),
    st.sampled_from([*PRODUCTS]),
)
VALUES = st.sampled_from([None, 0.0, 1.0, 50.0])
LEVELS = st.tuples(st.sampled_from(ROLES), st.sampled_from(COUNTRIES), st.sampled_from([*PRODUCTS]))


def world(
    reported: dict[Report, float | None], whole: Sequence[Report], lacking: Sequence[Report], hidden: bool
) -> Rows:
    """The inputs of a year in which these rows were reported, and more is known of who reported what: `whole`, by
    whether a year is (true) or is of some months (false); `lacking` are reports that show that they lack something."""
    calendar = {(role, reporter, product): True for role, reporter, _, product in reported}
    calendar |= dict(whole)
    margin = [("*", "*", "*", 2022, "default", 0.0, 0.0, 0.0)]
    rows = [
        (
            *YEAR, role, reporter, partner, True, partner != AREA, product, PRODUCTS[product][0], "HS2022",
            PRODUCTS[product][1], 1.0, value, None, None, None, None, None,
        )
        for (role, reporter, partner, product), value in reported.items()
    ]  # fmt: skip
    return {
        "int_flows_aligned": rows,
        "int_flows_chosen": [
            (*YEAR, role, reporter, partner, partner != AREA, product, PRODUCTS[product][0], "HS2022", value)
            for (role, reporter, partner, product), value in reported.items()
        ],
        "int_margins_assigned": margin,
        "int_reporting_calendar": [
            (*YEAR, role, reporter, "*", *PRODUCTS[product], YEAR[1], not is_whole)
            for (role, reporter, product), is_whole in calendar.items()
        ],
        "int_chapters_recorded": [
            ("comtrade", "A", role, reporter, PRODUCTS[product][0], product[:2]) for role, reporter, product in calendar
        ],
        "int_reports_ranked": [(*YEAR, reporter, partner, True) for _, reporter, partner, _ in reported],
        "int_suppression_candidates": [
            (*YEAR, role, reporter, partner, "85") for role, reporter, partner, _ in lacking if hidden
        ],
        "int_reports_doubted": [
            (*YEAR, role, reporter, partner, product, *PRODUCTS[product])
            for role, reporter, partner, product in lacking
            if not hidden
        ],
    }


WORLDS = {
    "reported": st.dictionaries(REPORTS, VALUES, min_size=20, max_size=60),
    "whole": st.dictionaries(LEVELS, st.booleans(), max_size=16),
    "lacking": st.lists(REPORTS, max_size=12, unique=True),
    "hidden": st.booleans(),
}


# a world holds dozens of flows, and the query takes a tenth of a second for one or for all
@examples(max_examples=10)
@given(**WORLDS)
def test_the_type_of_every_flow_follows_from_its_two_rows_and_each_flow_is_there_once(
    typed, reported, whole, lacking, hidden
) -> None:
    sides: dict[tuple, dict[str, float | None]] = {}
    for (role, reporter, partner, product), value in reported.items():
        pair = (reporter, partner) if role == "export" else (partner, reporter)
        if reporter != partner:
            sides.setdefault((*pair, product), {})[role] = value
    flows = typed(world(reported, whole, lacking, hidden))
    assert [flow[:3] for flow in flows] == sorted(sides)
    for *flow, status in flows:
        values = sides[tuple(flow)]
        assert status in ALLOWED[tuple((values.get(role) or 0) > 0 for role in ROLES)], flow


@examples(max_examples=10)
@given(**WORLDS)
def test_with_both_sides_exchanged_lost_exports_are_orphan_imports(typed, reported, whole, lacking, hidden) -> None:
    flows = typed(world(reported, whole, lacking, hidden))
    exchanged = typed(
        world(
            {(OTHER[role], *rest): value for (role, *rest), value in reported.items()},
            {(OTHER[role], *rest): is_whole for (role, *rest), is_whole in whole.items()},
            [(OTHER[role], *rest) for role, *rest in lacking],
            hidden,
        )
    )
    assert exchanged == sorted(
        (importer, exporter, product, MIRRORED.get(status, status)) for exporter, importer, product, status in flows
    )
