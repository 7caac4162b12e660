"""What the type of a flow may be, from the exporter's row and the importer's row alone. Not here: any data.

In the words of Global Financial Integrity a lost export is one that the importer's books lack, an orphan import one
that the exporter's books lack. What else decides between the types of an absence is in int_flows_typed.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# What nobody can know from two rows, whoever reported: a partner that is no country, a report that is late or lacks
# something, codes of two revisions, euro without a rate.
OPEN = {"non_geographic", "not_yet_reported", "partial_period", "other_revision", "unvalued"}
ABSENT = {"suppressed_possible", "partner_hidden", *OPEN}
# by whether the exporter, and the importer, recorded any value
ALLOWED = {
    (True, True): {"both_reported", *OPEN - {"not_yet_reported"}},
    (True, False): {"lost_export", "importer_nonreporting", *ABSENT},
    (False, True): {"orphan_import", "exporter_nonreporting", *ABSENT},
    (False, False): {"neither", *OPEN - {"not_yet_reported"}},
}
KEY = "freq, period, exporter_iso3, importer_iso3, product_code, comparable_revision"
# the core of a total is computed from both, and reported by nobody
FLOWS = "select * from published.marts.report_coverage where product_code <> 'TOTAL_CORE'"
SIDES = """
    select freq, period, reporter as exporter_iso3, partner as importer_iso3, product_code, comparable_revision,
        role, value_usd
    from intermediate.int_flows_aligned where role = 'export' and reporter <> partner
    union all
    select freq, period, partner, reporter, product_code, comparable_revision, role, value_usd
    from intermediate.int_flows_aligned where role = 'import' and reporter <> partner
"""


class Mirror:
    """The warehouse and the published file of a finished run, for questions about both.

    data_dir: the run's directory, which is only read. Close it with `with`.
    """

    def __init__(self, data_dir: Path):
        self._con = duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True)
        self._con.execute(f"attach '{data_dir}/published/ghost_trade.duckdb' as published (read_only)")

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def contradictions(self) -> list[tuple]:
        """Types of flows that the two rows do not allow: has_export, has_import, coverage_status, how many, one."""
        typed = self._con.execute(f"""
            with pairs as (
                select {KEY},
                    coalesce(max(value_usd) filter (role = 'export') > 0, false) as has_export,
                    coalesce(max(value_usd) filter (role = 'import') > 0, false) as has_import
                from ({SIDES}) group by all
            )
            select has_export, has_import, coverage_status, count(*), any_value(({KEY}))
            from pairs full outer join ({FLOWS}) using ({KEY})
            group by all order by all
        """).fetchall()
        return [row for row in typed if row[2] not in ALLOWED.get(row[:2], set())]

    def repeated(self) -> list[tuple]:
        """Flows that stand on more than one row, in whatever revision."""
        return self._con.execute(f"""
            select freq, period, exporter_iso3, importer_iso3, product_code, string_agg(coverage_status) from ({FLOWS})
            group by all having count(*) > 1
        """).fetchall()

    def sums(self) -> list[tuple[int, float, float, float, float]]:
        """By level of products: the exports reported and those in the flows, and the same of imports, in USD."""
        return self._con.execute(f"""
            with reported as (
                select product_level, coalesce(sum(value_usd) filter (role = 'export'), 0) as exports,
                    coalesce(sum(value_usd) filter (role = 'import'), 0) as imports
                from intermediate.int_flows_chosen where reporter <> partner group by all
            ), mirrored as (
                select product_level, coalesce(sum(export_value_usd), 0) as exports,
                    coalesce(sum(import_value_usd), 0) as imports
                from ({FLOWS}) group by all
            )
            select product_level, reported.exports, mirrored.exports, reported.imports, mirrored.imports
            from reported full outer join mirrored using (product_level) order by all
        """).fetchall()
