"""OpenSanctions: many countries' lists, merged into one set of entities by a third party.

`raw.opensanctions_targets` has one row per target of `targets.simple.csv`, with several values packed into a
cell (`a;"b; c"`); `raw.opensanctions_entities` has one row per FollowTheMoney entity of `entities.ftm.json`:
people and companies, and beside them addresses and the sanctions themselves, whose properties stay JSON.

Its licence is CC BY-NC 4.0: it names OpenSanctions as the source and allows no commercial use without a
licence of one's own. So nothing is fetched and no file is loaded before someone sets USE_OPENSANCTIONS=yes.

A file does not name the dataset that it is an export of: one whose entities all name the same dataset is taken for
that dataset, and any other for the collection (`export` says for which). Its edition is the newest day on which
one of its first entities was seen, because every run sees again what is still listed.

Not here: other data in the FollowTheMoney model (without `datasets` it is no export of OpenSanctions), and the
nested export.

Source of the layouts: opensanctions.org, "Bulk data" and "Entity structure"; the exporter zavod/exporters/
simplecsv.py of the repository opensanctions/opensanctions, which had no `last_change` and `program_ids` once.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files.formats import HEAD_BYTES, Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, delimiter_of, read_csv_sql
from dagster_project.ingest.fetch import FetchSession
from dagster_project.settings import Settings
from dagster_project.warehouse import Continuity, Rows, Rule, Table, literal, text

NAME = "opensanctions"
COLLECTION = "collection"

TARGET_COLUMNS = (
    "id schema name aliases birth_date countries addresses identifiers sanctions phones emails program_ids dataset "
    "first_seen last_seen last_change"
).split()
REQUIRED = "id schema name aliases birth_date countries addresses identifiers sanctions dataset last_seen".split()
JSON_COLUMNS = ("properties", "datasets", "referents")
ENTITY_COLUMNS = "id caption schema properties datasets referents target first_seen last_seen last_change".split()

IDENTIFIED = Rule(
    "identified",
    # its longest numbers are those of registers
    '"id" is null or "schema" is null or length("id") > 255',
    "An entity has no id or no schema (id {id}).",
    "Use the export of OpenSanctions, unedited.",
)
TARGETS = Table(
    name="opensanctions_targets",
    columns=("export", *TARGET_COLUMNS),
    key=("export", "id"),
    # not when it was seen: that changes with every run, for every entity that is still there
    compared=tuple(text(c) for c in TARGET_COLUMNS if c not in ("id", "first_seen", "last_seen", "last_change")),
    rules=(IDENTIFIED,),
    continuity=Continuity(of=("export",), groups=(("dataset",),), is_of_parties=True),
)
ENTITIES = Table(
    name="opensanctions_entities",
    columns=("export", *ENTITY_COLUMNS),
    key=("export", "id"),
    # the values of a property come in any order, so the publisher's own date of a change is taken
    compared=tuple(text(c) for c in ("caption", "schema", "target", "last_change")),
    rules=(IDENTIFIED,),
    continuity=Continuity(of=("export",), is_of_parties=True),
)
TABLES = (TARGETS, ENTITIES)


def withheld(settings: Settings) -> RejectedFile | None:
    """Why its files are not loaded, unless someone has agreed to its licence."""
    if settings.use_opensanctions:
        return None
    return RejectedFile(
        "This is OpenSanctions data, whose licence (CC BY-NC 4.0) requires to name it as the source and allows no "
        "commercial use without a licence of one's own.",
        "If that fits, set USE_OPENSANCTIONS=yes and run again.",
        passing=True,
    )


def fetch(session: FetchSession) -> None:
    """Fetch the targets of all sanctions lists as they are now, if someone has agreed to the licence."""
    if not withheld(session.settings):
        session.fetch("OPENSANCTIONS_URL", partition=COLLECTION, expect=("csv",))


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is an export of OpenSanctions. Raises RejectedFile for entities of someone else's."""
    if head.text.startswith(b"{"):
        return _recognise_entities(head)
    header = columns_of(head.first_line)
    if header[:4] != TARGET_COLUMNS[:4]:
        return None
    if missing := [column for column in REQUIRED if column not in header]:
        raise RejectedFile(
            f"Columns of OpenSanctions' simplified CSV are missing: {', '.join(missing)}.",
            "Download targets.simple.csv of a dataset from opensanctions.org.",
        )
    lines = _whole_lines(head)[1:]
    rows = [dict(zip(header, row, strict=False)) for row in csv.reader(io.StringIO("\n".join(lines)))]
    if not rows:
        raise RejectedFile("The file has a header and no rows.", "Download it again.")
    return Recognised(
        "targets",
        "csv",
        _dataset({row.get("dataset") or "" for row in rows}),
        _newest(r.get("last_seen") for r in rows),
    )


def _recognise_entities(head: Head) -> Recognised | None:
    entities = list(_objects(_whole_lines(head)))
    if not entities or not all(isinstance(e, dict) and {"id", "schema", "properties"} <= set(e) for e in entities):
        return None
    if not all("datasets" in entity for entity in entities):
        raise RejectedFile(
            "These are FollowTheMoney entities that name no dataset, so nothing tells that any of them is listed.",
            "Load entities.ftm.json or targets.simple.csv of a dataset from opensanctions.org.",
        )
    if any(isinstance(v, dict) for entity in entities for values in entity["properties"].values() for v in values):
        raise RejectedFile(
            "This is a nested export: entities stand inside others.",
            "Download entities.ftm.json or targets.simple.csv of the same dataset from opensanctions.org.",
        )
    datasets = {";".join(sorted(entity["datasets"])) for entity in entities}
    return Recognised("entities", "json", _dataset(datasets), _newest(e.get("last_seen") for e in entities))


def _objects(lines: list[str]) -> Iterator[dict]:
    """One object a line, up to the first line that is none: a file of another layout, or a broken one."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it. Raises RejectedFile when none of them is on a sanctions list."""
    export = f"{literal(landing.partition)} as export"
    if landing.entity == "entities":
        kinds = ", ".join(f"{c}: '{'json' if c in JSON_COLUMNS else 'varchar'}'" for c in ENTITY_COLUMNS)
        source = f"read_json({literal(path)}, format = 'newline_delimited', columns = {{{kinds}}})"
        cells = ", ".join(f'cast("{c}" as varchar) as "{c}"' for c in ENTITY_COLUMNS)
        rows = Rows(f"select {export}, {cells} from {source}")
        listed = "json_contains(json_extract(properties, '$.topics'), '\"sanction\"')"
        fault = "None of its entities carries the topic “sanction”, so it is no sanctions list."
    else:
        header = columns_of(head.first_line)
        cells = ", ".join(f'"{c}"' if c in header else f'null as "{c}"' for c in TARGET_COLUMNS)
        rows = Rows(
            f"select {export}, {cells} from {read_csv_sql(path, header, delimiter=delimiter_of(head.first_line))}",
            first_row=2,
        )
        listed = "sanctions is not null"
        fault = "None of its targets stands under a sanction, so it is no sanctions list."
    if not warehouse.scan(f"select count(*) from ({rows.of}) where {listed}")[0][0]:
        raise RejectedFile(
            fault, "Download the dataset “sanctions”, or one that it is made of, from opensanctions.org."
        )
    return {f"opensanctions_{landing.entity}": rows}


def _dataset(named: set[str]) -> str:
    return next(iter(named)) if len(named) == 1 and ";" not in "".join(named) else COLLECTION


def _newest(seen) -> str:
    days = [moment[:10] for moment in seen if moment and re.match(r"\d{4}-\d\d-\d\d", moment)]
    return max(days, default="")


def _whole_lines(head: Head) -> list[str]:
    """The lines of the head, without the last one where the file goes on."""
    lines = head.text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n")
    return [line for line in lines[:-1] + ([] if len(head.text) >= HEAD_BYTES else lines[-1:]) if line]
