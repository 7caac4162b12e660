"""Gates on raw: each stands open for good rows and shuts when raw is broken.

A load refuses what a gate would stop, so raw is broken by hand here: a gate is what holds when a rule of the
load has a hole, or a file from before the rule lies in the warehouse. Not here: the load's own refusals
(test_bad_input).
"""

from dataclasses import replace
from datetime import date

import dagster as dg
import pytest
from downloads import COMTRADE, FLOWS, OFAC, by_hand, csv_of, flow, insert, prepare, refresh

from dagster_project import gates
from dagster_project.ingest.sources import ofac
from dagster_project.settings import Settings

ENTRIES = ofac.TABLES[0]
LIST = b"""<?xml version="1.0"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd"><sdnEntry><uid>36</uid><lastName>OST</lastName>
<programList><program>CUBA</program></programList></sdnEntry></sdnList>
"""
GOOD = [
    flow(partnerCode="276", primaryValue="1000000"),
    flow(partnerCode="842", primaryValue="1000000"),  # a code of Comtrade's own
    flow(partnerCode="899", primaryValue="1000000"),  # known not to be a country
    flow(partnerCode="276", primaryValue="5", motCode="1000"),  # a part, which is no second total
]


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Settings:
    """A warehouse with good rows, loaded as ever."""
    folder = tmp_path_factory.mktemp("gates")
    (folder / "inbox").mkdir()
    (folder / "inbox" / "flows.csv").write_bytes(csv_of(GOOD))
    settings = Settings.from_environment(
        {
            "DATA": "files",
            "INBOX": str(folder / "inbox"),
            "DATA_DIR": str(folder / "data"),
            "DUCKDB_THREADS": "2",
        }
    )
    refresh(settings, [COMTRADE])
    return settings


@pytest.fixture
def store(good):
    """The good warehouse, to be broken by hand; what was done to it is undone."""
    yield good
    by_hand(
        good,
        "delete from raw.comtrade_flows where _landing_id = 'by hand'; "
        f"update raw.comtrade_flows set _valid_to = null; update raw.landings set rows_read = {len(GOOD)}",
    )


def shut(settings, source=COMTRADE, table=FLOWS) -> set[str]:
    return {name for name, finding in gates.findings(settings, source, table).items() if not finding.passed}


def test_every_gate_is_open_for_good_rows(store):
    results = gates.findings(store, COMTRADE, FLOWS)
    assert list(results) == gates.names(COMTRADE, FLOWS)
    assert [name for name, finding in results.items() if not finding.passed] == []


# What is wrong → the row, and the gates it shuts.
BROKEN_ROWS = {
    "a row that is there twice": (GOOD[0], {"unique", "additive"}),
    "a row without a reporter": (flow(reporterCode=""), {"placed"}),
    "a row without a mode of transport": (flow(motCode=""), {"placed"}),
    "a code as a decimal number": (flow(motCode="0.0"), {"whole"}),
    "a word for a value": (flow(partnerCode="4", primaryValue="much"), {"numeric"}),
    "no value": (flow(partnerCode="4", primaryValue=""), {"numeric"}),
    "not a number": (flow(partnerCode="4", netWgt="nan"), {"numeric"}),
    "a negative value": (flow(partnerCode="4", primaryValue="-0.01"), {"nonnegative"}),
    "a negative quantity": (flow(partnerCode="4", qty="-1"), {"nonnegative"}),
    "a month that does not exist": (flow(period="202200"), {"dated"}),
    "a month for a year": (flow(freqCode="A", period="202201"), {"dated"}),
    "next year": (flow(period=f"{date.today().year + 1}01"), {"past"}),
    "a primary value that is neither its CIF nor its FOB value": (
        flow(partnerCode="4", primaryValue="1000", cifvalue="", fobvalue="100"),
        {"valued"},
    ),
    "a period that is not that of its month": (flow(partnerCode="4", period="202204", refMonth="3"), {"consistent"}),
    "a partner's number with another country's letters": (flow(partnerCode="417", partnerISO="DEU"), {"located"}),
    "a country's number with the world's letters": (flow(partnerCode="417", partnerISO="W00"), {"located"}),
    "a tariff line": (flow(partnerCode="4", cmdCode="85423190"), {"final", "coded"}),
    "a lost leading zero": (flow(cmdCode="10121"), {"coded"}),
    "a total that is there under another name": (flow(mosCode="", primaryValue="1000000"), {"additive"}),
    "an unknown country with a fifth of all value": (
        flow(partnerCode="5555", primaryValue="2000000"),
        {"mapped"},
    ),
    "an unknown reporter": (flow(reporterCode="5555", primaryValue="2000000"), {"mapped"}),
}


@pytest.mark.parametrize("wrong", BROKEN_ROWS)
def test_a_gate_shuts_on_what_it_is_named_for(store, wrong):
    row, expected = BROKEN_ROWS[wrong]
    insert(store, FLOWS, row)
    results = gates.findings(store, COMTRADE, FLOWS)
    assert {name for name, finding in results.items() if not finding.passed} == expected
    for name in expected:
        assert results[name].blocks
        assert results[name].sentence.endswith(".")
        assert all(number > 0 for number in results[name].numbers.values())


def test_closed_rows_shut_no_gate(store):
    """What an earlier vintage got wrong and a later one put right is history."""
    insert(store, FLOWS, *(row for row, _ in BROKEN_ROWS.values()))
    assert shut(store) == set().union(*(gates for _, gates in BROKEN_ROWS.values()))
    by_hand(store, "update raw.comtrade_flows set _valid_to = now()::timestamp where _landing_id = 'by hand'")
    assert shut(store) == set()


def test_sufficient_shuts_when_the_rows_are_gone(store):
    by_hand(store, "update raw.comtrade_flows set _valid_to = now()::timestamp")
    results = gates.findings(store, COMTRADE, FLOWS)
    assert not results["sufficient"].passed and results["sufficient"].blocks
    assert results["sufficient"].sentence == "0 rows; at least 1 are expected: a folder may hold a single flow."


@pytest.mark.parametrize("data, blocks", [("files", False), ("sample", True)])
def test_a_source_of_which_no_file_came_stops_only_the_sample(settings, data, blocks):
    """A folder of downloads need not hold every source; the simulated world does."""
    settings = replace(settings, data=data)
    prepare(settings, [OFAC])
    results = gates.findings(settings, OFAC, ENTRIES)["sufficient"]
    assert (results.passed, results.blocks, results.sentence) == (False, blocks, "No file of ofac was loaded.")


def test_a_source_that_a_data_set_does_not_hold_stops_nothing(settings):
    settings = replace(settings, data="sample")
    listless = replace(ENTRIES, floors={"files": (400, "for a reason")})
    prepare(settings, [OFAC])
    results = gates.findings(settings, OFAC, listless)["sufficient"]
    assert (results.passed, results.sentence) == (True, "The data set sample holds none of ofac.")


@pytest.mark.parametrize("limit", FLOWS.row_limits)
def test_untruncated_shuts_when_a_file_holds_exactly_as_many_rows_as_an_answer_may(store, limit):
    by_hand(store, f"update raw.landings set rows_read = {limit}")
    finding = gates.findings(store, COMTRADE, FLOWS)["untruncated"]
    assert not finding.passed and finding.blocks
    assert "such as flows.csv." in finding.sentence
    by_hand(store, f"update raw.landings set rows_read = {limit} - 1")
    assert shut(store) == set()


@pytest.mark.parametrize("value, blocks", [("5990", False), ("6100", True)])
def test_an_unknown_code_blocks_above_a_thousandth_of_value_and_warns_below(store, value, blocks):
    """A value counts for its reporter and for its partner: 6,000 is a thousandth of 6 million."""
    insert(store, FLOWS, flow(partnerCode="5555", primaryValue=value))
    finding = gates.findings(store, COMTRADE, FLOWS)["mapped"]
    assert (finding.passed, finding.blocks) == (False, blocks)
    assert finding.sentence.startswith("Country codes without a row in seeds/country_codes.csv: 5555 (0.10%")


def test_gates_of_the_lists_shut_too(settings):
    (settings.inbox / "sdn.xml").write_bytes(LIST)
    refresh(settings, [OFAC])
    assert shut(settings, OFAC, ENTRIES) == {"sufficient"}  # one entry is no list
    insert(settings, ENTRIES, {"list": "sdn", "uid": "", "lastName": "NOBODY"})
    assert shut(settings, OFAC, ENTRIES) == {"sufficient", "identified"}
    insert(settings, ENTRIES, {"list": "sdn", "uid": "36", "lastName": "OST"})
    assert shut(settings, OFAC, ENTRIES) == {"sufficient", "identified", "unique"}
    for table in ofac.TABLES[1:]:
        assert shut(settings, OFAC, table) == set()


def test_in_a_run_what_blocks_is_an_error_and_what_does_not_is_a_warning(store, monkeypatch):
    for name, value in (("DATA", "files"), ("INBOX", store.inbox), ("DATA_DIR", store.data_dir)):
        monkeypatch.setenv(name, str(value))
    insert(store, FLOWS, flow(partnerCode="5555", primaryValue="5"), flow(partnerCode="4", primaryValue="-1"))
    job = dg.Definitions(
        assets=[dg.AssetSpec(["raw", "comtrade_flows"])],
        asset_checks=[gates.gate_of(COMTRADE)],
        jobs=[dg.define_asset_job("gates", selection=dg.AssetSelection.all_asset_checks())],
    ).resolve_job_def("gates")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    request = {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}
    expected = {(table.name, name) for table in COMTRADE.tables for name in gates.names(COMTRADE, table)}
    assert set(request) == expected | {("comtrade", "fresh"), ("comtrade", "continuous")}
    results = {name: e for (table, name), e in request.items() if table == FLOWS.name}
    assert {name: e.severity.value for name, e in results.items() if not e.passed} == {
        "nonnegative": "ERROR", "mapped": "WARN"
    }  # fmt: skip
    assert all(
        spec.blocking for spec in gates.gate_of(COMTRADE).check_specs if spec.name not in ("fresh", "continuous")
    )
