"""Pages in the browser of this machine. Not here: which pages, or what they should say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Look:
    """What the browser said of one page."""

    console: list[str] = field(default_factory=list)
    left_the_disk: list[str] = field(default_factory=list)
    serious: list[str] = field(default_factory=list)  # what axe calls serious or critical
    undrawn: list[str] = field(default_factory=list)  # charts without a drawing
    too_wide: int = 0  # pixels that the page is wider than its window


@contextmanager
def browser() -> Iterator[object]:
    """A headless Chromium, or a skipped test."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not program:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # as root in a container there is no sandbox to be had; the pages are our own
        chromium = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()


def looks(
    chromium, folder: Path, pages: Sequence[str], *, width: int = 1400, scheme: str = "light", check: bool = True
) -> dict[str, Look]:
    """Open each page from disk, unfold everything, and note what is wrong with it."""
    from axe_core_python.sync_playwright import Axe

    context = chromium.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    seen = {}
    for name in pages:
        page, look = context.new_page(), Look()
        page.on("console", lambda message, look=look: look.console.append(message.text))
        page.on("pageerror", lambda error, look=look: look.console.append(str(error)))
        page.on(
            "request",
            lambda request, look=look: (
                None if request.url.startswith(("file:", "data:")) else look.left_the_disk.append(request.url)
            ),
        )
        page.goto((folder / name).as_uri())
        look.too_wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )  # as it opens; what scrolls does so in a box of its own
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # shows all tabs
        page.wait_for_timeout(150)
        look.undrawn = page.evaluate(
            "[...document.querySelectorAll('.chart')].filter(one => !one.querySelector('svg path')).map(one => one.id)"
        )
        if check:
            violations = Axe().run(page)["violations"]
            look.serious = [
                f"{one['id']}: {one['nodes'][0]['html'][:200]}"
                for one in violations
                if one["impact"] in ("serious", "critical")
            ]
        seen[name] = look
        page.close()
    context.close()
    return seen
