"""A source against itself: which editions are held back, what stays in force, and how a person takes one.

A list of entries under programs stands for every list, a publisher's selection of trade for trade. Not here: what a
load does with the rows of one moment (test_load.py), or the rules of a row.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from downloads import COMTRADE, OFAC, csl_csv, csv_of, flow, ofac_xml, reasons, refresh

from dagster_project import gates, warehouse
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import us_screening
from dagster_project.settings import Settings, SettingsError

CSL = Source.of(us_screening)
PROGRAMS = {"RUSSIA": range(100, 140), "IRAN": range(200, 215), "BELARUS": range(300, 304), "CUBA": range(400, 401)}
EVERYBODY = {uid: program for program, uids in PROGRAMS.items() for uid in uids}  # sixty entries


def sdn(entries: dict[int, str], published: str = "05/07/2024") -> bytes:
    """The SDN list as XML: number → program."""
    return ofac_xml(
        [
            f"<sdnEntry><uid>{uid}</uid><lastName>PARTY {uid}</lastName><sdnType>Entity</sdnType>"
            f"<programList><program>{program}</program></programList></sdnEntry>"
            for uid, program in entries.items()
        ],
        published=published,
    )


def give(settings: Settings, content: bytes, source: Source = OFAC, *, accept: str = "") -> tuple[str, str]:
    """One run with this file alone in the inbox. Returns the status and the reason of the newest landing."""
    for path in settings.inbox.iterdir():
        path.unlink()
    (settings.inbox / "edition").write_bytes(content)
    refresh(replace(settings, accept=frozenset(accept.split())), [source])
    return warehouse.ask(settings, "select status, coalesce(reason, '') from raw.landings order by vintage desc")[0]


def listed(settings: Settings) -> set[int]:
    """The numbers of the entries in force."""
    return {int(u) for (u,) in warehouse.ask(settings, "select uid from raw.ofac_entries where _valid_to is null")}


def without(*uids: int) -> dict[int, str]:
    return {uid: program for uid, program in EVERYBODY.items() if uid not in uids}


@pytest.fixture
def store(settings: Settings) -> Settings:
    """A warehouse with the list of 7 May 2024."""
    assert give(settings, sdn(EVERYBODY)) == ("loaded", "")
    return settings


HELD_BACK = {
    "more than a tenth of the entries": (
        without(*range(100, 107)),
        "Rows of ofac_entries by list: sdn from 60 to 53.",
    ),
    "a whole program": (without(*range(300, 304)), "Rows of ofac_programs by list, program: sdn, BELARUS from 4 to 0."),
    "a program that goes by another name": (
        EVERYBODY | dict.fromkeys(range(300, 304), "BELARUS-EO14038"),
        "Rows of ofac_programs by list, program: sdn, BELARUS from 4 to 0.",
    ),
    "twice as many entries": (
        EVERYBODY | dict.fromkeys(range(1000, 1060), "RUSSIA"),
        "Rows of ofac_entries by list: sdn from 60 to 120.",
    ),
}


@pytest.mark.parametrize("what", HELD_BACK)
def test_an_edition_that_does_what_its_publisher_never_did_is_held_back_with_the_counts(store, what):
    entries, sentence = HELD_BACK[what]
    status, reason = give(store, sdn(entries, "05/08/2024"))
    assert status == "held_back"
    assert sentence in reason and "make run ACCEPT=ofac takes it" in reason
    assert listed(store) == set(EVERYBODY), "the edition before stays in force, and nobody is delisted"


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(without(*range(100, 106)), id="a tenth of the entries"),
        pytest.param(without(400), id="the last entry of a small program"),
        pytest.param(EVERYBODY | dict.fromkeys(range(1000, 1059), "RUSSIA"), id="a program that more than doubles"),
    ],
)
def test_what_publishers_do_is_believed(store, entries):
    assert give(store, sdn(entries, "05/08/2024")) == ("loaded", "")
    assert listed(store) == set(entries)


def test_the_first_edition_has_nothing_to_be_compared_with(settings):
    assert give(settings, sdn({100: "RUSSIA"})) == ("loaded", "")


def test_over_years_a_list_may_double_and_a_program_end(store):
    later = without(*range(300, 304)) | dict.fromkeys(range(1000, 1100), "RUSSIA")
    assert give(store, sdn(later, "05/08/2025")) == ("loaded", "")


def test_what_is_held_back_stays_so_in_every_run_until_a_person_takes_it(store):
    half = without(*range(100, 130))
    give(store, sdn(half, "05/08/2024"))
    for _ in range(2):
        refresh(store, [OFAC])
        finding = gates.continuous(store, OFAC)
        assert not finding.passed and "from 60 to 30" in finding.sentence
    assert listed(store) == set(EVERYBODY)
    refresh(replace(store, accept=frozenset({"eu"})), [OFAC])
    assert listed(store) == set(EVERYBODY), "another source was accepted"
    refresh(replace(store, accept=frozenset({"ofac"})), [OFAC])
    assert listed(store) == set(half)
    assert gates.continuous(store, OFAC).passed
    status, reason = warehouse.ask(store, "select status, reason from raw.landings order by vintage desc")[0]
    assert status == "loaded" and reason.startswith("Taken by ACCEPT=ofac. Rows of ofac_entries")


def test_a_warehouse_that_is_made_anew_remembers_what_a_person_took_and_what_not(store):
    half, fewer = without(*range(100, 130)), {100: "RUSSIA"}
    give(store, sdn(half, "05/08/2024"), accept="ofac")
    assert give(store, sdn(fewer, "05/09/2024"))[0] == "held_back"
    warehouse.clear(store)
    refresh(store, [OFAC])
    assert listed(store) == set(half)
    outcomes = warehouse.ask(store, "select status, coalesce(reason, '') from raw.landings order by vintage")
    assert [status for status, _ in outcomes] == ["loaded", "loaded", "held_back"]
    assert outcomes[1][1].startswith("Taken by ACCEPT=ofac. Rows of ofac_entries by list: sdn from 60 to 30.")


def test_a_later_edition_that_passes_takes_the_place_of_one_that_is_held_back(store):
    give(store, sdn(without(*range(100, 130)), "05/08/2024"))
    assert give(store, sdn(without(100), "05/09/2024")) == ("loaded", "")
    assert gates.continuous(store, OFAC).passed
    refresh(replace(store, accept=frozenset({"ofac"})), [OFAC])
    assert listed(store) == set(without(100)), "what it replaced is not taken afterwards"


def test_accept_in_the_run_that_brings_the_edition_takes_it_at_once(store):
    status, reason = give(store, sdn({100: "RUSSIA"}, "05/08/2024"), accept="ofac")
    assert (status, listed(store)) == ("loaded", {100})
    assert "sdn from 60 to 1" in reason


def test_an_edition_of_the_future_is_held_back_and_makes_no_later_one_older(store):
    status, reason = give(store, sdn(without(100), "05/07/2099"))
    assert status == "held_back" and "2099-05-07, which lies in the future" in reason
    assert give(store, sdn(without(101), "05/08/2024")) == ("loaded", "")
    assert give(store, sdn(without(102), "05/07/2098"), accept="ofac")[0] == "loaded"
    assert give(store, sdn(without(103), "05/09/2024")) == ("loaded", "")
    assert listed(store) == set(without(103))
    assert reasons(store) == []


def test_tomorrow_may_have_begun_where_the_publisher_is(store):
    tomorrow = (datetime.now(UTC) + timedelta(hours=23)).strftime("%m/%d/%Y")
    assert give(store, sdn(without(100), tomorrow)) == ("loaded", "")


def test_a_source_that_no_publisher_has_cannot_be_accepted():
    assert Settings.from_environment({"ACCEPT": "ofac,eu"}).accept == {"ofac", "eu"}
    with pytest.raises(SettingsError, match="ACCEPT=sdn names no source. Choose among: comtrade, eurostat"):
        Settings.from_environment({"ACCEPT": "sdn"})


def csl_row(source: str, number: int) -> dict[str, str]:
    return {"source": source, "name": f"Party {number}", "addresses": "Almaty, KZ"}


def test_a_screening_list_without_one_of_its_lists_is_held_back(settings):
    others = [csl_row("Unverified List (UVL) - Bureau of Industry and Security", n) for n in range(60)]
    entities = [csl_row("Entity List (EL) - Bureau of Industry and Security", n) for n in range(4)]
    assert give(settings, csl_csv(*others, *entities), CSL) == ("loaded", "")
    status, reason = give(settings, csl_csv(*others), CSL)
    assert status == "held_back" and "Entity List (EL) - Bureau of Industry and Security from 4 to 0" in reason


def test_a_list_whose_entries_have_lost_what_every_entry_has_is_rejected_at_its_first_edition(settings):
    renamed = sdn(EVERYBODY).replace(b"programList>", b"sanctionsProgramList>")
    status, reason = give(settings, renamed)
    assert status == "rejected"
    assert "60 of 60 entries have no programList" in reason


def answers(*partners: int) -> bytes:
    return csv_of([flow(partnerCode=str(p), primaryValue="5") for p in partners])


def test_a_selection_of_trade_is_no_revision_of_the_whole(settings):
    assert give(settings, answers(*range(100, 160)), COMTRADE) == ("loaded", "")
    assert give(settings, answers(*range(100, 110)), COMTRADE) == ("loaded", "")
    assert warehouse.ask(settings, "select count(*) from raw.comtrade_flows where _valid_to is null") == [(60,)]


def test_a_reporters_flow_of_a_period_that_loses_a_fifth_of_its_rows_is_held_back(settings):
    """The partners add up to the world, so the download holds the cell whole and what it lacks would expire."""

    def whole(partners: range) -> bytes:
        world = flow(partnerCode="0", primaryValue=str(5 * len(partners)))
        return csv_of([world, *(flow(partnerCode=str(p), primaryValue="5") for p in partners)])

    assert give(settings, whole(range(100, 160)), COMTRADE) == ("loaded", "")
    assert give(settings, whole(range(100, 150)), COMTRADE) == ("loaded", "")
    status, reason = give(settings, whole(range(100, 135)), COMTRADE)
    assert status == "held_back" and "C, M, 202203, 398, M from 51 to 36" in reason
