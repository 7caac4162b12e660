"""One visit to a publisher: ask, land, remember what was answered.

Here belongs what every live source does the same way. Not here: which questions to ask (raw/<source>.py),
how bytes come over the network (http_client.py), or what they mean.

Each answer lands as soon as it is whole, so a visit that dies loses the answer under way and no other, and
the next visit asks nothing that was answered.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import formats, landing
from dagster_project.files.formats import Head, RejectedFile
from dagster_project.files.landing import Answer, Landing, Recognised
from dagster_project.ingest import http_client
from dagster_project.ingest.source import Source
from dagster_project.settings import Settings

TELL_EVERY_SECONDS = 5.0


class FetchSession:
    """What `fetch(visit)` of a source works with.

    `landed` holds the new landings of this visit, `answered` counts questions that were answered. `month`, as
    202303, is set when a person asks for one month again: then only that month, whether it was asked or not.
    """

    def __init__(
        self,
        settings: Settings,
        source: str,
        recognise: Callable[[Head], Recognised | None],
        client: http_client.Client,
        tell: Callable[[str], None] = lambda sentence: None,
        *,
        month: str = "",
    ) -> None:
        self.settings = settings
        self.month = month
        self.landed: list[Landing] = []
        self.answered = 0
        self._source, self._recognise, self._client, self._tell = source, recognise, client, tell
        self._answers = landing.answers(settings.landing_dir, source)
        self._said = {
            one.partition: one.valid_from for one in landing.landed(settings.landing_dir, source)
        }  # oldest first, so the last one stays
        self._told_at = time.monotonic()
        # beside landing/, so that a large answer needs room on one disk only
        self._folder = settings.data_dir / f".visit-{os.getpid()}"

    def __enter__(self) -> FetchSession:
        for left in self.settings.data_dir.glob(".visit-*"):  # by a visit that died
            if left == self._folder or not Path(f"/proc/{left.name.partition('-')[2]}").exists():
                shutil.rmtree(left, ignore_errors=True)
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def newest(self, partition: str) -> Answer | None:
        """The last answer to this question, in this visit or an earlier one."""
        return self._answers.get(partition)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        expect: Sequence[str] = (),
        etag: str = "",
    ) -> http_client.Answer:
        """One answer, whole, in a temporary file. Raises http_client.NetworkError. `secrets` are headers."""
        return self._client.get(
            url,
            params=dict(params or {}),
            secrets=dict(secrets or {}),
            to=self._folder / "answer",
            expect=expect,
            etag=etag,
        )

    def land(self, answer: http_client.Answer, *, partition: str, edition: str = "") -> Landing | None:
        """Take an answer into landing/ under its question; None when it is what was answered before.

        Raises RejectedFile when the bytes are not this source's, or are an older edition than the one that landed.
        """
        newest = self._answers.get(partition)
        recognised = self._recognise(formats.look(answer.path))
        if recognised is None:
            raise RejectedFile(
                f"{answer.url} answered with something that is no file of {self._source}.",
                "The service has probably changed its layout: nothing of it was loaded.",
            )
        if recognised.partition != partition and recognised.partition in self._answers:
            raise RejectedFile(
                f"{answer.url} answered with {recognised.partition}, and was asked for {partition}.",
                "Loaded in its place, it would close every row of the other: it was not taken.",
            )
        edition = edition or recognised.edition
        if newest and edition and edition < newest.edition:
            raise RejectedFile(
                f"{answer.url} answered with the edition of {edition}, and the one of {newest.edition} has landed.",
                "The service probably gave an old copy: it is asked again at the next run.",
            )
        asked_at = datetime.now(UTC)
        sha256 = landing.sha256_of(answer.path)
        one = None
        if newest is None or newest.sha256 != sha256:
            one = landing.take(
                self.settings.landing_dir,
                self._source,
                replace(recognised, partition=partition, edition=edition),
                answer.path,
                fetched_at=asked_at,
                valid_from=landing.said_from(edition, asked_at, self._said.get(partition, "")),
                called=partition,
                fetched_from=answer.url,
            )
            self._said[partition] = one.valid_from
            self.landed.append(one)
        last_modified = answer.last_modified.isoformat() if answer.last_modified else ""
        self._remember(Answer(partition, edition, sha256, asked_at.isoformat(), answer.etag, last_modified))
        answer.path.unlink()
        return one

    def ask(
        self,
        url: str,
        *,
        partition: str,
        params: Mapping[str, str] | None = None,
        edition: str = "",
        expect: Sequence[str] = (),
    ) -> Landing | None:
        """Get and land in one call; a service that knows our copy's ETag need not send it again."""
        newest = self._answers.get(partition)
        answer = self.get(url, params=params, expect=expect, etag=newest.etag if newest else "")
        if answer.status == 304 and newest:
            self._remember(replace(newest, asked_at=datetime.now(UTC).isoformat()))
            return None
        return self.land(answer, partition=partition, edition=edition)

    def progress(self, done: int, total: int, what: str) -> None:
        """Say how far a long fetch is: now and then, and at its end."""
        now = time.monotonic()
        if done == total or now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            self._tell(f"{self._source}: {done:,} of {total:,} {what}")

    def _remember(self, answer: Answer) -> None:
        landing.remember(self.settings.landing_dir, self._source, answer)
        self._answers[answer.partition] = answer
        self.answered += 1


def ask_service(
    settings: Settings,
    source: Source,
    tell: Callable[[str], None],
    *,
    month: str = "",
    client: http_client.Client | None = None,
) -> tuple[list[Landing], str | None]:
    """Ask a source's service for what is newer than what has landed. Returns what landed, and why it stopped.

    A service that is down, refuses or answers with something else stops only its own source, and what it said
    before stays; each visit is noted, so that the age of the last answer is known.
    """
    started_at, failure = datetime.now(UTC), None
    with (
        client or http_client.Client() as asking,
        FetchSession(settings, source.name, source.recognise, asking, tell, month=month) as visit,
    ):
        try:
            source.fetch(visit)
        except (http_client.NetworkError, RejectedFile) as error:
            failure = str(error)
    warehouse.note_visit(
        settings,
        source.name,
        started_at=started_at.replace(tzinfo=None),
        ended_at=datetime.now(UTC).replace(tzinfo=None),
        sentence=failure,
        answers=visit.answered,
        landings=len(visit.landed),
    )
    return visit.landed, failure
