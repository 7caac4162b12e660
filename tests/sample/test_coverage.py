"""What the warehouse makes of the sample: every type of absence occurs, once each, and the article's story comes first.

Belongs here: that the published tables show what was put there to be shown. Does not belong here: how well diversion is
found (bench/detection.py).
"""

import duckdb
import pytest
import yaml
from two_rows import Mirror

from dagster_project.publish.site.questions import HOME
from dagster_project.settings import PROJECT_DIR

COVERAGE = PROJECT_DIR / "dbt" / "models" / "marts" / "flows" / "report_coverage.yml"


@pytest.fixture(scope="module")
def marts(refreshed):
    with duckdb.connect(str(refreshed[0] / "published" / "ghost_trade.duckdb"), read_only=True) as con:
        con.execute("use marts")
        yield con


def test_every_coverage_status_that_the_mart_may_hold_occurs_in_the_sample(marts):
    [mart] = yaml.safe_load(COVERAGE.read_text())["models"]
    [column] = [column for column in mart["columns"] if column["name"] == "coverage_status"]
    [test] = [test["accepted_values"] for test in column["data_tests"] if "accepted_values" in test]
    occurring = {
        status for (status,) in marts.execute("select distinct coverage_status from report_coverage").fetchall()
    }
    assert occurring == set(test["arguments"]["values"])


def test_what_a_flow_is_called_follows_from_its_two_rows_and_each_row_is_in_one_flow(refreshed):
    with Mirror(refreshed[0]) as mirror:
        assert mirror.contradictions() == []
        assert mirror.repeated() == []
        for _, exports, in_flows, imports, in_flows_too in mirror.sums():
            assert (in_flows, in_flows_too) == pytest.approx((exports, imports), rel=1e-9)


def test_kazakhstan_is_among_the_first_three_corridors_of_priority_goods(marts):
    ranking = marts.execute(HOME["ranking"]).df()
    corridors = ranking[(ranking.basket == "CHPL") & (ranking.bloc == "COALITION")]
    assert "KAZ" in corridors.transit_iso3.tolist()[:3]
