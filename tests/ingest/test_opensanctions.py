"""OpenSanctions: only for who agreed to its licence, in both layouts, and nothing that is no list of it.

Not here: what counts as listed among its entities, and how packed cells are opened (dbt's tests).
"""

import json
from dataclasses import replace

import pytest
from downloads import COMTRADE, OFAC, loaded, prepare, reasons, refresh
from downloads import opensanctions_csv as targets
from services import Services

from dagster_project import warehouse
from dagster_project.files import formats
from dagster_project.ingest import http_client, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import opensanctions
from dagster_project.settings import Settings

OPENSANCTIONS = Source.of(opensanctions)
COLUMNS = opensanctions.TARGET_COLUMNS

TANKER = {
    "id": "NK-1", "schema": "Vessel", "name": "EXAMPLE TANKER", "aliases": 'OLD NAME;"A; B"', "countries": "ga;km",
    "identifiers": "IMO9422964", "sanctions": "EU Russia - 2026-07-24", "program_ids": "EU-MARE;EU-RUS",
    "dataset": "EU Council Official Journal;EU Sanctions Map", "first_seen": "2026-07-30T08:48:01",
    "last_seen": "2026-09-15T13:11:55", "last_change": "2026-09-15T09:48:57",
}  # fmt: skip
PERSON = TANKER | {"id": "NK-2", "schema": "Person", "name": "Ann Example", "dataset": "UK FCDO Sanctions List"}


def entity(
    id: str, schema: str = "Person", *, seen: str = "2026-09-15", changed: str = "2026-01-01", **properties
) -> dict:
    return {
        "id": id, "caption": properties.get("name", [id])[0], "schema": schema, "properties": properties,
        "datasets": ["eu_fsf"], "referents": [], "target": "topics" in properties,
        "first_seen": "2023-04-20T18:00:25", "last_seen": f"{seen}T10:00:00", "last_change": f"{changed}T10:00:00",
    }  # fmt: skip


def lines(*entities: dict) -> bytes:
    return "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entities).encode()


LISTED = entity("NK-3", name=["Анна Пример"], topics=["sanction"], country=["ru"])
LINKED = entity("NK-4", name=["Bob"], topics=["sanction.linked"])


@pytest.fixture
def agreed(settings: Settings) -> Settings:
    return replace(settings, use_opensanctions=True)


def put(settings, content: bytes, name: str = "file") -> None:
    (settings.inbox / name).write_bytes(content)


@pytest.mark.parametrize("content", [targets(TANKER), lines(LISTED)])
def test_nothing_is_loaded_before_someone_agrees_to_the_licence(settings, agreed, content):
    put(settings, content)
    refresh(settings, [OPENSANCTIONS])
    refresh(settings, [OPENSANCTIONS])  # and it is told once
    (reason,) = reasons(settings)
    assert reason == (
        "file: This is OpenSanctions data, whose licence (CC BY-NC 4.0) requires to name it as the source and allows "
        "no commercial use without a licence of one's own. If that fits, set USE_OPENSANCTIONS=yes and run again."
    )
    assert loaded(settings) == set()
    refresh(agreed, [OPENSANCTIONS])  # the same file, when they have
    assert loaded(settings) == {"file"}


@pytest.mark.parametrize("agrees", [False, True])
def test_a_fetch_asks_for_nothing_before_someone_agrees(settings, agrees):
    path = "/datasets/latest/sanctions/targets.simple.csv"
    with Services() as services:
        live = replace(settings, data="live", inbox=None, addresses={"OPENSANCTIONS_URL": services.url + path})
        live = replace(live, use_opensanctions=agrees)
        prepare(live, [OPENSANCTIONS])
        services.serve(path, targets(TANKER, PERSON), "text/csv")
        _, failure = intake.fetch(live, OPENSANCTIONS, print, client=http_client.Client(sleep=lambda _: None))
        assert failure is None
        assert [request.path for request in services.requests] == [path] * agrees
    intake.load_landed(live, OPENSANCTIONS)
    ids = warehouse.ask(live, "select export, id from raw.opensanctions_targets order by id")
    assert ids == [("collection", "NK-1"), ("collection", "NK-2")] * agrees


def test_both_layouts_are_read(agreed):
    put(agreed, targets(TANKER, PERSON), "targets.simple.csv")
    put(agreed, lines(LISTED, LINKED), "entities.ftm.json")
    refresh(agreed, [OPENSANCTIONS])
    assert reasons(agreed) == []
    assert warehouse.ask(
        agreed, "select export, id, aliases, program_ids from raw.opensanctions_targets order by id"
    ) == [
        ("collection", "NK-1", 'OLD NAME;"A; B"', "EU-MARE;EU-RUS"),
        ("collection", "NK-2", 'OLD NAME;"A; B"', "EU-MARE;EU-RUS"),
    ]
    assert warehouse.ask(
        agreed, "select export, id, caption, properties ->> '$.country[0]' from raw.opensanctions_entities order by id"
    ) == [("eu_fsf", "NK-3", "Анна Пример", "ru"), ("eu_fsf", "NK-4", "Bob", None)]
    assert {e for (e,) in warehouse.ask(agreed, "select edition from raw.landings")} == {"2026-09-15"}


def test_the_layout_from_before_program_ids_is_read(agreed):
    put(agreed, targets(TANKER, columns=[c for c in COLUMNS if c not in ("program_ids", "last_change")]))
    refresh(agreed, [OPENSANCTIONS])
    assert warehouse.ask(agreed, "select id, program_ids, sanctions from raw.opensanctions_targets") == [
        ("NK-1", None, "EU Russia - 2026-07-24")
    ]


def test_two_editions_differ_by_what_changed_and_not_by_when_it_was_seen(agreed):
    put(agreed, targets(TANKER, PERSON), "a")
    put(agreed, lines(LISTED, LINKED), "b")
    refresh(agreed, [OPENSANCTIONS])
    seen = {"last_seen": "2026-09-16T13:11:55", "last_change": "2026-09-16T09:48:57"}
    put(agreed, targets(TANKER | seen), "a")
    put(
        agreed,
        lines(
            LISTED | {"last_seen": "2026-09-16T10:00:00", "properties": dict(reversed(LISTED["properties"].items()))},
            entity("NK-4", name=["Bob"], topics=["sanction"], seen="2026-09-16", changed="2026-09-16"),
        ),
        "b",
    )
    refresh(agreed, [OPENSANCTIONS])
    assert reasons(agreed) == []
    history = "select id, _valid_to is null from raw.opensanctions_{} order by id, _valid_from"
    assert warehouse.ask(agreed, history.format("targets")) == [("NK-1", True), ("NK-2", False)]
    assert warehouse.ask(agreed, history.format("entities")) == [("NK-3", True), ("NK-4", False), ("NK-4", True)]


@pytest.mark.parametrize(
    "content, expected",
    [
        (lines({"id": "1", "schema": "Payment", "properties": {}}), "entities that name no dataset"),
        (lines(LINKED), "None of its entities carries the topic “sanction”, so it is no sanctions list."),
        (targets(TANKER | {"sanctions": ""}), "None of its targets stands under a sanction"),
        (lines(entity("1", topics=["sanction"], sanctions=[{"id": "2"}])), "This is a nested export"),
        (targets(TANKER, columns=COLUMNS[:6]), "Columns of OpenSanctions' simplified CSV are missing: addresses, "),
        (targets(), "The file has a header and no rows."),
        (targets(TANKER) + b'"NK-2","Person"\n', "row 3: The row has 2 columns where this file has 16."),
        (lines(LISTED) + b'{"id": ', "It cannot be read"),
    ],
    ids=["foreign", "none listed", "none sanctioned", "nested", "columns", "empty", "cut", "cut json"],
)
def test_what_is_no_list_of_opensanctions_is_set_aside(agreed, content, expected):
    put(agreed, content)
    refresh(agreed, [OPENSANCTIONS])
    (reason,) = reasons(agreed)
    assert expected in reason
    assert loaded(agreed) == set()


@pytest.mark.parametrize("content", [targets(TANKER), lines(LISTED)])
def test_no_other_source_takes_it_for_its_own(settings, content):
    put(settings, content)
    head = formats.read_head(settings.inbox / "file")
    assert not any(source.recognise(head) for source in (COMTRADE, OFAC))


@pytest.mark.parametrize(
    "content", [b"id,schema,label\n1,2,3\n", b"[]\n", b"\n", b"{}\n", b'{"a":\n1}', b"\x00\x01", b"<x/>"]
)
def test_what_is_not_of_opensanctions_is_left_to_others(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert opensanctions.recognise(formats.read_head(tmp_path / "x")) is None


def test_the_real_files_hold_the_entities_they_are_known_for(agreed, shared):
    for name in ("t1", "zala", "parteispenden"):
        (agreed.inbox / name).symlink_to(shared / "sanctions" / "ftm" / f"{name}_entities.ftm.json")
    refresh(agreed, [OPENSANCTIONS])
    (reason,) = reasons(agreed)
    assert reason.startswith("parteispenden: These are FollowTheMoney entities that name no dataset")
    counted = warehouse.ask(
        agreed,
        """select export, count(*), count(*) filter (json_contains(properties -> '$.topics', '"sanction"'))
        from raw.opensanctions_entities group by 1""",
    )
    assert {export: n for export, *n in counted} == {"eu_fsf": [7, 6], "collection": [91, 13]}
    assert dict(warehouse.ask(agreed, "select partition, edition from raw.landings where status = 'loaded'")) == {
        "eu_fsf": "2024-06-01",
        "collection": "2026-04-29",
    }
