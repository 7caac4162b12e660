"""Gates that only Comtrade's tables need: no cell counted twice, every country code known."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project import warehouse
from dagster_project.ingest.source import UNMAPPED_TOLERATED, Finding, Gate
from dagster_project.ingest.sources.comtrade.tables import FLOWS, PARTNERS, REPORTERS
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Table, identifier

# Comtrade's codes in our seeds: the UN's own numbers of countries, and what Comtrade adds to them.
KNOWN_CODES = f"""
    select cast(cast(m49 as integer) as varchar) as code, iso3
    from read_csv('{SEEDS_DIR}/countries.csv', header = true, all_varchar = true)
    union
    select code, iso3 from read_csv('{SEEDS_DIR}/country_codes.csv', header = true, all_varchar = true)
    where publisher = 'comtrade'"""


def _additive(settings: Settings, earlier: Mapping[str, Finding]) -> Finding:
    """After the breakdowns are left out, each cell is there once, so that sums count it once."""
    cell = "typeCode, freqCode, period, reporterCode, flowCode, partnerCode, classificationCode, cmdCode"
    totals = """from raw.comtrade_flows where _valid_to is null and customsCode = 'C00' and motCode = '0'
        and partner2Code = '0' and coalesce(mosCode, '0') = '0'"""
    # Of its key a total's cell lacks what is the same for all totals, but for a mosCode that some leave empty.
    modes = warehouse.ask(settings, f"select count(distinct coalesce(mosCode, '')) {totals}")[0][0]
    if modes < 2 and earlier["unique"].passed:
        return Finding(True, "0 cells are there more than once as totals.", {"cells": 0})
    # two cells may share a hash: only a hit is counted exactly
    repeated = warehouse.ask(settings, f"select count(*) - count(distinct hash({cell})) {totals}")[0][0]
    if repeated:
        counted = f"select count(*) from (select 1 {totals} group by {cell} having count(*) > 1)"
        repeated = warehouse.ask(settings, counted)[0][0]
    return Finding(repeated == 0, f"{repeated:,} cells are there more than once as totals.", {"cells": repeated})


def _mapped(settings: Settings, earlier: Mapping[str, Finding]) -> Finding:
    """All but a tolerated share of value is under country codes that our seeds know."""
    total, unmapped, codes = warehouse.ask(
        settings,
        f"""with known as ({KNOWN_CODES}
        ), pairs as (
            select reporterCode, partnerCode, sum(try_cast(primaryValue as double)) as value_usd
            from raw.comtrade_flows where _valid_to is null group by all
        ), areas as (
            select reporterCode as code, value_usd from pairs
            union all
            select partnerCode, value_usd from pairs
        )
        select coalesce(sum(value_usd), 0), coalesce(sum(value_usd) filter (code not in (select code from known)), 0),
            string_agg(distinct code, ', ' order by code) filter (code not in (select code from known))
        from areas""",
    )[0]
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
    """Comtrade's own list of areas against our seeds: a code that they lack, that is another country in them, or
    that the list's last change renamed. A person decides what it means before any trade comes under it."""
    iso3 = identifier(next(column for column in table.columns if column.endswith("IsoAlpha3")))

    def gate(settings: Settings, earlier: Mapping[str, Finding]) -> Finding:
        deviations = warehouse.ask(
            settings,
            f"""with known as ({KNOWN_CODES}
            ), areas as (
                select id as code, "text" as name, trim({iso3}) as iso3, _landing_id, _valid_to from raw.{table.name}
            ), current_areas as (
                select * from areas where _valid_to is null
            ), deviations as (
                select code, name, 'is in neither countries.csv nor country_codes.csv' as reason
                from current_areas where code not in (select code from known)
                union all
                select area.code, area.name, 'is ' || area.iso3 || ' there and ' || known.iso3 || ' in our seeds'
                from current_areas as area join known on known.code = area.code and known.iso3 <> area.iso3
                where area.iso3 in (
                    select iso3 from read_csv('{SEEDS_DIR}/countries.csv', header = true, all_varchar = true))
                union all
                select distinct area.code, area.name,
                    'was ' || expired.name || ' (' || coalesce(expired.iso3, '') || ')'
                from current_areas as area
                join areas as expired on expired.code = area.code and expired._valid_to is not null
                where area._landing_id = (select max(_landing_id) from current_areas)
                    and (expired.name <> area.name or expired.iso3 is distinct from area.iso3)
            )
            select code || ' ' || name || ' ' || reason from deviations order by cast(code as integer), reason""",
        )
        listed = "; ".join(sentence for (sentence,) in deviations)
        message = f"Areas to look at: {listed}." if deviations else "Every area is known."
        return Finding(not deviations, message, blocks=False)

    return gate


GATES = {
    FLOWS.name: {"additive": _additive, "mapped": _mapped},
    REPORTERS.name: {"known": _known(REPORTERS)},
    PARTNERS.name: {"known": _known(PARTNERS)},
}
