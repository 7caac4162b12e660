"""Row groups joined without reading them: any reader finds what it would find in the parts, one after the other."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.parquet import Piece, join, row_groups
from dagster_project.warehouse import PARQUET

ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.text(max_size=3)),
        st.one_of(st.none(), st.floats(allow_nan=False)),
        st.booleans(),
        st.dates(),
    ),
    max_size=40,
)
COLUMNS = "(code varchar, usd double, is_listed boolean, period date)"


def written(folder: Path, name: str, rows: list[tuple], columns: str = COLUMNS, options: str = PARQUET) -> Path:
    """A file as a publication writes it, with a row group for each vector (2,048 rows)."""
    file = folder / f"{name}.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table t {columns}")
        if rows:
            con.executemany(f"insert into t values ({', '.join('?' * len(rows[0]))})", rows)
        con.execute(f"copy t to '{file}' ({options}, row_group_size 2048)")
    return file


def read(sql: str) -> list[tuple]:
    """By a reader of its own: one that has read a file of this name may keep what it read."""
    with duckdb.connect() as con:
        return con.execute(sql).fetchall()


def whole(file: Path) -> Piece:
    return Piece(file, 0, row_groups(file))


@given(st.lists(ROWS, min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_joined_file_holds_the_rows_of_its_parts_in_their_order(tmp_path, parts):
    files = [written(tmp_path, f"part{i}", rows) for i, rows in enumerate(parts)]
    joined = tmp_path / "joined.parquet"
    assert join([whole(file) for file in files], joined) == sum(map(len, parts))
    expected = pa.concat_tables([pq.read_table(file) for file in files])
    assert pq.read_table(joined).equals(expected)
    assert read(f"from '{joined}'") == [row for rows in parts for row in rows]


def test_some_row_groups_of_a_joined_file_can_be_joined_again(tmp_path):
    rows = [(str(i), float(i), i % 2 == 0, None) for i in range(6000)]
    first, second = written(tmp_path, "first", rows), written(tmp_path, "second", rows[:10])
    joined, again = tmp_path / "joined.parquet", tmp_path / "again.parquet"
    join([whole(first), whole(second)], joined)
    assert (row_groups(first), row_groups(joined)) == (3, 4)
    assert join([Piece(joined, 3, 1), Piece(joined, 1, 2)], again) == 10 + 6000 - 2048
    assert read(f"from '{again}'") == rows[:10] + rows[2048:]
    # what its statistics say still belongs to the right row group
    assert read(f"select count(*) from '{again}' where usd >= 5990") == [(10,)]


def test_columns_of_many_row_groups_and_long_lists_are_read_and_written(tmp_path):
    columns = ", ".join(f"c{i} integer" for i in range(40))
    file = written(tmp_path, "wide", [tuple(range(40))], f"({columns})")
    joined = tmp_path / "joined.parquet"
    assert join([whole(file)] * 20, joined) == 20
    assert read(f"from '{joined}'") == [tuple(range(40))] * 20


def test_parts_of_two_schemas_are_refused(tmp_path):
    files = [written(tmp_path, "a", []), written(tmp_path, "b", [], "(code varchar)")]
    with pytest.raises(ValueError, match="b.parquet has another schema than the pieces before it"):
        join([whole(file) for file in files], tmp_path / "joined.parquet")


def test_what_lies_outside_of_a_row_group_is_refused(tmp_path):
    rows = [(str(i % 9), float(i), True, None) for i in range(3000)]
    options = PARQUET.replace("write_bloom_filter false", "write_bloom_filter true")
    file = written(tmp_path, "filtered", rows, options=options)
    with pytest.raises(ValueError, match="Bloom filters"):
        join([whole(file)], tmp_path / "joined.parquet")


def test_what_is_no_parquet_file_or_has_not_the_row_groups_is_refused(tmp_path):
    text = tmp_path / "text.parquet"
    text.write_text("a line of text")
    with pytest.raises(ValueError, match="text.parquet is no Parquet file"):
        row_groups(text)
    file = written(tmp_path, "short", [("a", 1.0, True, None)])
    with pytest.raises(ValueError, match="has no 2 row groups from number 0"):
        join([Piece(file, 0, 2)], tmp_path / "joined.parquet")
    with pytest.raises(ValueError, match="nothing to join"):
        join([], tmp_path / "joined.parquet")
