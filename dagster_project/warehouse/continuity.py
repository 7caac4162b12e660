"""A source against itself: what an edition changes in the rows that are valid, compared with the edition before.

Here belongs what no publisher has ever done at once, and so is not believed until a person says so (METHODS E13). Not
here: rules of a row (tables.py), or the fewest rows a table may hold at all (gates.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dagster_project.files.landing import Landing, believed
from dagster_project.files.rejection import RejectedFile
from dagster_project.warehouse.connection import Connection, identifiers, literal
from dagster_project.warehouse.tables import Continuity, Table

LEAST_ROWS, LEAST_PARTIES = 10, 3  # fewer are ordinary, however large their share
MOST_GROWTH = 2.0
MOST_NAMED = 5  # groups that a sentence names
A_YEAR = timedelta(days=365)


class HeldBack(RejectedFile):
    """An edition that landed and is not loaded, because the edition before it speaks against it."""

    def __init__(self, landing: Landing, doubts: list[str]):
        super().__init__(
            f"Held back: {' '.join(doubts)} What was loaded before stays in force.",
            f"Compare it with the publisher's page; if it is right, make run ACCEPT={landing.source} takes it.",
            file=landing.original_name,
        )

    def at(self, file: str, *, lines_above: int = 0) -> HeldBack:
        """The same: it names its file, and is about no row."""
        return self


def future_edition(landing: Landing) -> list[str]:
    """A sentence where the edition's own date has not come yet, else nothing."""
    if landing.edition and not believed(landing.edition):
        return [f"Its date of publication is {landing.edition[:10]}, which lies in the future."]
    return []


def breaks(con: Connection, table: Table, continuity: Continuity, landing: Landing, expired: int) -> list[str]:
    """Sentences about what a landing, just written to its raw table, does to the rows that were valid before it.
    `expired`: how many rows it made expire."""
    own = literal(landing.landing_id)
    changed = f"_landing_id = {own} or _closed_by = {own}"
    is_close = _follows_closely(con, landing)
    may_grow = continuity.may_grow or not is_close
    if not expired and may_grow or not (is_close or continuity.is_of_parties):
        return []  # a list keeps its parties in any layout and over years, and its details in this one
    groups = continuity.groups if is_close else ()
    least = LEAST_PARTIES if continuity.is_of_parties else LEAST_ROWS
    earlier = f"_vintage < {literal(landing.vintage)}"  # files of one run are parts of one edition
    sentences = []
    for columns in (continuity.of, *((*continuity.of, *group) for group in groups)):
        is_group = columns != continuity.of
        by = f"group by {identifiers(columns)}" if columns else ""
        named = f"concat_ws(', ', {identifiers(columns)})" if columns else "'all'"
        touched = (
            f"where ({identifiers(columns)}) in (select ({identifiers(columns)}) from raw.{table.name} where {changed})"
            if columns
            else ""
        )
        counted = con.execute(
            f"""with counted as (
                select {named} as name,
                    count(*) filter (where _valid_to is null) as now,
                    count(*) filter (where {earlier} and (_valid_to is null or _closed_by = {own})) as before
                from raw.{table.name} {touched} {by}
            )
            select name, before, now from counted
            where before - now >= case when {is_group} and now > 0 then {LEAST_ROWS} else {least} end
                    and now < (1 - {continuity.most_lost}) * before
                or before >= {least} and now >= {MOST_GROWTH} * before
                    and not {is_group or may_grow}
            order by before - now desc, name"""
        ).fetchall()
        if counted:
            listed = [f"{name or 'without a name'} from {before:,} to {now:,}" for name, before, now in counted]
            more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
            what = f"by {', '.join(columns)}" if columns else "in all"
            sentences.append(f"Rows of {table.name} {what}: {'; '.join(listed[:MOST_NAMED])}{more}.")
    return sentences


def _follows_closely(con: Connection, landing: Landing) -> bool:
    """Whether an edition in the same layout is loaded that is not a year older: over longer, a list may well double,
    and programs end."""
    row = con.execute(
        """select max(edition) from raw.landings
        where source = ? and entity = ? and "partition" = ? and status = 'loaded' and vintage < ?
        having count(*) > 0""",
        [landing.source, landing.entity, landing.partition, landing.vintage],
    ).fetchone()
    if row is None:
        return False
    dates = [datetime.fromisoformat(edition).replace(tzinfo=None) for edition in (row[0], landing.edition) if edition]
    return len(dates) < 2 or dates[1] - dates[0] < A_YEAR
