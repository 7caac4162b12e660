"""The pages of a site as files: what they link, load and say, without a browser. Not here: any expectation."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import duckdb

from dagster_project.publish.site import render

WITH_SQL = (
    r'<a href="(data/[^"]+)" download>[^<]*</a>\s*'
    r"<details><summary>SQL[^<]*</summary><pre[^>]*><code>(.*?)</code>"
)


class Page(HTMLParser):
    """The links, the ids and the readable text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []  # what a browser fetches by itself
        self.ids: list[str] = []
        self.text = ""
        self._inside: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("script", "style"):
            self._inside.append(tag)
            if given.get("type") == "application/json":
                self.scripts.append("")
                self._inside[-1] = "json"
        if "id" in given:
            self.ids.append(given["id"] or "")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        elif address := given.get("src") or given.get("href"):
            self.loaded.append(address)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text += data
        elif self._inside[-1] == "json":
            self.scripts[-1] += data


def pages_of(folder: Path) -> dict[str, Page]:
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))}


def broken_links(folder: Path) -> list[str]:
    """Links of a site that lead nowhere, and what its pages would fetch from elsewhere."""
    pages, broken = pages_of(folder), []
    for name, page in pages.items():
        broken += [f"{name} loads {address}" for address in page.loaded if not address.startswith("data:")]
        broken += [f"{name} has two #{i}" for i in {i for i in page.ids if page.ids.count(i) > 1}]
        for link in page.links:
            if re.match(r"https?:", link):
                continue
            target, _, fragment = link.partition("#")
            if target and not (folder / target).exists():
                broken.append(f"{name}: {link}")
            if fragment and fragment not in pages[target or name].ids:
                broken.append(f"{name}: {link}")
    return broken


def sql_of_pages(database: Path, folder: Path, *stems: str) -> int:
    """Run what stands as SQL beside each CSV of these pages; its rows come back. Returns how many it ran."""
    ran = 0
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("use marts")
        for stem in stems:
            text = (folder / f"{stem}.html").read_text(encoding="utf-8")
            for file, shown in re.findall(WITH_SQL, text, re.S):
                with (folder / file).open(encoding="utf-8", newline="") as handle:
                    names, *kept = csv.reader(handle)
                answer = con.execute(Page(shown).text)
                width = len(answer.description)  # behind them stand the facts of the build
                rows = [["" if v is None else str(render.harmless(v)) for v in row] for row in answer.fetchall()]
                assert sorted(rows) == sorted(row[:width] for row in kept), (stem, file)
                assert names[:width] == [column[0] for column in answer.description], (stem, file)
                ran += 1
    return ran
