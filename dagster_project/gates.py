"""Gates on raw: blocking checks. What fails one goes no further, and what was published stays published.

The rules of a row stand with its source (raw/<source>.py) and are asked here of everything that is true
now; here belongs what one file cannot show: enough rows, unique keys over all files, no answer cut off,
nothing counted twice, every country code known. Tests of what dbt computes are dbt's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg

from dagster_project import warehouse
from dagster_project.ingest.source import POOL, Source, stale_after
from dagster_project.ingest.sources.comtrade import FLOWS, PARTNERS, REPORTERS
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Table

# METHODS check 09: all value is mapped to a country or to a code known not to be one.
UNMAPPED_TOLERATED = 0.001


@dataclass(frozen=True)
class Finding:
    """What a gate saw. `blocks` is False for what a person should know and a run may survive."""

    passed: bool
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)
    blocks: bool = True


# What a gate is asked with: the settings, and what the gates before it found.
Gate = Callable[[Settings, Mapping[str, Finding]], Finding]


def findings(settings: Settings, source: Source, table: Table) -> dict[str, Finding]:
    """Every gate of one raw table, by its name (an adjective)."""
    found = {}
    if table.floors:
        found["sufficient"] = _sufficient(settings, source, table)
    found["unique"] = _unique(settings, table)
    found |= _rules(settings, table)
    if table.row_limits:
        found["untruncated"] = _untruncated(settings, source, table)
    for name, gate in EXTRA.get(table.name, {}).items():
        found[name] = gate(settings, found)
    return found


def names(table: Table) -> list[str]:
    return [
        *(["sufficient"] if table.floors else []),
        "unique",
        *(rule.name for rule in table.rules),
        *(["untruncated"] if table.row_limits else []),
        *EXTRA.get(table.name, {}),
    ]


def gate_of(source: Source) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"gate_{source.name}",
        specs=[
            dg.AssetCheckSpec(name, asset=dg.AssetKey(["raw", table.name]), blocking=True)
            for table in source.tables
            for name in names(table)
        ]
        + [dg.AssetCheckSpec("fresh", asset=dg.AssetKey(["landing", source.name]))],  # old is told, and blocks nothing
        pool=POOL,
    )
    def gate():
        settings = Settings.from_environment()
        age = fresh(settings, source)
        yield dg.AssetCheckResult(
            passed=age.passed,
            check_name="fresh",
            asset_key=["landing", source.name],
            severity=dg.AssetCheckSeverity.WARN,
            description=age.sentence,
            metadata=age.numbers,
        )
        with warehouse.connect(settings, read_only=True):  # open over all questions: most are shorter than an opening
            found = {table.name: findings(settings, source, table) for table in source.tables}
        for table in source.tables:
            for name, finding in found[table.name].items():
                yield dg.AssetCheckResult(
                    passed=finding.passed,
                    check_name=name,
                    asset_key=["raw", table.name],
                    severity=dg.AssetCheckSeverity.ERROR if finding.blocks else dg.AssetCheckSeverity.WARN,
                    description=finding.sentence,
                    metadata=finding.numbers,
                )

    return gate


def fresh(settings: Settings, source: Source) -> Finding:
    """Whether a source's last word is younger than it may be; what it never said cannot be old."""
    limit = stale_after(source.name)
    heard, failure = warehouse.ask(
        settings,
        f"""select
            greatest(
                (select max(fetched_at) from raw.landings where source = '{source.name}'),
                (select max(ended_at) from raw.visits where source = '{source.name}' and outcome = 'answered')),
            (select sentence from raw.visits where source = '{source.name}' order by ended_at desc limit 1)""",
    )[0]
    if heard is None:
        return Finding(failure is None, failure or "It was never asked for anything.", {})
    days = (datetime.now(UTC).replace(tzinfo=None) - heard) / timedelta(days=1)
    said = f"Last heard {days:.0f} days ago; {limit.days} days are allowed." + (f" {failure}" if failure else "")
    return Finding(days <= limit.days, said, {"days": round(days, 2), "limit": limit.days})


def _sufficient(settings: Settings, source: Source, table: Table) -> Finding:
    if settings.data not in table.floors:
        return Finding(True, f"The data set {settings.data} holds none of {source.name}.")
    floor, reason = table.floors[settings.data]
    rows = warehouse.ask(settings, f"select count(*) from raw.{table.name} where _valid_to is null")[0][0]
    given = warehouse.ask(
        settings, f"select count(*) from raw.landings where source = '{source.name}' and status = 'loaded'"
    )[0][0]
    if not given:  # a folder of downloads need not hold every source, and a service may be down
        return Finding(False, f"No file of {source.name} was loaded.", {"rows": 0}, blocks=settings.data == "sample")
    return Finding(
        rows >= floor, f"{rows:,} rows; at least {floor:,} are expected: {reason}.", {"rows": rows, "floor": floor}
    )


def _unique(settings: Settings, table: Table) -> Finding:
    key = ", ".join(f'"{c}"' for c in table.key)
    twice = warehouse.ask(
        settings,
        f"select count(*) - count(distinct hash({key})) from raw.{table.name} where _valid_to is null",
    )[0][0]
    return Finding(twice == 0, f"{twice:,} rows share the key of another ({', '.join(table.key)}).", {"rows": twice})


def _rules(settings: Settings, table: Table) -> dict[str, Finding]:
    if not table.rules:
        return {}
    counts = ", ".join(f"count(*) filter (where {rule.broken})" for rule in table.rules)
    broken = warehouse.ask(settings, f"select {counts} from raw.{table.name} where _valid_to is null")[0]
    return {
        rule.name: Finding(n == 0, f"{n:,} rows break the rule that rows are {rule.name}.", {"rows": n})
        for rule, n in zip(table.rules, broken, strict=True)
    }


def _untruncated(settings: Settings, source: Source, table: Table) -> Finding:
    limits = ", ".join(map(str, table.row_limits))
    at_limit = warehouse.ask(
        settings,
        f"select original_name from raw.landings where source = '{source.name}' and status = 'loaded' "
        f"and rows_read in ({limits})",
    )
    return Finding(
        not at_limit,
        f"{len(at_limit)} files hold exactly as many rows as one answer may ({limits})"
        + (f", such as {at_limit[0][0]}." if at_limit else "."),
        {"files": len(at_limit)},
    )


def _additive(settings: Settings, found: Mapping[str, Finding]) -> Finding:
    """After the breakdowns are left out, each cell is there once, so that sums count it once."""
    cell = "typeCode, freqCode, period, reporterCode, flowCode, partnerCode, classificationCode, cmdCode"
    totals = """from raw.comtrade_flows where _valid_to is null and customsCode = 'C00' and motCode = '0'
        and partner2Code = '0' and coalesce(mosCode, '0') = '0'"""
    # Of its key a total's cell lacks what is the same for all totals, but for a mosCode that some leave empty.
    modes = warehouse.ask(settings, f"select count(distinct coalesce(mosCode, '')) {totals}")[0][0]
    if modes < 2 and found["unique"].passed:
        return Finding(True, "0 cells stand there more than once as totals.", {"cells": 0})
    # the hash is a quick look, as in _unique; a hit is then looked at closely
    twice = warehouse.ask(settings, f"select count(*) - count(distinct hash({cell})) {totals}")[0][0]
    if twice:
        counted = f"select count(*) from (select 1 {totals} group by {cell} having count(*) > 1)"
        twice = warehouse.ask(settings, counted)[0][0]
    return Finding(twice == 0, f"{twice:,} cells stand there more than once as totals.", {"cells": twice})


def _mapped(settings: Settings, found: Mapping[str, Finding]) -> Finding:
    rows = warehouse.ask(
        settings,
        f"""with known as (
            select cast(cast(m49 as integer) as varchar) as code
            from read_csv('{SEEDS_DIR}/countries.csv', header = true, all_varchar = true)
            union
            select code from read_csv('{SEEDS_DIR}/country_codes.csv', header = true, all_varchar = true)
            where publisher = 'comtrade'
        ), pairs as (
            select reporterCode, partnerCode, sum(try_cast(primaryValue as double)) as value_usd
            from raw.comtrade_flows where _valid_to is null group by all
        ), seen as (
            select reporterCode as code, value_usd from pairs
            union all
            select partnerCode, value_usd from pairs
        )
        select coalesce(sum(value_usd), 0), coalesce(sum(value_usd) filter (code not in (select code from known)), 0),
            string_agg(distinct code, ', ' order by code) filter (code not in (select code from known))
        from seen""",
    )[0]
    total, unmapped, codes = rows
    share = unmapped / total if total else 0.0
    return Finding(
        codes is None,
        "Every country code is known."
        if codes is None
        else f"Country codes without a row in seeds/country_codes.csv: {codes} ({share:.2%} of value).",
        {"unmapped_share": share},
        blocks=share > UNMAPPED_TOLERATED,
    )


def _known(table: Table) -> Gate:
    """Comtrade's own list of areas against our seeds: a code we do not know, or know as another country, or
    that the list's last change renamed. A person decides what it means before any trade comes under it."""
    iso3 = next(column for column in table.columns if column.endswith("IsoAlpha3"))

    def gate(settings: Settings, found: Mapping[str, Finding]) -> Finding:
        said = warehouse.ask(
            settings,
            f"""with countries as (
                select iso3, cast(cast(m49 as integer) as varchar) as code
                from read_csv('{SEEDS_DIR}/countries.csv', header = true, all_varchar = true)
            ), known as (
                select code, iso3 from countries
                union
                select code, iso3 from read_csv('{SEEDS_DIR}/country_codes.csv', header = true, all_varchar = true)
                where publisher = 'comtrade'
            ), areas as (
                select id as code, "text" as name, trim("{iso3}") as iso3, _landing_id, _valid_to from raw.{table.name}
            ), now as (
                select * from areas where _valid_to is null
            ), strange as (
                select code, name, 'is in neither countries.csv nor country_codes.csv' as reason
                from now where code not in (select code from known)
                union all
                select now.code, now.name, 'is ' || now.iso3 || ' there and ' || known.iso3 || ' in our seeds'
                from now join known on known.code = now.code and known.iso3 <> now.iso3
                where now.iso3 in (select iso3 from countries)
                union all
                select distinct now.code, now.name, 'was ' || before.name || ' (' || coalesce(before.iso3, '') || ')'
                from now join areas as before on before.code = now.code and before._valid_to is not null
                where now._landing_id = (select max(_landing_id) from now)
                    and (before.name <> now.name or before.iso3 is distinct from now.iso3)
            )
            select code || ' ' || name || ' ' || reason from strange order by cast(code as integer), reason""",
        )
        told = "; ".join(sentence for (sentence,) in said)
        return Finding(not said, f"Areas to look at: {told}." if said else "Every area is known.", blocks=False)

    return gate


def _named(table: str, reporter: str, partner: str, value: str) -> Gate:
    """Eurostat's codes and names: ISO's own, or a row in the seed."""

    def gate(settings: Settings, found: Mapping[str, Finding]) -> Finding:
        import pycountry  # reads its databases at first use

        known = {
            word
            for country in pycountry.countries
            for word in (country.alpha_2, country.name, getattr(country, "common_name", country.name))
        }
        rows = warehouse.ask(
            settings,
            f"""with seen as (
                select {reporter} as code, try_cast({value} as double) as value_eur from raw.{table}
                where _valid_to is null
                union all
                select {partner}, try_cast({value} as double) from raw.{table} where _valid_to is null
            )
            select code, sum(value_eur), code in (
                select code from read_csv('{SEEDS_DIR}/country_codes.csv', header = true, all_varchar = true)
                where publisher = 'eurostat')
            from seen group by code order by code""",
        )
        unknown = [(code, value_eur) for code, value_eur, is_seeded in rows if not is_seeded and code not in known]
        total = sum(value_eur for _, value_eur, _ in rows)
        share = sum(value_eur for _, value_eur in unknown) / total if total else 0.0
        return Finding(
            not unknown,
            "Every country code is known."
            if not unknown
            else "Country codes without a row in seeds/country_codes.csv: "
            f"{', '.join(code for code, _ in unknown)} ({share:.2%} of value).",
            {"unmapped_share": share},
            blocks=share > UNMAPPED_TOLERATED,
        )

    return gate


EXTRA: dict[str, dict[str, Gate]] = {
    FLOWS.name: {"additive": _additive, "mapped": _mapped},
    REPORTERS.name: {"known": _known(REPORTERS)},
    PARTNERS.name: {"known": _known(PARTNERS)},
    "eurostat_flows": {"mapped": _named("eurostat_flows", "REPORTER", "PARTNER", "VALUE_EUR")},
    "eurostat_downloads": {"mapped": _named("eurostat_downloads", "reporter_label", "partner_label", "VALUE_IN_EUR")},
}


def gates(sources: Sequence[Source]) -> list[dg.AssetChecksDefinition]:
    return [gate_of(source) for source in sources]
