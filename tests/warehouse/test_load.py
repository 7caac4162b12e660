"""The bitemporal store, on a real DuckDB.

Here belongs what must hold however a file looks: which rows a vintage inserts and which expire, that every earlier
state can be rebuilt, that a killed process leaves something whole. Not here: the layouts of a source (ingest/), what is
published (publish/), or what a figure means (dbt's own tests).
"""

import csv
import importlib
import multiprocessing
import random
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import marts_of
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dagster_project import warehouse
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import comtrade
from dagster_project.ingest.sources.comtrade import tables
from dagster_project.settings import Settings

SOURCE = Source.of(comtrade)
WORLD = "0"
USUAL = {
    "datasetCode": "1",
    "typeCode": "C",
    "freqCode": "M",
    "period": "202203",
    "reporterCode": "398",
    "flowCode": "M",
    "partner2Code": "0",
    "classificationCode": "H6",
    "isOriginalClassification": "True",
    "customsCode": "C00",
    "mosCode": "0",
    "motCode": "0",
    "isReported": "True",
    "isAggregate": "False",
}


# ---------------------------------------------------------------- helpers


def flow(partner: str, product: str, value: str | float, **columns: str) -> dict[str, str]:
    """One Comtrade row; what is not given is usual."""
    given = {"partnerCode": partner, "cmdCode": product, "primaryValue": str(value), "cifvalue": str(value)}
    return dict.fromkeys(tables.COLUMNS, "") | USUAL | given | columns


def write(path: Path, rows: list[dict[str, str]], remark: str = "") -> None:
    """A download. The remark stands in a column that is not compared, to make the bytes differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, tables.COLUMNS)
        writer.writeheader()
        writer.writerows(row | {"cmdDesc": remark} for row in rows)


def prepare(settings: Settings) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    warehouse.prepare(settings, comtrade.TABLES, run_id="run", code_version="test", started_at=now)


def refresh(settings: Settings) -> list:
    """What a run does: take what is new in the inbox, load what waits. Returns the outcomes of the loads."""
    intake.land(settings, SOURCE)
    return [outcome for _, outcome in intake.load_landed(settings, SOURCE)]


def load(settings: Settings, rows: list[dict[str, str]], *, file: str = "flows.csv", remark: str = ""):
    """Put one download into the inbox in the place of the last one, and refresh."""
    write(settings.inbox / file, rows, remark)
    (outcome,) = refresh(settings)
    return outcome


def current(settings: Settings) -> dict[tuple[str, str], float]:
    """What is true now: partner and product → value."""
    return as_of(settings, None)


def as_of(settings: Settings, moment: datetime | None) -> dict[tuple[str, str], float]:
    """Raw as it was at a moment, by the rule the module states."""
    then = f"timestamp '{moment or datetime.max}'"
    rows = warehouse.ask(
        settings,
        "select partnerCode, cmdCode, cast(primaryValue as double) from raw.comtrade_flows "
        f"where _valid_from <= {then} and (_valid_to is null or _valid_to > {then})",
    )
    assert len({row[:2] for row in rows}) == len(rows), "two rows of one key are true at once"
    return {row[:2]: row[2] for row in rows}


def moment_of(settings: Settings) -> datetime:
    """The moment of the newest landing."""
    return warehouse.ask(settings, "select max(fetched_at) from raw.landings")[0][0]


def counts(settings: Settings) -> tuple[int, int, int]:
    """Rows, landings and vintages."""
    return warehouse.ask(
        settings,
        "select (select count(*) from raw.comtrade_flows), (select count(*) from raw.landings), "
        "(select count(distinct _vintage) from raw.comtrade_flows)",
    )[0]


@pytest.fixture
def store(settings: Settings) -> Settings:
    """A prepared, empty warehouse."""
    prepare(settings)
    return settings


THREE = [flow("276", "854231", 100), flow("276", "854232", 5), flow("528", "854231", 7)]


# ---------------------------------------------------------------- vintages


def test_the_first_file_inserts_all_its_rows(store):
    assert load(store, THREE) == warehouse.Loaded(read=3, inserted=3, expired=0)
    assert current(store) == {("276", "854231"): 100, ("276", "854232"): 5, ("528", "854231"): 7}


def test_the_same_bytes_twice_change_nothing(store):
    load(store, THREE)
    before = counts(store)
    assert refresh(store) == []
    write(store.inbox / "under another name.csv", THREE)
    assert refresh(store) == []
    assert counts(store) == before == (3, 1, 1)


def test_the_same_rows_in_other_bytes_insert_and_expire_nothing(store):
    load(store, THREE)
    other = {"isReported": "1", "fobvalue": "0"}
    same = [row | other | {"primaryValue": f"{row['primaryValue']}.0"} for row in THREE]
    assert load(store, same[::-1]) == warehouse.Loaded(read=3, inserted=0, expired=0)
    assert counts(store) == (3, 2, 1)


def test_a_revision_expires_and_inserts_exactly_what_it_changed(store):
    first = [*THREE, flow("528", "854232", 9)]
    load(store, first)
    then = moment_of(store)
    # one value changed, one row gone, one row new; both partners and both products are still there
    revised = [flow("276", "854231", 101), flow("276", "854232", 5), flow("528", "854232", 9)]
    added = flow("276", "854232", 3, partner2Code="643")
    assert load(store, [*revised, added]) == warehouse.Loaded(read=4, inserted=2, expired=2)
    assert warehouse.ask(
        store,
        "select partnerCode, cmdCode, partner2Code, primaryValue, _valid_from = now, _valid_to = now "
        "from raw.comtrade_flows, (select max(fetched_at) as now from raw.landings) "
        "where _valid_from = now or _valid_to is not null order by all",
    ) == [
        ("276", "854231", "0", "100", False, True),
        ("276", "854231", "0", "101", True, None),
        ("276", "854232", "643", "3", True, None),
        ("528", "854231", "0", "7", False, True),
    ]
    assert as_of(store, then) == {(r["partnerCode"], r["cmdCode"]): float(r["primaryValue"]) for r in first}


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([flow("276", "854231", 100)], id="one partner"),
        pytest.param([flow("276", "854231", 100), flow("528", "854231", 7)], id="one product"),
        pytest.param([row | {"period": "202204"} for row in THREE[:2]], id="another month"),
        pytest.param([row | {"flowCode": "X", "fobvalue": row["cifvalue"]} for row in THREE[:2]], id="another flow"),
        pytest.param([flow("392", "854231", 1), flow("392", "854232", 1)], id="a partner not seen before"),
    ],
)
def test_a_file_closes_nothing_it_does_not_speak_of(store, others):
    load(store, THREE)
    assert load(store, others, file="others.csv").expired == 0


def test_a_file_whose_first_row_is_new_is_compared_with_what_its_others_meet(store):
    load(store, THREE)
    mixed = [flow("276", "845011", 1), *THREE[:2], flow("528", "854231", 8)]
    assert load(store, mixed, file="mixed.csv") == warehouse.Loaded(read=4, inserted=2, expired=1)
    values = {(r["partnerCode"], r["cmdCode"]): float(r["primaryValue"]) for r in [*THREE, mixed[0], mixed[-1]]}
    assert current(store) == values


def test_a_file_of_another_month_that_breaks_a_rule_loads_no_row(store):
    load(store, THREE)
    april = [row | {"period": "202204"} for row in THREE]
    write(store.inbox / "april.csv", [*april, april[0] | {"cmdCode": "854290", "cifvalue": " -1"}])
    [outcome] = refresh(store)
    assert isinstance(outcome, RejectedFile) and "negative" in str(outcome) and "row 5" in str(outcome)
    assert len(current(store)) == 3


def test_a_download_in_two_halves_of_many_partners_is_revised_half_by_half(store):
    """Too many rows for one answer are asked for in parts; each part has more partners than one lists."""
    partners = [str(n) for n in range(100, 160)]
    halves = [[flow(p, "854231", 10) for p in partners[:30]], [flow(p, "854231", 10) for p in partners[30:]]]

    def run(remark: str, revised: dict[str, int]) -> None:
        for number, half in enumerate(halves):
            values = {row["partnerCode"]: str(revised.get(row["partnerCode"], 10)) for row in half}
            changed = [row | dict.fromkeys(("primaryValue", "cifvalue"), values[row["partnerCode"]]) for row in half]
            write(store.inbox / f"part{number}.csv", changed, remark)
        refresh(store)

    run("first", {})
    run("second", {"100": 11, "159": 12})
    expected = dict.fromkeys(((p, "854231") for p in partners), 10.0)
    assert current(store) == expected | {("100", "854231"): 11, ("159", "854231"): 12}


def test_a_download_of_all_partners_closes_a_partner_that_vanished(store):
    everybody = [flow(str(n), "854231", 10) for n in range(100, 140)]
    load(store, everybody)
    assert load(store, everybody[:-1]).expired == 1
    assert ("139", "854231") not in current(store)


def test_a_selection_of_an_earlier_downloads_partners_closes_no_other(store):
    everybody = [flow(str(n), "854231", 10) for n in range(100, 140)]
    load(store, everybody)
    assert load(store, everybody[:20], file="some.csv").expired == 0
    assert len(current(store)) == 40


def test_a_cell_whose_partners_add_up_to_the_world_is_whole_whatever_else_the_file_asks(store):
    everybody = [flow(WORLD, "854231", 30), *(flow(p, "854231", 10) for p in ("276", "528", "392"))]
    load(store, everybody)
    # another question: two products, and another partner's row has gone from the first
    another = [flow(WORLD, "854231", 20), *everybody[1:3], flow(WORLD, "845011", 5), flow("276", "845011", 5)]
    assert load(store, another, file="another.csv").expired == 2  # the world's old value, and 392
    assert ("392", "854231") not in current(store)


def test_the_world_beside_one_partner_is_not_the_whole_cell(store):
    load(store, [flow(WORLD, "854231", 30), *(flow(p, "854231", 10) for p in ("276", "528", "392"))])
    assert load(store, [flow(WORLD, "854231", 30), flow("276", "854231", 10)], file="some.csv").expired == 0


PARTNERS, PRODUCTS = ["276", "392", "528"], ["845011", "854231", "854232"]
CELLS = [(partner, product) for partner in PARTNERS for product in PRODUCTS]
# A vintage: what each cell says, if anything. "5" and "5.0" are one value.
VINTAGE = st.dictionaries(st.sampled_from(CELLS), st.sampled_from(["0", "5", "5.0", "6", "1e6"]))


@pytest.mark.slow
@examples(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(VINTAGE, min_size=1, max_size=6))
def test_raw_as_of_every_earlier_vintage_can_be_rebuilt(vintages):
    """Values change, vanish and come back; a dict per vintage is what each moment must still say."""
    # Every file asks the same question: a partner and a product that are always there.
    frame = {**{(p, "TOTAL"): "1" for p in PARTNERS}, **{("643", p): "2" for p in (*PRODUCTS, "TOTAL")}}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(
            {"DATA": "files", "INBOX": f"{folder}/inbox", "DATA_DIR": f"{folder}/data", "DUCKDB_THREADS": "2"}
        )
        prepare(settings)
        states, before = [], {}
        for number, vintage in enumerate(vintages):
            rows = [flow(*cell, value) for cell, value in (frame | vintage).items()]
            outcome = load(settings, rows, remark=f"vintage {number}")
            now = {cell: float(value) for cell, value in (frame | vintage).items()}
            assert outcome.expired == sum(now.get(cell) != value for cell, value in before.items())
            assert outcome.inserted == sum(before.get(cell) != value for cell, value in now.items())
            before = now
            states.append((moment_of(settings), now))
        for moment, was in states:
            assert as_of(settings, moment) == was
        assert current(settings) == states[-1][1]


def test_two_files_of_one_run_that_contradict_each_other_are_not_both_believed(store):
    write(store.inbox / "a.csv", THREE)
    write(store.inbox / "b.csv", [flow("276", "854231", 999)])
    first, second = refresh(store)
    assert first == warehouse.Loaded(3, 3, 0)
    assert isinstance(second, RejectedFile)
    assert str(second).startswith("b.csv: It contradicts a.csv")
    assert "partnerCode=276" in str(second)
    assert current(store)[("276", "854231")] == 100
    assert refresh(store) == [], "it was told once"


def test_two_files_of_one_run_that_agree_are_both_loaded(store):
    write(store.inbox / "a.csv", THREE)
    write(store.inbox / "b.csv", [THREE[0], flow("392", "854231", 1)])
    assert refresh(store) == [warehouse.Loaded(3, 3, 0), warehouse.Loaded(2, 1, 0)]


def test_two_files_of_one_run_close_nothing_of_each_other(store):
    """Both name the same partners and products, and each has other cells of them."""
    write(store.inbox / "a.csv", [flow("276", "854231", 1), flow("528", "854232", 2)])
    write(store.inbox / "b.csv", [flow("276", "854232", 3), flow("528", "854231", 4)])
    assert refresh(store) == [warehouse.Loaded(2, 2, 0), warehouse.Loaded(2, 2, 0)]
    assert sorted(current(store).values()) == [1, 2, 3, 4]


def test_a_file_that_breaks_a_rule_in_its_last_row_loads_no_row(store):
    load(store, THREE)
    outcome = load(store, [flow("276", "854231", 1), flow("528", "854232", -1)], file="bad.csv")
    assert isinstance(outcome, RejectedFile)
    assert outcome.row == 3
    assert counts(store) == (3, 2, 1)
    assert warehouse.ask(store, "select status, rows_inserted from raw.landings order by 2") == [
        ("rejected", 0),
        ("loaded", 3),
    ]


# ---------------------------------------------------------------- deaths

MANY = 25_000
FILES = 3


# Children of a clean process that has already imported what they need: they start in no time.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dagster_project.ingest.sources.comtrade"])


def died_of_a_kill(work: Callable[[Settings], None], settings: Settings, seconds: float | None) -> bool:
    """Do the work in a process of its own and kill it at that time. Returns whether it died of that."""
    child = PROCESSES.Process(target=work, args=(settings,))
    child.start()
    child.join(seconds)
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def load_all(settings: Settings) -> None:
    intake.load_landed(settings, SOURCE)


@pytest.mark.slow
def test_a_load_that_is_killed_leaves_whole_landings_and_the_next_one_repairs_the_rest(store):
    """A real process and a real SIGKILL, at moments spread over the load."""
    for number in range(FILES):
        month = f"2022{number + 1:02d}"
        rows = [flow("276", f"{n:06d}", n, period=month) for n in range(MANY)]
        write(store.inbox / f"{number}.csv", rows)
    intake.land(store, SOURCE)
    died_of_a_kill(load_all, store, 0.1)  # the first process is slow to start
    started = time.monotonic()
    assert not died_of_a_kill(load_all, store, None)
    whole = time.monotonic() - started
    shots, killed = random.Random(20230615), 0
    for _ in range(6):
        if counts(store)[1] == FILES:  # all in: start over, for more moments to die in
            warehouse.clear(store)
            prepare(store)
        killed += died_of_a_kill(load_all, store, shots.uniform(0.1, 0.9) * whole)
        noted = warehouse.ask(store, "select landing_id, rows_inserted from raw.landings")
        loaded = warehouse.ask(store, "select _landing_id, count(*) from raw.comtrade_flows group by 1")
        assert sorted(loaded) == sorted(noted), "half a landing"
        assert {rows for _, rows in loaded} <= {MANY}
    assert killed >= 2
    load_all(store)
    assert counts(store) == (FILES * MANY, FILES, 1)


def test_a_landing_whose_load_died_is_loaded_by_the_next_run(store, monkeypatch):
    write(store.inbox / "a.csv", THREE)
    intake.land(store, SOURCE)
    with monkeypatch.context() as patch:
        module = importlib.import_module("dagster_project.warehouse.load")
        patch.setattr(module, "note_landing", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            intake.load_landed(store, SOURCE)
    assert counts(store) == (0, 0, 0)
    assert refresh(store) == [warehouse.Loaded(3, 3, 0)]


# ---------------------------------------------------------------- one data set a folder


def test_data_sets_never_mix_in_one_folder(store, tmp_path):
    assert warehouse.data_set_of(store) == "files"
    sample = Settings.from_environment({"DATA": "sample", "DATA_DIR": str(store.data_dir)})
    with pytest.raises(warehouse.DataSetsMixed) as rejected:
        prepare(sample)
    assert str(rejected.value) == warehouse.mixed_sentence(sample, "files")
    assert "DATA_DIR=data-sample" in str(rejected.value)
    assert warehouse.ask(store, "select distinct data_set from raw.builds") == [("files",)]


def test_a_new_folder_holds_no_data_set_yet(settings):
    assert warehouse.data_set_of(settings) is None


def test_a_second_writer_is_told_that_the_warehouse_is_busy(store):
    ready, done = PROCESSES.Event(), PROCESSES.Event()
    child = PROCESSES.Process(target=hold_open, args=(store, ready, done))
    child.start()
    try:
        assert ready.wait(30)
        with pytest.raises(warehouse.WarehouseBusy, match="open in another process"):
            warehouse.ask(store, "select 1")
    finally:
        done.set()
        child.join()


def hold_open(settings: Settings, ready, done) -> None:
    with warehouse.connect(settings):
        ready.set()
        done.wait(30)


# ---------------------------------------------------------------- what dbt made


def test_what_no_model_makes_any_more_is_dropped_and_nothing_else(store):
    with marts_of(store) as con:
        con.execute("create table unpublished.marts.flows as select 1 as usd")
        con.execute("create schema marts; create schema staging; create schema intermediate")
        con.execute("create view staging.old as from raw.builds; create table marts.flows as select 1 as usd")
        con.execute("create table unpublished.marts.flows__dbt_tmp as select 1 as usd")
        con.execute("create table intermediate.int_kept as select 1 as usd")
    warehouse.drop_unknown(store, {("unpublished", "marts", "flows"), ("warehouse", "intermediate", "int_kept")})
    there = warehouse.ask(
        store,
        "select table_catalog, table_schema, table_name from information_schema.tables "
        "where table_schema not in ('main', 'raw') order by all",
    )
    assert there == [
        ("unpublished", "marts", "flows"),
        ("warehouse", "intermediate", "int_kept"),
    ]
