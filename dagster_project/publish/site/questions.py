"""The queries of the pages over the published file: analyst SQL over `marts`, shown on the page as it ran.

A query runs once for all pages of a family; a page then holds the rows of its own key. Here belongs the
SQL; a sum is rounded to cents (over all flows it is `fsum`), so that the order of its rows leaves no trace. Columns
keep the names that their CSV files were first published with. Not here: how a result looks (templates/, charts.py) or
any formula, which is in the marts.
"""

from __future__ import annotations

# The default window that a change is measured against (dbt var `baseline`), and the two blocs, the wider first.
BLOCS = "'COALITION', 'EU27'"
SUMS = "'CHPL', 'TOTAL'"
BASELINE = "b19_21"
# The order of corridor_risk.rank: flags, then what shows no signal, each by anomaly weighted by severity.
FLAGS_FIRST = """case
        when class in ('investigate', 'verify_data') then 0 when class = 'no_signal' then 1 else 2
    end, anomaly * (0.5 + 0.5 * severity) desc"""

ABOUT = "select * from about"

COUNTRIES = """
select c.iso3, c.name, c.is_eaeu, c.eaeu_from, c.is_landlocked, c.imports_valued_fob, c.source
from countries as c
where c.role = 'transit'
order by c.name"""

NAMES = "select iso3, name from countries order by iso3"

EVENTS = "select event_date, actor, scope, title, source from events order by event_date, event_id"

# --- one page per transit country: transit_iso3 is the key -----------------------------------------------------

# for Dagster's page of the site: the five widest of today
GAPS = """
with gaps as (
    select countries.name as country, gaps.period, gaps.gap_usd / 1e6 as gap_usd_million
    from rolling_gaps as gaps
    inner join countries on countries.iso3 = gaps.importer_iso3 and countries.role = 'transit'
    where gaps.exporter = 'COALITION' and gaps.goods = 'CHPL'
), widest as (
    select country from gaps group by country order by max_by(gap_usd_million, period) desc, country limit 5
)
-- a month that cannot be compared breaks the line
select country, months.period, gap_usd_million
from widest cross join (select distinct period from gaps) as months left join gaps using (country, period)
order by country, period"""


COUNTRY = {
    "reports": f"""
select
    importer_iso3 as transit_iso3, exporter as bloc, goods as basket, period,
    export_value_usd, import_fob_usd,
    compared_export_usd - compared_import_fob_usd as gap_usd,
    compared_export_usd - compared_import_fob_high_usd as gap_low_usd,
    compared_export_usd - compared_import_fob_low_usd as gap_high_usd
from corridor_flows
where exporter in ({BLOCS}) and importer_role = 'transit' and goods in ({SUMS})
order by all""",
    "years": f"""
select
    importer_iso3 as transit_iso3, exporter_bloc as bloc, extract(year from period) as year,
    export_value_usd, import_value_usd, import_value_fob_usd, gap_usd, gap_low_usd, gap_high_usd,
    gap_usd / nullif(export_value_usd, 0) as gap_share, both_reported_share, misattribution_ratio, is_decomposable
from bloc_gaps
where freq = 'A' and product_code = 'TOTAL' and exporter_bloc in ({BLOCS})
    and importer_iso3 in (select iso3 from countries where role = 'transit')
order by all""",
    "ghost": f"""
select
    importer_iso3 as transit_iso3, exporter as bloc, goods as basket, period,
    added_export_usd, added_import_usd, ghost_did_usd, ghost_rate_usd, ghost_low_usd, ghost_high_usd,
    ghost_low_90_usd, ghost_high_90_usd, compared_months, ghost_share, reason
from ghost_trade
where exporter in ({BLOCS}) and goods in ({SUMS}) and window_kind = 'rolling_12' and baseline_id = '{BASELINE}'
    and importer_iso3 in (select iso3 from countries where role = 'transit')
order by all""",
    "ghost_baselines": f"""
with estimates as (
    select * from ghost_trade
    where exporter in ({BLOCS}) and goods in ({SUMS}) and ghost_low_90_usd is not null
), newest as (  -- of each series the last window for which there is an estimate
    select exporter, importer_iso3, goods, window_kind, max(period) as period
    from estimates where baseline_id = '{BASELINE}' group by all
)
select
    importer_iso3 as transit_iso3, exporter as bloc, goods as basket, window_kind, period, baseline_id,
    export_value_usd, baseline_export_usd, added_export_usd, added_import_usd,
    ghost_did_usd, ghost_rate_usd, ghost_low_usd, ghost_high_usd, ghost_low_90_usd, ghost_high_90_usd,
    compared_months, ghost_share,
    is_one_year_baseline,
    case when ghost_rate_usd is not null then 1 - baseline_import_fob_usd / baseline_export_usd end
        as missing_before_share,
    both_share, strong_share, medium_share
from estimates inner join newest using (exporter, importer_iso3, goods, window_kind, period)
where importer_iso3 in (select iso3 from countries where role = 'transit')
order by transit_iso3, bloc, basket, window_kind, baseline_id <> '{BASELINE}', baseline_id""",
    "chain": f"""
select
    transit_iso3, exporter_bloc as bloc, goods as basket, target_iso3, freq, period,
    in_excess_usd, arrived_excess_usd, out_excess_usd, chain_upper_usd, chain_arrived_usd, chain_lower_usd,
    is_origin_unknown, lead_lag_months, lead_lag_p
from transit_chains
where exporter_bloc in ({BLOCS}) and goods in ({SUMS})
order by all""",
    "caps": f"""
select
    transit_iso3, exporter_bloc as bloc, goods as basket, period, demand_index, demand_year,
    cap_usd, value_usd, breach_usd, headroom_usd, is_breach, first_breach, months_in_breach,
    cumulated_breach_usd, reason
from policy_caps
where exporter_bloc in ({BLOCS}) and goods in ({SUMS}) and baseline_id = '{BASELINE}'
order by all""",
    # the union counted as one, beside the page of each of its transit members
    "union": f"""
select
    c.iso3 as transit_iso3, u.exporter_bloc as bloc, u.goods as basket, u.period, u.members, u.cap_usd, u.value_usd,
    u.breach_usd, u.headroom_usd, u.is_breach, u.transit_breach_usd, u.netted_breach_usd, u.reason
from union_scenarios as u
inner join countries as c on c.role = 'transit' and c.is_eaeu
where u.exporter_bloc in ({BLOCS}) and u.goods in ({SUMS}) and u.baseline_id = '{BASELINE}'
order by all""",
    "goods": f"""
with classed as (  -- the newest window of which something can be said, else the newest
    select
        *, row_number() over (
            partition by exporter_bloc, transit_iso3, goods order by class = 'not_enough_data', period desc
        ) as newest_first
    from corridor_risk
), names as (
    select product_code as goods, min(tier) as tier, min(name) as name from controlled_goods group by 1
)
select
    risk.transit_iso3, risk.exporter_bloc as bloc, risk.goods, risk.goods_kind, names.name, names.tier,
    risk.window_kind, risk.period, risk.class, risk.reason, risk.anomaly, risk.evidence, risk.severity,
    risk.anomaly_unmirrored, risk.anomaly_re_exported, risk.rank, risk.rank_p05, risk.rank_p95, risk.placebo_far,
    risk.placebo_windows,
    risk.export_value_usd, risk.baseline_export_usd, risk.growth_ratio, risk.gap_low_usd, risk.gap_high_usd,
    risk.ghost_low_90_usd, risk.ghost_high_90_usd, risk.chain_upper_usd
from classed as risk
left join names using (goods)
where risk.newest_first = 1 and risk.exporter_bloc in ({BLOCS})
    and (risk.goods_kind = 'basket' or names.goods is not null)
order by
    risk.transit_iso3, risk.exporter_bloc, {FLAGS_FIRST}, risk.export_value_usd desc, risk.goods""",
    "coverage": """
select
    importer_iso3 as transit_iso3, freq, period, coverage_status, count(*) as partners,
    round(sum(export_value_usd), 2) as export_value_usd, round(sum(import_value_usd), 2) as import_value_usd
from report_coverage
where product_code = 'TOTAL' and importer_iso3 in (select iso3 from countries where role = 'transit')
    and exporter_iso3 in (select iso3 from countries where role = 'coalition')
group by all
order by all""",
    "zeros": """
select
    importer_iso3 as transit_iso3, extract(year from period) as year, coverage_status,
    coalesce(zero_strength, 'no zero') as zero_strength, count(*) as cells,
    round(sum(export_value_usd), 2) as export_value_usd, round(sum(import_value_usd), 2) as import_value_usd
from mirror_gaps
where freq = 'M' and product_level = 6 and is_controlled_now
    and importer_iso3 in (select iso3 from countries where role = 'transit')
    and exporter_iso3 in (select iso3 from countries where role = 'coalition')
group by all
order by all""",
    "suppliers": """
with pairs as (
    select * from mirror_gaps
    where freq = 'A' and product_code = 'TOTAL' and export_value_usd > 0
        and importer_iso3 in (select iso3 from countries where role = 'transit')
        and exporter_iso3 in (select iso3 from countries where role = 'coalition')
), newest as (  -- the newest year that is not still coming in
    select importer_iso3, max(period) as period
    from (select importer_iso3, period, count(*) as pairs from pairs where gap_usd is not null group by all)
    group by 1
)
select
    importer_iso3 as transit_iso3, extract(year from period) as year, exporter_iso3, c.name as exporter,
    export_value_usd, import_value_usd, gap_usd, gap_low_usd, gap_high_usd, is_sign_robust, coverage_status,
    import_basis
from pairs
inner join newest using (importer_iso3, period)
inner join countries as c on c.iso3 = exporter_iso3
order by transit_iso3, export_value_usd desc, exporter_iso3""",
    "reliability": """
with errors as (
    select *, median(error_sd) over (partition by role) as median_error_sd
    from reporter_reliability where variant = 'noise'
)
select
    country_iso3 as transit_iso3, role, error_sd as noise_sd, median_error_sd as median_noise_sd, standard_error,
    bias_log, within_20_share, rank,
    observations, partners, is_pooled, reason
from errors
where country_iso3 in (select iso3 from countries where role = 'transit')
order by all""",
    "designations": """
select
    country_iso3 as transit_iso3, listed_on as dated,
    case when listed_on is null then 'no date on the list' else 'listed' end as date_is_when,
    name, kind, city, list_id, program, program_label, has_address, has_nationality, has_registration,
    is_listed, delisted_on
from designations
where country_role = 'transit'
order by transit_iso3, dated desc nulls last, name, list_id, source_id, program""",
    "designated": "select * from designated_corridors order by transit_iso3, list_id, program",
    "alerts": f"""
select
    transit_iso3, exporter_bloc as bloc, goods, goods_kind, kind, rule, entered_on, seen_on, left_on, cause,
    left_cause,
    months, peak_z, excess_usd
from alerts
where exporter_bloc in ({BLOCS})
order by transit_iso3, entered_on desc, bloc, goods""",
    "reasons": """
select c.iso3 as transit_iso3, a.kind, a.exporter_iso3, a.importer_iso3, a.explanation, a.source
from countries as c
inner join known_asymmetries as a on coalesce(a.importer_iso3, c.iso3) = c.iso3 or a.exporter_iso3 = c.iso3
where c.role = 'transit'
order by c.iso3, a.importer_iso3 is distinct from c.iso3, a.exporter_iso3 is not null, a.asymmetry_id""",
    "basis_differences": """
select
    importer_iso3 as transit_iso3, extract(year from period) as year, exporter_iso3,
    import_value_origin_usd, import_value_consignment_usd, partner_basis_difference_usd as basis_wedge_usd,
    gap_origin_usd, gap_consignment_usd
from basis_wedges
where freq = 'A' and product_code = 'TOTAL' and importer_iso3 in (select iso3 from countries where role = 'transit')
order by transit_iso3, period desc, abs(partner_basis_difference_usd) desc, exporter_iso3""",
}

# --- one page per controlled good and per product group: goods is the key ---------------------------------------

GOODS = {
    "named": """
with codes as (
    select
        product_code as goods, 'product' as goods_kind, min(name) as name,
        string_agg(distinct list_id, ', ' order by list_id) as lists, min(tier) as tier,
        min(valid_from) as listed_from
    from controlled_goods
    where product_code in (select goods from corridor_flows where goods_kind = 'product')
    group by 1
), product_groups as (
    select distinct goods, goods_kind from corridor_flows where goods_kind = 'basket'
)
select goods, goods_kind, name, lists, tier, listed_from from codes
union all
select goods, goods_kind, null, null, null, null from product_groups
order by goods_kind, goods""",
    "listed": """
select product_code as goods, list_id, hs_revision, listed_code, tier, mapping, valid_from, valid_to, source
from controlled_goods
order by goods, list_id, hs_revision, listed_code""",
    "reports": """
select
    goods, importer_iso3 as transit_iso3, exporter as bloc, period, export_value_usd, import_fob_usd,
    compared_export_usd - compared_import_fob_usd as gap_usd,
    compared_export_usd - compared_import_fob_high_usd as gap_low_usd,
    compared_export_usd - compared_import_fob_low_usd as gap_high_usd
from corridor_flows
where exporter = 'COALITION' and importer_role = 'transit'
    and (goods_kind = 'basket' or goods in (select product_code from controlled_goods))
order by all""",
    "onward": """
select goods, exporter as transit_iso3, importer_iso3 as target_iso3, period, export_value_usd
from corridor_flows
where exporter_kind = 'country' and importer_role = 'target'
    and (goods_kind = 'basket' or goods in (select product_code from controlled_goods))
order by all""",
    "risk": f"""
with classed as (
    select
        *, row_number() over (
            partition by exporter_bloc, transit_iso3, goods order by class = 'not_enough_data', period desc
        ) as newest_first
    from corridor_risk
)
select
    goods, transit_iso3, exporter_bloc as bloc, window_kind, period, class, reason, anomaly, evidence, severity, rank,
    rank_p05, rank_p95,
    placebo_far, export_value_usd, baseline_export_usd, growth_ratio, gap_low_usd, gap_high_usd, ghost_low_90_usd,
    ghost_high_90_usd, chain_upper_usd
from classed
where newest_first = 1 and exporter_bloc in ({BLOCS})
order by
    goods, {FLAGS_FIRST}, bloc, export_value_usd desc, transit_iso3""",
    "caps": f"""
select
    goods, transit_iso3, exporter_bloc as bloc, max(period) as last_month, arg_max(cap_usd, period) as cap_usd,
    arg_max(value_usd, period) as value_usd, max(first_breach) as first_breach,
    max(months_in_breach) as months_in_breach,
    max(cumulated_breach_usd) as cumulated_breach_usd
from policy_caps
where exporter_bloc = 'COALITION' and baseline_id = '{BASELINE}' and value_usd is not null
group by all
order by goods, cumulated_breach_usd desc nulls last, transit_iso3""",
}

# --- home -------------------------------------------------------------------------------------------------------

HOME = {
    "ranking": f"""
with classed as (  -- of each corridor the newest window of which something can be said, else the newest
    select
        *, row_number() over (
            partition by exporter_bloc, transit_iso3, goods order by class = 'not_enough_data', period desc
        ) as newest_first
    from corridor_risk
    where goods in ({SUMS}) and exporter_bloc in ({BLOCS})
)
select
    risk.exporter_bloc as bloc, risk.transit_iso3, c.name as transit, risk.goods as basket, risk.window_kind,
    risk.period, risk.class, risk.reason, risk.anomaly, risk.evidence, risk.severity, risk.rank, risk.rank_p05,
    risk.rank_p95, risk.placebo_far, risk.export_value_usd, risk.growth_ratio, risk.ghost_low_90_usd,
    risk.ghost_high_90_usd, risk.chain_upper_usd
from classed as risk
inner join countries as c on c.iso3 = risk.transit_iso3
where risk.newest_first = 1
order by
    basket, {FLAGS_FIRST}, risk.export_value_usd desc, transit_iso3, bloc""",
    "products": f"""
with classed as (
    select *, row_number() over (partition by transit_iso3, goods order by period desc) as newest_first
    from corridor_risk
    where goods_kind = 'product' and exporter_bloc = 'COALITION' and class <> 'not_enough_data'
        and goods in (select product_code from controlled_goods)
)
select
    risk.transit_iso3, c.name as transit, risk.goods,
    (select min(name) from controlled_goods where product_code = risk.goods) as name, risk.window_kind, risk.period,
    risk.class, risk.reason, risk.anomaly, risk.evidence, risk.severity, risk.rank, risk.rank_p05,
    risk.rank_p95, risk.placebo_far, risk.export_value_usd, risk.growth_ratio, risk.ghost_low_90_usd,
    risk.ghost_high_90_usd, risk.chain_upper_usd
from classed as risk
inner join countries as c on c.iso3 = risk.transit_iso3
where risk.newest_first = 1
order by {FLAGS_FIRST}, risk.export_value_usd desc, transit, risk.goods
limit 20""",
    "map": f"""
with reported as (
    select exporter, importer_iso3, goods, freq, period, value_usd, baseline_usd,
        row_number() over (partition by exporter, importer_iso3, goods, freq order by period desc) as newest_first
    from excess_trade
    where baseline_id = '{BASELINE}' and goods in ({SUMS}) and value_usd is not null
        and (
            (exporter = 'COALITION' and importer_iso3 in (select iso3 from countries where role = 'transit'))
            or (exporter in (select iso3 from countries where role = 'transit')
                and importer_iso3 in (select iso3 from countries where role = 'target'))
        )
), windows as (  -- twelve months, or a year
    select
        exporter, importer_iso3, goods as basket, if(freq = 'A', 'year', 'rolling_12') as window_kind,
        min(period) as first_month,
        cast(max(period) + if(freq = 'A', interval 11 month, interval 0 month) as date) as last_month, 12 as months,
        round(sum(value_usd), 2) as value_usd, round(sum(baseline_usd), 2) as baseline_usd,
        round(sum(value_usd) / nullif(sum(baseline_usd), 0), 4) as growth_ratio
    from reported
    where newest_first <= if(freq = 'A', 1, 12)
    group by exporter, importer_iso3, goods, freq
    having count(*) = if(freq = 'A', 1, 12)
)
select *
from windows
qualify row_number() over (partition by exporter, importer_iso3, basket order by window_kind = 'year') = 1
order by basket, value_usd desc, exporter, importer_iso3""",
    "sources": """
select source_name, title, publisher, kind, licence, homepage, files_loaded, newest_edition, data_as_of,
    last_landed_at, last_fetched_at as last_asked_at,
    last_answered_at, stale_after_days, is_stale, last_failure
from sources
order by kind <> 'trade', kind <> 'list', title""",
    "alerts": f"""
select
    a.transit_iso3, c.name as transit, a.exporter_bloc as bloc, a.goods, a.goods_kind, a.kind, a.rule, a.entered_on,
    a.seen_on, a.left_on, a.left_seen_on, a.cause, a.left_cause, a.months, a.peak_z, a.excess_usd
from alerts as a
inner join countries as c on c.iso3 = a.transit_iso3
where a.exporter_bloc in ({BLOCS})
order by coalesce(a.left_seen_on, a.seen_on) desc, transit, bloc, a.goods""",
    "until": """
select transit_iso3, transit_name, basket, max(exports_until) as exports_until, max(imports_until) as imports_until
from headline
group by all
order by transit_name, basket""",
    "revised": """
select kind, alert_effect, count(*) as figures, count(*) filter (where is_material) as material,
    max(new_valid_from) as newest
from revisions
group by all
order by all""",
}

CLAIMS = """
select
    claim_id, claim_order, kind, article_statement, verdict, nearest_claims, variant_of, quote, source, source_url,
    checked_on, published_on, definition, measure, exporter, importer, products,
    flow_side, period_from, period_to, base_from, base_to, unit, published_value, tolerance_low, tolerance_high,
    computed_value, deviation, deviation_share, status, was_reproduced, reason, is_simulated, query
from claims
order by claim_order"""

# What stands beside the statements of the article: the scenarios month by month, and who is on which list.
ARTICLE = {
    "scenarios": f"""
select
    claims.claim_id, caps.period, caps.value_usd, caps.cap_usd, caps.breach_usd, caps.headroom_usd, caps.demand_year
from claims
inner join policy_caps as caps
    on caps.exporter_bloc = claims.exporter and caps.transit_iso3 = claims.importer and caps.goods = claims.products
where claims.measure = 'above_cap' and caps.baseline_id = '{BASELINE}'
union all
select
    claims.claim_id, unions.period, unions.value_usd, unions.cap_usd, unions.breach_usd, unions.headroom_usd, null
from claims
inner join union_scenarios as unions
    on unions.exporter_bloc = claims.exporter and unions.goods = claims.products
where claims.measure = 'union_above_cap' and unions.baseline_id = '{BASELINE}' and unions.reason is null
order by all""",
    "parties": """
select claim_id, name, kind, list_id, programs, countries, listed_on, is_listed, delisted_on
from claim_parties
order by claim_id, is_listed desc, name, list_id, source_id""",
}

QUALITY = {
    "revisions": """
select
    source_name, freq, extract(year from new_valid_from) as said_in_year, kind, count(*) as figures,
    count(*) filter (where is_material) as material, round(sum(abs(change_usd)), 2) as changed_usd
from revisions
group by all
order by all""",
    "statuses": """
select freq, coverage_status, coalesce(zero_strength, 'no zero') as zero_strength, count(*) as flows,
    round(fsum(export_value_usd), 2) as export_value_usd, round(fsum(import_value_usd), 2) as import_value_usd
from report_coverage
group by all
order by all""",
    "files": """
select
    source_name, file, status, rows_read, rows_used, coalesce(reason, unused_because) as because
from files
where status <> 'loaded' or rows_dropped > 0 or (rows_used = 0 and rows_unchanged < rows_read)
order by status, rows_dropped desc, file""",
    "seeds": """
select seed_name, checked_on, renewed_after_days, is_overdue, checked, publishers_habit
from seed_checks
order by seed_name""",
    "differences": """
select
    source_name, other_source_name, freq, count(*) as flows,
    count(*) filter (where is_beyond_tolerance) as beyond_tolerance
from source_differences
group by all
order by all""",
}

METHOD = {
    "studies": """
select
    study_id, exporters, importers, part, period, change_percent, change_low_90_percent, change_high_90_percent,
    placebo_share, placebo_lists, listed_goods, other_goods, series, lacking
from event_studies
order by study_id, part, period""",
    "margins": """
select method, case when method <> 'default' then count(*) end as margins,
    min(margin_low) as least, median(margin_mid) as middle, max(margin_high) as most
from cif_margins
group by 1
order by margins desc nulls last, method""",
    "placebo": """
select exporter_bloc as bloc, goods_kind, window_kind, class, max(placebo_far) as placebo_far,
    max(placebo_windows) as placebo_windows,
    count(*) as signals
from corridor_risk
where class in ('investigate', 'verify_data')
group by all
order by all""",
    "lists": """
select list_id, count(distinct listed_code) as listed_codes, min(valid_from) as valid_from, max(valid_from) as newest,
    min(source) as source
from controlled_goods
group by 1
order by 1""",
}
