"""One session with a publisher's service: request, land, log.

Here belongs what every live source does the same way. Not here: which requests to make (sources/), how bytes come
over the network (http_client.py), or what they mean.

Each response lands as soon as it is whole, so a session that dies loses the one under way and no other, and the next
session repeats no request that was answered.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.files import landing
from dagster_project.files.formats import Head, read_head
from dagster_project.files.landing import Landing, Recognised, RequestLogEntry
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import http_client
from dagster_project.settings import Settings

REPORT_EVERY_SECONDS = 5.0


class FetchSession:
    """The argument of a source's `fetch(session)`.

    `landed` holds its new landings, `responses` counts the responses. `month`, as 202303, is set when
    a person requests one month again: then only that month, whether it has landed or not.
    """

    def __init__(
        self,
        settings: Settings,
        source: str,
        recognise: Callable[[Head], Recognised | None],
        client: http_client.Client,
        report: Callable[[str], None] = lambda sentence: None,
        *,
        month: str = "",
    ) -> None:
        self.settings = settings
        self.month = month
        self.landed: list[Landing] = []
        self.responses = 0
        self._source, self._recognise, self._client, self._report = source, recognise, client, report
        self._last_requests = landing.last_requests(settings.landing_dir, source)
        self._valid_from = {
            one.partition: one.valid_from for one in landing.landed(settings.landing_dir, source)
        }  # oldest first, so the newest one stays
        self._reported_at = time.monotonic()
        # beside landing/, so that a large response needs room on one disk only
        self._folder = settings.data_dir / f".fetch-{os.getpid()}"

    def __enter__(self) -> FetchSession:
        remove_left(self.settings)
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def last_request(self, partition: str) -> RequestLogEntry | None:
        """The last response to this request, in the session or an earlier one; None where there was none."""
        return self._last_requests.get(partition)

    def get(
        self,
        address: str,
        place: Mapping[str, str] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        expect: Sequence[str] = (),
        etag: str = "",
    ) -> http_client.Response:
        """One response, whole, in a temporary file. Raises http_client.NetworkError.

        `address` is the name of a setting (settings.ADDRESSES), `place` what stands there for its {…}; `params` are
        added to its query, `secrets` to the headers.
        """
        url = self.settings.addresses[address]
        for name, value in (place or {}).items():
            url = url.replace(f"{{{name}}}", value)
        return self._client.get(
            url,
            params=params,
            secrets=secrets,
            to=self._folder / "response",
            expect=expect,
            etag=etag,
            remedy=f"If it has moved, set {address} to the whole new address (in .env); or download the file in a "
            "browser, and give its folder as INBOX.",
        )

    def land(self, response: http_client.Response, *, partition: str, edition: str = "") -> Landing | None:
        """Take a response into landing/ under its request; None when its bytes are those of the last one.

        Raises RejectedFile when the bytes are not this source's, or are an older edition than the one that landed.
        """
        newest = self._last_requests.get(partition)
        recognised = self._recognise(read_head(response.path))
        if recognised is None:
            raise RejectedFile(
                f"{response.url} answered with something that is no file of {self._source}.",
                "The service has probably changed its layout: nothing of it was loaded.",
            )
        if recognised.partition != partition and recognised.partition in self._last_requests:
            raise RejectedFile(
                f"{response.url} answered with {recognised.partition}, and the request was for {partition}.",
                "Loaded in its place, it would expire every row of the other: it was not taken.",
            )
        edition = edition or recognised.edition
        if newest and edition and edition < newest.edition:
            raise RejectedFile(
                f"{response.url} answered with the edition of {edition}, and the one of {newest.edition} has landed.",
                "The service probably gave an old copy: the next run requests it again.",
            )
        requested_at = datetime.now(UTC)
        sha256 = landing.sha256_of(response.path)
        one = None
        if newest is None or newest.sha256 != sha256:
            one = landing.take(
                self.settings.landing_dir,
                self._source,
                replace(recognised, partition=partition, edition=edition),
                response.path,
                fetched_at=requested_at,
                valid_from=landing.validity_start(edition, requested_at, self._valid_from.get(partition, "")),
                display_name=partition,
                fetched_from=response.url,
            )
            self._valid_from[partition] = one.valid_from
            self.landed.append(one)
        last_modified = response.last_modified.isoformat() if response.last_modified else ""
        self._log(
            RequestLogEntry(partition, edition, sha256, requested_at.isoformat(), response.etag, last_modified),
        )
        response.path.unlink()
        return one

    def fetch(
        self,
        address: str,
        place: Mapping[str, str] | None = None,
        *,
        partition: str,
        params: Mapping[str, str] | None = None,
        edition: str = "",
        expect: Sequence[str] = (),
    ) -> Landing | None:
        """Get and land in one call; a service that knows our copy's ETag need not send it again."""
        newest = self._last_requests.get(partition)
        response = self.get(address, place, params=params, expect=expect, etag=newest.etag if newest else "")
        if response.is_unchanged and newest:
            self._log(replace(newest, requested_at=datetime.now(UTC).isoformat()))
            return None
        return self.land(response, partition=partition, edition=edition)

    def progress(self, done: int, total: int, what: str) -> None:
        """Report how far a long fetch is: now and then, and at its end."""
        now = time.monotonic()
        if done == total or now - self._reported_at >= REPORT_EVERY_SECONDS:
            self._reported_at = now
            self._report(f"{self._source}: {done:,} of {total:,} {what}")

    def _log(self, entry: RequestLogEntry) -> None:
        landing.log_request(self.settings.landing_dir, self._source, entry)
        self._last_requests[entry.partition] = entry
        self.responses += 1


def remove_left(settings: Settings) -> None:
    """Remove what sessions of this process, and of processes that are gone, left in the data directory."""
    for left in settings.data_dir.glob(".fetch-*"):
        pid = left.name.partition("-")[2]
        if pid == str(os.getpid()) or not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left, ignore_errors=True)
