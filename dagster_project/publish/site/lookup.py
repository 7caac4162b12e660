"""Pages that lead to others: the search over what the site names, and two countries or goods side by side.

Both pages stand whole without a script: a table of everything that can be looked for, and one of all that can be
compared. Not here: the pages they lead to (render.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, Any]
Sides = tuple[float | None, float | None]  # recorded as exported, recorded as imported at FOB; USD


def entries(
    links: Mapping[str, str],
    names: Mapping[str, str],
    good_links: Mapping[str, str],
    good_names: Mapping[str, str],
    claims: Sequence[Row],
    designations: Sequence[Row],
) -> list[dict[str, str]]:
    """What can be looked for: kind, name, note, and the address of its page ("" where it has none)."""
    found = [
        {"kind": "country", "name": names.get(iso3, iso3), "note": iso3, "link": link} for iso3, link in links.items()
    ]
    found += [
        {"kind": "goods", "name": good_names[code], "note": f"HS {code}" if code.isdigit() else code, "link": link}
        for code, link in good_links.items()
    ]
    found += [
        {
            "kind": "claim",
            "name": claim["quote"],
            "note": claim["source"] or "",
            "link": f"article.html#{claim['claim_id']}",
        }
        for claim in claims
    ]
    listed = dict.fromkeys((str(row["transit_iso3"]), str(row["name"]), str(row["list_id"])) for row in designations)
    found += [
        {
            "kind": "listed name",
            "name": name,
            "note": f"{list_id}, {names.get(iso3, iso3)}",
            "link": f"{links[iso3]}#designations" if iso3 in links else "",
        }
        for iso3, name, list_id in listed
    ]
    return found


def series(
    reports: Iterable[Row],
    links: Mapping[str, str],
    names: Mapping[str, str],
    good_links: Mapping[str, str],
    good_names: Mapping[str, str],
    group: str,
) -> list[dict[str, Any]]:
    """What can be compared, by month in USD m: each country's `group` of goods, each good to all transit countries.

    `reports` are the coalition's rows of the question "reports" of goods. A side is None in a month
    that one of its countries did not report.
    """
    countries: dict[str, dict[date, list[Sides]]] = {}
    goods: dict[str, dict[date, list[Sides]]] = {}
    for row in reports:
        iso3, code = str(row["transit_iso3"]), str(row["goods"])
        sides = (row["export_value_usd"], row["import_fob_usd"])
        if code == group and iso3 in links:
            countries.setdefault(iso3, {}).setdefault(row["period"], []).append(sides)
        if code in good_links:
            goods.setdefault(code, {}).setdefault(row["period"], []).append(sides)
    made = [
        {"id": iso3, "kind": "country", "name": names.get(iso3, iso3), "link": links[iso3], **_by_month(months)}
        for iso3, months in countries.items()
    ] + [
        {"id": code, "kind": "goods", "name": good_names[code], "link": good_links[code], **_by_month(months)}
        for code, months in goods.items()
    ]
    return sorted(made, key=lambda one: (one["kind"], one["name"]))


def _by_month(months: Mapping[date, Sequence[Sides]]) -> dict[str, Any]:
    """The months in USD m, and the sums of the last twelve in USD."""
    totals = {period: (_total(s[0] for s in sides), _total(s[1] for s in sides)) for period, sides in months.items()}
    ordered = sorted(totals.items())
    last = [sides for _, sides in ordered[-12:]]
    return {
        "rows": [
            {"period": period, "exports": exports and exports / 1e6, "imports": imports and imports / 1e6}
            for period, (exports, imports) in ordered
        ],
        "last_month": ordered[-1][0],
        "export_value_usd": _total(sides[0] for sides in last),
        "import_fob_usd": _total(sides[1] for sides in last),
    }


def _total(values: Iterable[float | None]) -> float | None:
    """A sum of what all reported; None where one did not, so that no side is short of a country or a month."""
    known = list(values)
    reported = [value for value in known if value is not None]
    return sum(reported) if len(reported) == len(known) else None
