"""Pages that lead to others: the search over what the site names, and two countries or goods side by side.

Both pages stand whole without a script: a table of everything that can be looked for, and one of all that can be
compared. Not here: the pages they lead to (render.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, Any]


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

    `reports` are the coalition's rows of the question "reports" of goods. A month that one side did not report is None.
    """
    countries: dict[str, dict[date, list[float | None]]] = {}
    goods: dict[str, dict[date, list[float | None]]] = {}
    for row in reports:
        iso3, code = str(row["transit_iso3"]), str(row["goods"])
        values = [row["export_value_usd"], row["import_fob_usd"]]
        if code == group and iso3 in links:
            countries.setdefault(iso3, {})[row["period"]] = values
        if code in good_links:
            known = goods.setdefault(code, {}).setdefault(row["period"], [None, None])
            known[:] = [b if a is None else a if b is None else a + b for a, b in zip(known, values, strict=True)]
    made = [
        {"id": iso3, "kind": "country", "name": names.get(iso3, iso3), "link": links[iso3], "months": months}
        for iso3, months in countries.items()
    ] + [
        {"id": code, "kind": "goods", "name": good_names[code], "link": good_links[code], "months": months}
        for code, months in goods.items()
    ]
    for one in made:
        rows = sorted(one.pop("months").items())
        one["rows"] = [
            {
                "period": period,
                **{
                    side: None if usd is None else usd / 1e6
                    for side, usd in zip(("exports", "imports"), values, strict=True)
                },
            }
            for period, values in rows
        ]
        last = [values for _, values in rows[-12:]]
        one["last_month"] = rows[-1][0]
        one["export_value_usd"], one["import_fob_usd"] = (
            sum(side) if None not in side else None for side in ([v[n] for v in last] for n in (0, 1))
        )
    return sorted(made, key=lambda one: (one["kind"], one["name"]))
