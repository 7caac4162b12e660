"""Whether two publications hold the same: python -m bench.compare OLD NEW, two folders with parquet/ in them.

Every table, row for row: texts, codes and dates equal, numbers within 1e-9 of the larger; numbers in JSON, which are
rounded, within one of their last digit. Columns that only say when and by what code a row was made are left out. Prints
a line a table that differs, with the first rows that do.
"""

import sys
from pathlib import Path

import duckdb

PROVENANCE = {
    *("code_version", "parameters_hash", "run_id", "built_at", "full_build_at"),
    *("data_as_of", "data_loaded_at", "lists_as_of", "fetched_at"),
}
TOLERANCE = 1e-9
SHOWN = 3
ROUNDED = r"-?[0-9]+\.[0-9]+"  # a rounded number in a JSON text


def differing(
    old: str, new: str, con: duckdb.DuckDBPyConnection | None = None, *, of_operands: bool = False
) -> tuple[str, list[tuple]]:
    """A sentence on how two tables differ, empty where they do not, and rows that do. Each is what SQL selects from.

    of_operands: numbers may differ by a billionth of the largest in their row, and not of themselves alone: what two
    large numbers are apart has the last digits of both.
    """
    con = (con or duckdb.connect()).cursor()
    columns = {}
    for side, relation in (("old", old), ("new", new)):
        con.execute(f"create or replace temp view {side} as from {relation}")
        columns[side] = {name: kind for name, kind, *_ in con.execute(f"describe {side}").fetchall()}
    lost, added = columns["old"].keys() - columns["new"].keys(), columns["new"].keys() - columns["old"].keys()
    differences = [f"columns lost: {', '.join(sorted(lost))}"] if lost else []
    differences += [f"columns added: {', '.join(sorted(added))}"] if added else []
    shared = [name for name in columns["old"] if name in columns["new"] and name not in PROVENANCE]
    measured = [name for name in shared if columns["old"][name] in ("DOUBLE", "FLOAT")]
    json = [name for name in shared if name.endswith("_json")]
    exact = [name for name in shared if name not in (*measured, *json)]
    counts = [con.execute(f"select count(*) from {side}").fetchone()[0] for side in ("old", "new")]
    if counts[0] != counts[1]:
        differences.append(f"rows: {counts[0]:,} before, {counts[1]:,} after")
    # Rows whose texts are equal are paired in the order of their numbers, which differ in the last digits at most.
    key = ", ".join(f'"{name}"' for name in [*exact, *map(_words, json)]) or "1"
    order = ", ".join(f'round("{name}", 3)' for name in measured) or "1"
    for side in ("old", "new"):
        con.execute(
            f"create or replace temp table {side}_rows as "
            f"select *, row_number() over (partition by {key} order by {order}) as nth from ("
            f"select *{''.join(_taken_apart(n) for n in json)} from {side})"
        )
    same = [*exact, *map(_words, json), "nth"]
    same_key = " and ".join(f'old_rows."{n}" is not distinct from new_rows."{n}"' for n in same)
    sizes = {n: [f'abs({side}_rows."{m}")' for side in ("old", "new") for m in (measured if of_operands else [n])]
             for n in measured}  # fmt: skip
    differs = [
        f'(old_rows."{n}" is null) <> (new_rows."{n}" is null) or '
        f'abs(old_rows."{n}" - new_rows."{n}") > {TOLERANCE} * greatest({", ".join(sizes[n])}, 1e-6)'
        for n in measured
    ]
    apart = "abs(cast(pair[1] as double) - cast(pair[2] as double))"
    last_digit = "pow(10, -len(split_part(pair[1], '.', 2)))"
    differs += [
        f"list_bool_or([{apart} > 1.01 * {last_digit} for pair in "
        f'list_zip(old_rows."{_numbers(n)}", new_rows."{_numbers(n)}")])'
        for n in json
    ]
    named = "".join(f'coalesce(old_rows."{n}", new_rows."{n}"), ' for n in exact)
    shown = con.execute(
        f"select {named}old_rows.nth is null, new_rows.nth is null"
        + "".join(f', old_rows."{n}" - new_rows."{n}"' for n in measured)
        + f" from old_rows full join new_rows on {same_key}"
        f" where old_rows.nth is null or new_rows.nth is null {''.join(' or ' + d for d in differs)}"
    )
    rows = shown.fetchmany(SHOWN)
    more = len(shown.fetchall())
    if rows:
        differences.append(f"{len(rows) + more:,} rows differ")
    return "; ".join(differences), rows


def _words(name: str) -> str:
    return f"{name} without numbers"


def _numbers(name: str) -> str:
    return f"numbers of {name}"


def _taken_apart(name: str) -> str:
    """Two more columns of a JSON text: what is equal or not, and its rounded numbers."""
    return (
        f""", regexp_replace("{name}", '{ROUNDED}', '#', 'g') as "{_words(name)}", """
        f"""regexp_extract_all("{name}", '{ROUNDED}') as "{_numbers(name)}" """
    )


def main(old: Path, new: Path) -> int:
    """Print what differs. Returns how many tables do."""
    files = {folder: {file.name: file for file in (folder / "parquet").glob("*.parquet")} for folder in (old, new)}
    differing_tables = 0
    for name in sorted(files[old].keys() | files[new].keys()):
        if name not in files[old] or name not in files[new]:
            print(f"{name}: only {'after' if name in files[new] else 'before'}")
            differing_tables += 1
            continue
        differences, rows = differing(f"read_parquet('{files[old][name]}')", f"read_parquet('{files[new][name]}')")
        if differences:
            differing_tables += 1
            print(f"{name}: {differences}")
            for row in rows:
                print("   ", *(value for value in row if value not in (None, False, 0.0)))
    print(f"{len(files[new])} tables, {differing_tables} differ.")
    return differing_tables


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])) > 0)
