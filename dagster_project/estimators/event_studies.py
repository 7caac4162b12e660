"""Did exports of listed goods change against those of other goods? An event study by Poisson pseudo-maximum likelihood.

Of exporter j, importer k, good p and period t, before and after the event:

    exports(jkpt) = exp(pair-and-good(jkp) + pair-and-period(jkt) + beta * listed(p) * after(t)) * error

so that what a pair trades more or less of everything, and what a good always sells there, is no effect. Poisson keeps
zeros and weighs by value (Santos Silva and Tenreyro, 2006). Errors are clustered by good. Placebo lists are drawn from
the goods on no list, as many by chapter as are listed, at most half of what the chapter has: how often one of them has
a coefficient as large is the placebo share.

Estimated by pyfixest, an optional extra; without it a study has no figure and says so. Not here: which exporters, goods
and periods (dbt's int_event_cells_summed).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from statistics import NormalDist
from types import ModuleType

import numpy as np
import pandas as pd

NOT_INSTALLED = "The package pyfixest is not installed. Install it with make event-studies, and run again."
SERIES = ["exporter_iso3", "importer_iso3", "goods"]
INTERVAL = 0.90
DIGITS = 9
TYPES = {
    "study_id": "string", "part": "string", "period": "datetime64[us]", "coefficient": "float64",
    "std_error": "float64", "low": "float64", "high": "float64", "placebo_share": "float64",
    "placebo_lists": "int64", "series": "int64", "observations": "int64",
    "listed_goods": "int64", "other_goods": "int64", "lacking": "string",
}  # fmt: skip


def estimate(cells: pd.DataFrame, *, least_goods: int, placebo_lists: int, seed: int = 0) -> pd.DataFrame:
    """One row a study and part: `after` (against all months before), and `half_year` by half-year, against the last
    year before.

    cells: study_id, SERIES, is_listed, half_year (its first day), part (`before`, `between`, `after`), is_reference
    (the last year before), export_value_usd. Every series has every half-year. Returned: TYPES; coefficient, std_error
    and the ends of the interval of 90 % in log points; where a study cannot be estimated, `lacking` says why.
    """
    fixest = _pyfixest()
    cells = cells.sort_values(["study_id", *SERIES, "half_year"], ignore_index=True)
    rng = np.random.default_rng(seed)
    rows: list[dict] = []
    for study_id, study in cells.groupby("study_id", sort=True):
        goods = study.groupby("goods").is_listed.first()
        counted = {
            "study_id": study_id, "series": study[SERIES].drop_duplicates().shape[0],
            "listed_goods": int(goods.sum()), "other_goods": int((~goods).sum()),
        }  # fmt: skip
        lacking = _lacking(study, counted, least_goods)
        if lacking or not fixest:
            rows.append(counted | {"part": "after", "lacking": lacking or NOT_INSTALLED})
        else:
            rows += [counted | row for row in _study(fixest, study, rng, placebo_lists)]
    frame = pd.DataFrame(rows, columns=[*TYPES])
    whole = {"placebo_lists": 0, "observations": 0}
    return frame.fillna(whole).astype(TYPES).reset_index(drop=True)


def _pyfixest() -> ModuleType | None:
    try:
        import pyfixest
    except ImportError:
        return None
    return pyfixest


def _lacking(study: pd.DataFrame, counted: dict, least_goods: int) -> str:
    if missing := {"before", "after"} - {*study.part}:
        return f"No month {' and none '.join(sorted(missing))} the event is loaded for these exporters."
    for kind in ("listed", "other"):
        if counted[f"{kind}_goods"] < least_goods:
            return f"{counted[f'{kind}_goods']} {kind} goods have whole series, and {least_goods} are needed."
    return ""


def _study(fixest: ModuleType, study: pd.DataFrame, rng: np.random.Generator, placebo_lists: int) -> Iterator[dict]:
    # Months of a part can be summed before they are compared: listed(p) * after(t) does not change within one.
    parts = study[study.part != "between"].groupby([*SERIES, "part"], as_index=False).agg(
        export_value_usd=("export_value_usd", "sum"), is_listed=("is_listed", "first")
    )  # fmt: skip
    effect = (parts.part == "after").to_numpy()
    [after] = _fitted(fixest, parts, "part", {"after": effect & parts.is_listed.to_numpy()})
    if np.isnan(after["coefficient"]):
        yield {"part": "after", "lacking": "No exporter has listed goods and others to one importer, before and after."}
        return
    others = parts[~parts.is_listed]
    drawn = [_placebo(fixest, others, listed) for listed in _lists(study, rng, placebo_lists)]
    placebos = [placebo for placebo in drawn if not np.isnan(placebo)]
    as_large = [abs(placebo) >= abs(after["coefficient"]) for placebo in placebos]
    share = float(np.mean(as_large)) if placebos else np.nan
    yield after | {"part": "after", "placebo_share": share, "placebo_lists": len(placebos)}

    periods = sorted(study.loc[~study.is_reference, "half_year"].unique())
    listed = study.is_listed.to_numpy()
    terms = {f"h{number}": listed & (study.half_year == period) for number, period in enumerate(periods)}
    for period, row in zip(periods, _fitted(fixest, study, "half_year", terms), strict=True):
        if not np.isnan(row["coefficient"]):
            yield row | {"part": "half_year", "period": period}


def _lists(study: pd.DataFrame, rng: np.random.Generator, wanted: int) -> Iterator[set[str]]:
    goods = study.groupby("goods").is_listed.first().reset_index()
    chapters = goods.goods.str.lstrip("G").str[:2]
    listed = chapters[goods.is_listed].value_counts()
    others = {chapter: names.to_numpy() for chapter, names in goods[~goods.is_listed].goods.groupby(chapters)}
    sizes = {chapter: min(listed.get(chapter, 0), len(names) // 2) for chapter, names in others.items()}
    for _ in range(wanted if sum(sizes.values()) else 0):
        yield {name for chapter, size in sizes.items() for name in rng.choice(others[chapter], size, replace=False)}


def _placebo(fixest: ModuleType, others: pd.DataFrame, listed: set[str]) -> float:
    treated = others.goods.isin(listed).to_numpy() & (others.part == "after").to_numpy()
    [row] = _fitted(fixest, others, "part", {"after": treated})
    return row["coefficient"]


def _fitted(fixest: ModuleType, rows: pd.DataFrame, period: str, terms: dict[str, np.ndarray]) -> list[dict]:
    """The coefficients of the terms, in their order; NaN where the rows do not separate them from the effects."""
    pairs = rows.exporter_iso3 + "-" + rows.importer_iso3
    frame = pd.DataFrame({
        "value": rows.export_value_usd.to_numpy(dtype=float), "goods": rows.goods.to_numpy(),
        "series": pd.factorize(pairs + rows.goods)[0], "pair_period": pd.factorize(pairs + rows[period].astype(str))[0],
        **{name: np.asarray(term, dtype=float) for name, term in terms.items()},
    })  # fmt: skip
    z, errors = NormalDist().inv_cdf(0.5 + INTERVAL / 2), {"CRV1": "goods"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # series that decide nothing; `observations` are without them
            formula = f"value ~ {' + '.join(terms)} | series + pair_period"
            fit = fixest.fepois(formula, frame, vcov=errors, fixef_rm="none")
    except ValueError:  # all terms are collinear
        return [dict.fromkeys(("coefficient", "std_error", "low", "high"), np.nan) for _ in terms]
    coefficients, deviations = fit.coef(), fit.se()
    return [
        {
            # rounded: the last digits depend on how many threads added up
            "coefficient": (beta := round(float(coefficients.get(name, np.nan)), DIGITS)),
            "std_error": (error := round(float(deviations.get(name, np.nan)), DIGITS)),
            "low": beta - z * error,
            "high": beta + z * error,
            "observations": int(fit._N),
        }
        for name in terms
    ]
