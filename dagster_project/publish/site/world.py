"""The map of the first page: countries as shapes, transit countries in colour, arcs by what is above the baseline.

Here belongs how the map is drawn, as SVG that needs no script. Shapes and places come from the package `countryinfo`;
a country of which it has no shape is a dot. Not here: which rows are drawn (render.py), or any figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from countryinfo import CountryInfo, CountryNotFoundError, all_countries
from markupsafe import Markup, escape

from dagster_project.publish.site.charts import change_of

Row = Mapping[str, Any]
Point = tuple[float, float]

WEST, EAST, SOUTH, NORTH = -14.0, 146.0, -6.0, 72.0  # degrees: from the Atlantic to Japan
WIDTH, STRETCH = 960.0, 1.25  # pixels; a degree of latitude is drawn longer, as it is in the middle latitudes
PER_DEGREE = WIDTH / (EAST - WEST)
HEIGHT = (NORTH - SOUTH) * PER_DEGREE * STRETCH
COALITION: Point = (4.4, 50.8)  # Brussels, for all of its members
WIDEST = 16.0  # pixels, the arc with the most above its baseline


def _place(point: Sequence[float]) -> Point:
    return (point[0] - WEST) * PER_DEGREE, (NORTH - point[1]) * PER_DEGREE * STRETCH


@cache
def _shapes() -> dict[str, str]:
    """ISO3 → the path of a country's outlines, of those in sight."""
    shapes = {}
    for country in all_countries():
        code = country.iso().get("alpha3")
        paths = [path for ring in _rings(country) if (path := _path(ring))]
        if code and paths:
            shapes[code] = "".join(paths)
    return shapes


def _rings(country: CountryInfo) -> Iterator[Sequence[Sequence[float]]]:
    for feature in (country.geo_json() or {}).get("features", ()):
        geometry = feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        for polygon in polygons:
            yield polygon[0]


def _path(ring: Sequence[Sequence[float]]) -> str:
    """A closed path, to a tenth of a pixel; empty where all of it is out of sight."""
    if not any(WEST <= x <= EAST and SOUTH <= y <= NORTH for x, y in ring):
        return ""
    return "M" + "L".join("{:.1f} {:.1f}".format(*_place(point)) for point in ring) + "Z"


@cache
def _centre(iso3: str) -> Point | None:
    """Where a country's mark stands; None where the package does not know it."""
    try:
        latitude, longitude = CountryInfo(iso3).latlng()
    except (CountryNotFoundError, ValueError):
        return None
    return _place((longitude, latitude))


def _above(row: Row) -> float:
    """What a corridor carries above its baseline, USD; 0 where it is below, or there is nothing to compare with."""
    return 0.0 if row["baseline_usd"] is None else max(float(row["value_usd"]) - float(row["baseline_usd"]), 0.0)


def draw(inward: Sequence[Row], onward: Sequence[Row], names: Mapping[str, str], links: Mapping[str, str]) -> Markup:
    """The map as one SVG: a transit country's colour is its change, an arc's width what is above the baseline.

    `inward` and `onward` are rows of the question "map", values in USD. Names come escaped.
    """
    largest = max((_above(row) for row in [*inward, *onward]), default=0.0) or 1.0
    changes = {str(row["importer_iso3"]): change_of(row["growth_ratio"]) for row in inward}
    land = [f'<path class="land {changes.get(iso3, "")}" d="{path}"/>' for iso3, path in sorted(_shapes().items())]
    arcs = []
    for row in [*inward, *onward]:
        start = _place(COALITION) if row["exporter"] == "COALITION" else _centre(str(row["exporter"]))
        end = _centre(str(row["importer_iso3"]))
        if not (start and end and _above(row)):
            continue
        (x0, y0), (x1, y1) = start, end
        bend = (x0 + x1) / 2, min(y0, y1) - abs(x1 - x0) * 0.18
        first = "The coalition" if row["exporter"] == "COALITION" else names.get(str(row["exporter"]), "")
        last = names.get(str(row["importer_iso3"]), str(row["importer_iso3"]))
        label = f"{first} to {last}: USD {_above(row) / 1e6:,.1f} million above the baseline"
        arcs.append(
            f'<path class="arc {"in" if row["exporter"] == "COALITION" else "on"}" '
            f'stroke-width="{max(_above(row) / largest * WIDEST, 0.8):.1f}" '
            f'd="M{x0:.1f} {y0:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {x1:.1f} {y1:.1f}">'
            f"<title>{escape(label)}</title></path>"
        )
    marks = _marks(sorted(inward, key=_above, reverse=True), changes, names, links)
    return Markup(
        f'<svg class="map" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="group" aria-label="Map of transit countries '
        f'by change, with arcs by what is above the baseline; the table below has the same figures">'
        f"{''.join(land)}{''.join(arcs)}{''.join(marks)}</svg>"
    )


def _marks(
    rows: Sequence[Row], changes: Mapping[str, str], names: Mapping[str, str], links: Mapping[str, str]
) -> list[str]:
    """A dot for each transit country, and its name where it fits: the largest first, none over another."""
    marks, taken = [], []
    for row in rows:
        iso3 = str(row["importer_iso3"])
        centre = _centre(iso3)
        if not centre:
            continue
        x, y = centre
        name = names.get(iso3, iso3)
        marks.append(
            f'<circle class="land {changes[iso3]}" cx="{x:.1f}" cy="{y:.1f}" r="5">'
            f"<title>{escape(name)}</title></circle>"
        )
        box = (x + 7, y - 8, x + 9 + 8 * len(name), y + 8)
        if box[2] > WIDTH or any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        label = f'<text x="{x + 8:.1f}" y="{y + 5:.1f}">{escape(name)}</text>'
        marks.append(f'<a href="{escape(links[iso3])}">{label}</a>' if iso3 in links else label)
    return marks
