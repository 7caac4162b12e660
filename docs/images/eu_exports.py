"""The chart of README: what the EU reported as exported, and what was recorded as imported. Figures are facts as their
publishers reported them, annual, in million USD: python docs/images/eu_exports.py draws them anew."""

from pathlib import Path

import altair as alt
import pandas as pd

SOURCE = [
    "Exports: Eurostat Comext, FOB, euro at the ECB's rates of the year. Imports, as reported:",
    "Bureau of National Statistics of Kazakhstan, National Statistical Committee of Kyrgyzstan.",
]
FIGURES = {  # country: year: (EU27 reported as exported, recorded as imported)
    "Kazakhstan": {2021: (6489.6, 5655.0), 2022: (10896.1, 7624.5), 2023: (13094.7, 10314.0)},
    "Kyrgyzstan": {2021: (311.3, 289.5), 2022: (1233.0, 526.9), 2023: (2956.0, 964.6)},
}
SERIES = ("EU27 reported as exported", "recorded as imported")


def chart() -> alt.HConcatChart:
    rows = pd.DataFrame(
        [(country, year, name, value) for country, years in FIGURES.items() for year, pair in years.items()
         for name, value in zip(SERIES, pair, strict=True)],
        columns=["country", "year", "series", "value"],
    )  # fmt: skip
    colour = alt.Color("series:N", title=None, scale=alt.Scale(domain=[*SERIES], range=["#1f5fae", "#d9822b"]),
                       legend=alt.Legend(orient="top", labelLimit=300))  # fmt: skip
    bars = alt.Chart().mark_bar().encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)), xOffset=alt.XOffset("series:N", sort=[*SERIES]),
        y=alt.Y("value:Q", title="USD million"), color=colour,
    )  # fmt: skip
    text = bars.mark_text(dy=-6, fontSize=10).encode(text=alt.Text("value:Q", format=",.0f"), color=alt.value("#333"))
    panels = [
        alt.layer(bars, text, data=rows[rows.country == country]).properties(width=300, height=220, title=country)
        for country in FIGURES
    ]
    title = alt.TitleParams("EU exports, as reported by both sides", subtitle=SOURCE, anchor="start")
    return alt.hconcat(*panels).resolve_scale(y="independent").properties(title=title).configure(
        background="#ffffff", padding=12
    )  # fmt: skip


if __name__ == "__main__":
    chart().save(Path(__file__).with_suffix(".svg"))
