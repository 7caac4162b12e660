"""How figures are drawn: altair specs for the large charts of a page, and plain SVG for the many small ones.

A spec is made once and names its data; each page brings its own rows. Colours are the page's CSS variables, so that
one drawing serves light, dark and paper. Not here: any number that is not in the rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup, escape

Row = Mapping[str, Any]

FROM, TO = "the first month", "the last month"  # placeholders in a spec, filled in by each page
CONFIG = {
    "background": "transparent",
    "aria": False,  # the figure has a description and a table
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 90,
    },
    "axisY": {"minExtent": 44, "maxExtent": 44, "titleAnchor": "end", "titleAlign": "left", "titleAngle": 0,
              "titleX": -44, "titleY": -10},
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--muted)",
        "labelFontSize": 13,
        "orient": "top",
        "title": None,
        "offset": 24,
        "symbolStrokeWidth": 3,
        "labelLimit": 400,
    },
    "rule": {"color": "var(--muted)"},
    "text": {"color": "var(--muted)"},
}  # fmt: skip


@cache
def script() -> str:
    """Vega, Vega-Lite and vega-embed as one script, its names kept to itself."""
    bundle = vl_convert.javascript_bundle()
    return "(function(){" + bundle.replace("</script", "<\\/script") + "\n})();"


def compared(series: Mapping[str, Sequence[Row]]) -> str:
    """The JSON of the page that compares: one spec, and the rows of each series by its id."""
    spec = json.loads(_specs()["compared"])
    rows = {name: [_plain(row) for row in of_series] for name, of_series in series.items()}
    return _inside_script(json.dumps({"spec": spec, "rows": rows}, separators=(",", ":")))


def _inside_script(text: str) -> Markup:
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def figure(kind: str, rows: Sequence[Row], events: Sequence[Row] = (), span: tuple[date, date] | None = None) -> str:
    """The JSON of a chart of this page's rows, safe inside a <script>. Periods are dates; values as the chart wants."""
    spec = json.loads(_specs()[kind])
    spec["datasets"] = {"rows": [_plain(row) for row in rows], "events": [_plain(row) for row in events]}
    text = json.dumps(spec, separators=(",", ":"))
    if span:
        for placeholder, day in zip((FROM, TO), span, strict=True):
            text = text.replace(json.dumps(placeholder), json.dumps(_moment(day), separators=(",", ":")))
    return _inside_script(text)


def _plain(row: Row) -> dict[str, Any]:
    """Days without a zone, so that a month stays a month west of Greenwich; no number that JSON does not know."""
    return {key: _value(value) for key, value in row.items()}


def _value(value: object) -> object:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}T00:00:00"
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _moment(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "date": day.day}


@cache
def _specs() -> dict[str, str]:
    """Every kind of chart → its spec as JSON."""
    charts = {
        "reports": _reports(),
        "main": _main(),
        "compared": _compared(),
        "gap": _gap(),
        "ghost": _ghost(),
        "chain": _chain(),
        "cap": _cap(),
        "coverage": _coverage(),
        "years": _years(),
        "designations": _designations(),
        "study": _study(),
    }
    return {name: json.dumps(chart.configure(**CONFIG).to_dict()) for name, chart in charts.items()}


def _month(axis: bool = True) -> alt.X:
    return alt.X(
        "period:T",
        title=None,
        scale=alt.Scale(domain=[FROM, TO]),
        axis=alt.Axis(format="%Y", tickCount={"interval": "year", "step": 1}, grid=False, labelFlush=False)
        if axis
        else None,
    )


def _usd(field: str, title: str = "USD m") -> alt.Y:
    return alt.Y(f"{field}:Q", title=title, axis=alt.Axis(tickCount=5, format=",~r"))


def _lines(series: Mapping[str, tuple[str, str]], axis_title: str = "USD m") -> list[alt.Chart]:
    """One line for each series: label → (field, colour)."""
    names = {field: label for label, (field, _) in series.items()}
    scale = alt.Scale(domain=list(names), range=[f"var(--{colour})" for _, colour in series.values()])
    legend = alt.Legend(labelExpr=f"{json.dumps(names)}[datum.value]", columns=1)
    return [
        alt.Chart()
        .transform_fold(list(names), as_=["series", "value"])
        .mark_line(strokeWidth=2)
        .encode(x=_month(), y=_usd("value", axis_title), color=alt.Color("series:N", scale=scale, legend=legend))
    ]


def _reading(fields: Mapping[str, str]) -> alt.Chart:
    """A rule under the pointer, with the month's numbers."""
    near = alt.selection_point(
        name="near", nearest=True, on="pointermove", fields=["period"], empty=False, clear="pointerout"
    )
    return (
        alt.Chart()
        .mark_rule(strokeWidth=1)
        .encode(
            x=_month(),
            opacity=alt.condition(near, alt.value(0.7), alt.value(0)),
            tooltip=[alt.Tooltip("period:T", format="%B %Y", title="Month")]
            + [alt.Tooltip(f"{field}:Q", format=",.2f", title=title) for field, title in fields.items()],
        )
        .add_params(near)
    )


def _marks() -> list[alt.Chart]:
    """The months of events, numbered as in the list below the chart."""
    data = alt.NamedData("events")
    rule = alt.Chart(data).mark_rule(strokeDash=[2, 3], opacity=0.55).encode(x=_month())
    numbers = [  # in two rows: neighbours would run into each other
        alt.Chart(data)
        .transform_filter(f"datum.number % 2 == {odd}")
        .mark_text(baseline="bottom", dy=-2 - 10 * odd, fontSize=10)
        .encode(x=_month(), y=alt.value(0), text="number:N")
        for odd in (0, 1)
    ]
    return [rule, *numbers]


def _band(low: str, high: str, colour: str, opacity: float = 0.25) -> alt.Chart:
    return (
        alt.Chart()
        .mark_area(color=f"var(--{colour})", opacity=opacity)
        .encode(x=_month(), y=_usd(low), y2=alt.Y2(f"{high}:Q"))
    )


def _reports() -> alt.LayerChart:
    return alt.layer(
        *_marks(),
        _band("import_low", "import_high", "imports"),
        *_lines({
            "Recorded as exported": ("exports", "exports"),
            "Recorded as imported (at FOB)": ("imports", "imports"),
        }),
        _reading({"exports": "Exported, USD m", "imports": "Imported at FOB, USD m", "gap": "Gap, USD m",
                  "gap_low": "Gap, low", "gap_high": "Gap, high"}),
        data=alt.NamedData("rows"),
    ).properties(width="container", height=250)  # fmt: skip


def _compared() -> alt.LayerChart:
    """Both reports on a scale that the page sets for two charts alike."""
    x = alt.X("period:T", title=None, axis=alt.Axis(format="%Y", grid=False, tickCount={"interval": "year", "step": 1}))
    y = alt.Y(
        "value:Q", title="USD m", scale=alt.Scale(domain=[0, "the largest"]), axis=alt.Axis(tickCount=5, format=",~r")
    )
    [lines] = _lines({
        "Recorded as exported": ("exports", "exports"),
        "Recorded as imported (at FOB)": ("imports", "imports"),
    })  # fmt: skip
    return alt.layer(lines.encode(x=x, y=y), data=alt.NamedData("rows")).properties(width="container", height=260)


def _main() -> alt.LayerChart:
    """Both reports, the band, and a few events by name: what a reader sees first."""
    data = alt.NamedData("events")
    rule = alt.Chart(data).mark_rule(strokeDash=[2, 3], opacity=0.7).encode(x=_month())
    names = [
        alt.Chart(data)
        .transform_filter(f"datum.side == '{side}'")
        .mark_text(align=side, dx=4 if side == "left" else -4, fontSize=12, fontWeight="bold")
        .encode(x=_month(), y=alt.Y("height:Q", scale=None, axis=None), text="label:N")
        for side in ("left", "right")
    ]
    return alt.layer(
        alt.layer(
            _band("import_low", "import_high", "imports"),
            *_lines({
                "Recorded as exported": ("exports", "exports"),
                "Recorded as imported (at FOB)": ("imports", "imports"),
            }),
            _reading({"exports": "Exported, USD m", "imports": "Imported at FOB, USD m", "gap": "Gap, USD m",
                      "gap_low": "Gap, low", "gap_high": "Gap, high"}),
        ),
        alt.layer(rule, *names),
        data=alt.NamedData("rows"),
    ).resolve_scale(y="independent").properties(width="container", height=320)  # fmt: skip


def _gap() -> alt.LayerChart:
    zero = alt.Chart().mark_rule(opacity=0.6).encode(y=alt.datum(0))
    return alt.layer(
        zero,
        _band("gap_low", "gap_high", "gap", 0.35),
        *_lines({"Gap, with its interval": ("gap", "gap")}),
        _reading({"gap": "Gap, USD m", "gap_low": "Low", "gap_high": "High"}),
        data=alt.NamedData("rows"),
    ).properties(width="container", height=140)


def _ghost() -> alt.LayerChart:
    return alt.layer(
        *_marks(),
        _band("low", "high", "gap"),
        *_lines({"By difference": ("did", "gap"), "By rate": ("rate", "rate")}),
        _reading({"low": "Interval, from (USD m)", "high": "to", "did": "By difference", "rate": "By rate",
                  "added": "Added exports"}),
        data=alt.NamedData("rows"),
    ).properties(width="container", height=200)  # fmt: skip


def _chain() -> alt.LayerChart:
    bars = (
        alt.Chart()
        .mark_area(color="var(--chain)", opacity=0.35, interpolate="step")
        .encode(x=_month(), y=_usd("chain"))
    )
    return alt.layer(
        *_marks(),
        bars,
        *_lines({
            "Possible re-exports, at most (lower bound: 0)": ("chain", "chain"),
            "Exports to Russia and Belarus above the baseline": ("onward", "destination"),
            "Arrivals above the baseline": ("arrived", "exports"),
        }),
        _reading({"arrived": "Arrivals above the baseline, USD m", "onward": "Exports onward above the baseline",
                  "chain": "Possible re-exports, at most"}),
        data=alt.NamedData("rows"),
    ).properties(width="container", height=200)  # fmt: skip


def _cap() -> alt.LayerChart:
    return alt.layer(
        *_marks(),
        alt.Chart()
        .mark_area(color="var(--alert)", opacity=0.3, interpolate="linear")
        .encode(x=_month(), y=_usd("cap"), y2=alt.Y2("above:Q")),
        *_lines({"Exports": ("value", "exports"), "Cap: pre-war month in line with domestic demand": ("cap", "cap")}),
        _reading({"value": "Exports, USD m", "cap": "Cap", "breach": "Above the cap", "headroom": "Headroom"}),
        data=alt.NamedData("rows"),
    ).properties(width="container", height=200)


STATUSES = {
    "both_reported": ("both reported", "good"),
    "lost_export": ("exported, no import on record", "gap"),
    "orphan_import": ("imported, no export on record", "imports"),
    "partner_hidden": ("may be recorded under no country", "alert"),
    "suppressed_possible": ("may be confidential", "rate"),
    "other_revision": ("reported in two HS revisions", "chain"),
    "partial_period": ("part of the period", "cap"),
    "not_yet_reported": ("not yet reported", "soft"),
    "importer_nonreporting": ("importer does not report", "muted"),
    "exporter_nonreporting": ("exporter does not report", "destination"),
    "unvalued": ("reported, no exchange rate", "muted"),
    "neither": ("neither reports", "line"),
    "non_geographic": ("no country", "line"),
}


def _coverage() -> alt.Chart:
    scale = alt.Scale(
        domain=[label for label, _ in STATUSES.values()], range=[f"var(--{colour})" for _, colour in STATUSES.values()]
    )
    return (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X("period:O", title=None, axis=alt.Axis(labelOverlap="greedy", labelAngle=0, grid=False)),
            y=alt.Y("partners:Q", title="partner countries", axis=alt.Axis(tickCount=4, format="d"), stack="zero"),
            color=alt.Color("status:N", scale=scale, legend=None),
            order=alt.Order("rank:Q"),
            tooltip=["period:O", "status:N", "partners:Q"],
        )
        .properties(width="container", height=150)
    )  # fmt: skip


def _years() -> alt.LayerChart:
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, grid=False))
    scale = alt.Scale(
        domain=["Recorded as exported", "Recorded as imported (at FOB)"], range=["var(--exports)", "var(--imports)"]
    )
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=x,
            xOffset=alt.XOffset("series:N", sort=None),
            y=_usd("value"),
            color=alt.Color("series:N", scale=scale),
            tooltip=["year:O", "series:N", alt.Tooltip("value:Q", format=",.1f", title="USD m")],
        )
    )
    return alt.layer(bars, data=alt.NamedData("rows")).properties(width="container", height=200)


def _study() -> alt.LayerChart:
    y = alt.Y("change_percent:Q", title="%")
    ends = {"y": alt.Y("change_low_90_percent:Q", title="%"), "y2": "change_high_90_percent:Q"}
    reading = [
        alt.Tooltip("period:T", format="%b %Y", title="half-year from"),
        alt.Tooltip("change_percent:Q", format=",.1f", title="change, %"),
        alt.Tooltip("change_low_90_percent:Q", format=",.1f", title="low, %"),
        alt.Tooltip("change_high_90_percent:Q", format=",.1f", title="high, %"),
    ]
    x = alt.X("period:T", title=None, axis=alt.Axis(grid=False, format="%b %Y", tickCount=6))
    none = alt.Chart().mark_rule(strokeDash=[4, 4]).encode(y=alt.datum(0))
    intervals = alt.Chart().mark_rule(color="var(--exports)", strokeWidth=2).encode(x=x, **ends)
    points = alt.Chart().mark_point(color="var(--exports)", filled=True, size=60).encode(x=x, y=y, tooltip=reading)
    return alt.layer(none, intervals, points, data=alt.NamedData("rows")).properties(width="container", height=200)


def _designations() -> alt.LayerChart:
    points = (
        alt.Chart()
        .mark_circle(color="var(--alert)", opacity=0.8)
        .encode(
            x=_month(),
            y=alt.value(22),
            size=alt.Size("parties:Q", scale=alt.Scale(range=[40, 500], domainMin=0), legend=None),
            tooltip=[alt.Tooltip("period:T", format="%B %Y", title="Month"), alt.Tooltip("parties:Q", title="Parties")],
        )
    )
    anchor = (
        alt.Chart()
        .mark_point(opacity=0)
        .encode(
            y=alt.YDatum(
                0, type="quantitative", axis=alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)
            )
        )
    )
    return alt.layer(anchor, points, data=alt.NamedData("rows")).properties(width="container", height=44)


# --- small charts, drawn without a script -------------------------------------------------------------------------


def small(
    rows: Sequence[Row],
    fields: Mapping[str, str],
    label: str,
    width: int = 150,
    height: int = 40,
    span: tuple[date, date] | None = None,
) -> Markup:
    """Lines of a few series by month as SVG. `fields` is field → CSS class; a month without a figure is a hole.

    One scale for all series, from 0 (or the least value) to the largest.
    """
    points = [(row["period"], [row[field] for field in fields]) for row in rows]
    values = [v for _, several in points for v in several if v is not None]
    opened = f'<svg class="small" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}'
    if not values:
        return Markup(f'{opened}: no figure"></svg>')
    first, last = span or (points[0][0], points[-1][0])
    length = max((last - first).days, 1)
    low, high = min(0.0, *values), max(*values, 1e-9)
    scale = (height - 4) / (high - low)
    paths = []
    for position, css in enumerate(fields.values()):
        path, drawing = [], False
        for period, several in points:
            value = several[position]
            if value is None:
                drawing = False
                continue
            x = 2 + (period - first).days / length * (width - 4)
            y = height - 2 - (value - low) * scale
            path.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}" + ("" if drawing else "h.1"))
            drawing = True
        if path:
            paths.append(f'<path class="{css}" d="{"".join(path)}"/>')
    return Markup(f'{opened}">{"".join(paths)}</svg>')


CHANGES = ((0.8, "fell"), (1.25, "same"), (2, "rose"), (5, "double"), (math.inf, "fivefold"))
CHANGE_LABELS = {
    "fell": "below 0.8 times the level before the war",
    "same": "0.8 to 1.25 times",
    "rose": "1.25 to 2 times",
    "double": "2 to 5 times",
    "fivefold": "5 times and more",
    "unknown": "no level to compare with",
}


def change_of(ratio: float | None) -> str:
    """The class of a ratio to the level before the war."""
    return "unknown" if ratio is None else next(name for limit, name in CHANGES if ratio < limit or limit == math.inf)


def corridor_map(
    inward: Sequence[Row], onward: Sequence[Row], names: Mapping[str, str], links: Mapping[str, str], coalition: str
) -> Markup:
    """Coalition → transit → destination as one SVG: the width of a band is its value, the colour its change.

    `inward` and `onward` are rows of the question "map". Widths are in proportion, over all bands alike; a band is
    a pixel wide at least. Names come escaped.
    """
    destinations = list(dict.fromkeys(str(row["importer_iso3"]) for row in onward))
    going: dict[str, list[Row]] = {}
    for row in onward:
        going.setdefault(str(row["exporter"]), []).append(row)
    total = sum(float(row["value_usd"]) for row in inward) or 1.0
    largest = max([total, sum(float(row["value_usd"]) for row in onward)])
    scale = 300 / largest
    left, middle, right, width, top, gap = 120, 420, 800, 960, 30, 26

    def thickness(row: Row) -> float:
        return max(float(row["value_usd"]) * scale, 1.0)

    def band(x0: float, y0: float, x1: float, y1: float, row: Row, label: str) -> str:
        half = (x0 + x1) / 2
        css = change_of(row["growth_ratio"])
        return (
            f'<path class="band {css}" stroke-width="{thickness(row):.1f}" '
            f'd="M{x0} {y0:.1f}C{half} {y0:.1f} {half} {y1:.1f} {x1} {y1:.1f}"><title>{escape(label)}</title></path>'
        )

    def label_of(row: Row, start: str, end: str) -> str:
        ratio = row["growth_ratio"]
        times = "nothing to compare with" if ratio is None else f"{ratio:,.1f} times the level before the war"
        return f"{start} to {end}: USD {float(row['value_usd']) / 1e6:,.1f} million in {row['months']} months, {times}"

    stations, y = [], float(top)
    for row in inward:
        iso3 = str(row["importer_iso3"])
        tall = max(thickness(row), sum(thickness(r) for r in going.get(iso3, [])), 16.0)
        stations.append((iso3, row, y, tall))
        y += tall + gap
    height = max(y + 10, 200)
    bands, marks = [], []
    at = (height - sum(thickness(row) for row in inward)) / 2
    marks.append(
        f'<rect class="node" x="{left - 8}" y="{at:.1f}" width="8" height="{sum(thickness(r) for r in inward):.1f}"/>'
    )
    marks.append(f'<text x="{left - 14}" y="{height / 2:.1f}" text-anchor="end">{escape(coalition)}</text>')
    arrivals: dict[str, list[tuple[float, Row, str]]] = {destination: [] for destination in destinations}
    for iso3, row, y0, tall in stations:
        name = names.get(iso3, iso3)
        centre = y0 + tall / 2
        bands.append(band(left, at + thickness(row) / 2, middle, centre, row, label_of(row, coalition, name)))
        at += thickness(row)
        marks.append(f'<rect class="node" x="{middle}" y="{y0:.1f}" width="6" height="{tall:.1f}"/>')
        label = f'<text x="{middle + 12}" y="{y0 - 5:.1f}">{escape(name)}</text>'
        marks.append(f'<a href="{escape(links[iso3])}">{label}</a>' if iso3 in links else label)
        leaving = centre - sum(thickness(r) for r in going.get(iso3, [])) / 2
        for onto in going.get(iso3, []):
            arrivals[str(onto["importer_iso3"])].append((leaving + thickness(onto) / 2, onto, name))
            leaving += thickness(onto)
    widths = {end: sum(thickness(row) for _, row, _ in bands_in) for end, bands_in in arrivals.items()}
    free = (height - sum(widths.values())) / (len(destinations) + 1) if destinations else 0
    at = free
    for end, bands_in in arrivals.items():
        name = names.get(end, end)
        marks.append(f'<rect class="node" x="{right}" y="{at:.1f}" width="8" height="{widths[end]:.1f}"/>')
        marks.append(f'<text x="{right + 14}" y="{at + widths[end] / 2 + 4:.1f}">{escape(name)}</text>')
        for y0, row, start in bands_in:
            bands.append(band(middle + 6, y0, right, at + thickness(row) / 2, row, label_of(row, start, name)))
            at += thickness(row)
        at += free
    return Markup(
        f'<svg class="map" viewBox="0 0 {width} {height:.0f}" role="group" aria-label="Bands from the coalition to '
        f'transit countries and on; the table below has the same figures">{"".join(bands)}{"".join(marks)}</svg>'
    )


def gaps_picture(rows: Sequence[Mapping[str, object]], is_simulated: bool) -> bytes:
    """The gaps of the widest corridors as a PNG: country, period, gap_usd_million. Empty without rows."""
    if not rows:
        return b""
    title = "Gap of twelve months, priority goods of the coalition" + (", SIMULATED" if is_simulated else "")
    chart = (
        alt.Chart(alt.Data(values=[_plain(row) for row in rows]), title=title)
        .mark_line()
        .encode(
            x=alt.X("period:T", title=None), y=alt.Y("gap_usd_million:Q", title="USD m"),
            color=alt.Color("country:N", title=None),
        )
        .properties(width=560, height=240)
    )  # fmt: skip
    return vl_convert.vegalite_to_png(chart.to_dict(), scale=1.5)
