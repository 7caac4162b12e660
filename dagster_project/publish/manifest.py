"""What a build holds, as `manifest.json` in its folder: each file with its size, SHA-256 and rows, and whose marts.

Not here: when one is written (builds.py).
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from dagster_project import warehouse
from dagster_project.settings import Settings

NAME = "manifest.json"
# Of marts.about: the run that computed the marts, which is not always the one that published them.
FACTS = ("dataset", "as_of", "data_as_of", "lists_as_of", "built_at", "run_id", "code_version", "parameters_hash")


def write(settings: Settings, folder: Path) -> None:
    """Write the manifest of the files in a build's folder. Links and hidden files are no part of a build."""
    rows = _rows(settings, folder)
    files = []
    for path in _files(folder):
        size = (folder / path).stat().st_size
        files.append({"path": path, "bytes": size, "sha256": _sha256(folder / path), "rows": rows.get(path)})
    content = _facts(settings, folder) | {"published_at": datetime.now(UTC).isoformat(), "files": files}
    (folder / NAME).write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")


def read(folder: Path) -> dict:
    """A build's manifest; empty where it is cut off, as after a power failure."""
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except ValueError:
        return {}


def differences(folder: Path) -> list[str]:
    """Where a build's folder differs from its manifest, as sentences; empty where all is as it was published."""
    listed = {file["path"]: file for file in read(folder)["files"]}
    present = set(_files(folder))
    return [
        *(f"{path} is missing." for path in sorted(listed.keys() - present)),
        *(f"{path} is not in the manifest." for path in sorted(present - listed.keys())),
        *(
            f"{path} was changed after it was published."
            for path in sorted(listed.keys() & present)
            if _sha256(folder / path) != listed[path]["sha256"]
        ),
    ]


def _files(folder: Path) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    relative = sorted(path.relative_to(folder).as_posix() for path in paths)
    return [path for path in relative if path != NAME and not any(part.startswith(".") for part in path.split("/"))]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(settings: Settings, folder: Path) -> dict[str, int]:
    """Rows by file: of Parquet by its footer, of the DuckDB file those of all its tables together."""
    rows = {}
    if any((folder / "parquet").rglob("*.parquet")):
        footers = warehouse.literal(folder / "parquet" / "**" / "*.parquet")
        for file, count in warehouse.scan(f"select file_name, num_rows from parquet_file_metadata({footers})"):
            rows[Path(file).relative_to(folder).as_posix()] = count
    database = folder / settings.published_path.name
    with warehouse.connect_file(settings, database) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        counts = [
            warehouse.value(con, f"select count(*) from marts.{warehouse.identifier(name)}") for (name,) in tables
        ]
    return rows | {database.name: sum(counts)}


def _facts(settings: Settings, folder: Path) -> dict[str, object]:
    """The row of `about` of the build; of a file of another version, the columns it has."""
    with warehouse.connect_file(settings, folder / settings.published_path.name) as con:
        about = con.execute("select * from marts.about")
        columns = [column[0] for column in about.description]
        facts = dict(zip(columns, about.fetchone() or [None] * len(columns), strict=True))
    return {name: facts.get(name) for name in FACTS}
