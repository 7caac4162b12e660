{{ config(materialized='view') }}
-- The numbers of corridor_risk once more, from the published tables alone: what its evidence_json names as query. Its
-- inputs come from other tables than those that corridor_risk is built from, so that each holds the other to account.
{% set corridor = 'flows.exporter, flows.importer_iso3, flows.goods' %}
{% set chain = 'exporter_bloc, transit_iso3, goods' %}
with

flows as (

    select
        *,
        {% for margin in ['_low', '_high'] -%}
        max(compared_import_fob{{ margin }}_usd) over (
            partition by exporter, importer_iso3, goods order by {{ month_number('period') }} nulls last
            range between {{ var('monthly_lag') }} following and {{ var('monthly_lag') }} following
        ) as answer{{ margin }}_usd,
        {% endfor -%}
        {{ month_number('period') }} as month_number
    from {{ ref('corridor_flows') }}
    where exporter_kind = 'bloc'

),

newest as (

    select max(period) as newest_period from flows

),

recorded as (

    select
        flows.exporter,
        flows.importer_iso3,
        flows.goods,
        flows.period,
        {{ year_sum('flows.both_usd + flows.strong_usd', corridor) }} as covered_usd,
        {{ year_sum('flows.both_usd + flows.strong_usd + flows.medium_usd + flows.weak_usd + flows.silent_usd', corridor) }}
            as recorded_usd,
        {{ year_sum('case when flows.export_kg is not null then flows.export_value_usd end', corridor) }} as weighed_usd,
        {{ year_sum('case when ' ~ months_between('flows.period', 'newest.newest_period') ~ ' >= '
            ~ var('late_months_monthly') ~ ' then flows.export_value_usd end', corridor) }} as settled_usd,
        {% for margin in ['_low', '_high'] -%}
        {{ year_sum('case when flows.compared_export_usd is not null then flows.answer' ~ margin ~ '_usd end', corridor) }}
            as compared_import{{ margin }}_usd,
        {% endfor -%}
        min(flows.concordance_quality) over (
            partition by {{ corridor }} order by flows.month_number nulls last range between 11 preceding and current row
        ) as concordance_quality
    from flows
    cross join newest

),

ghosts as (

    select * from {{ ref('ghost_trade') }}
    where window_kind = 'rolling_12' and exporter_kind = 'bloc' and baseline_id = '{{ var("baseline") }}'

),

excesses as (

    select *, {{ month_number('period') }} as month_number
    from {{ ref('excess_trade') }}
    where freq = 'M' and exporter_kind = 'bloc' and baseline_id = '{{ var("baseline") }}'

),

exceeded as (

    select
        exporter,
        importer_iso3,
        goods,
        period,
        12 * baseline_usd as baseline_export_usd,
        {{ year_count('value_usd', 'exporter, importer_iso3, goods') }} as months,
        {{ year_sum('value_usd', 'exporter, importer_iso3, goods') }} as export_value_usd,
        {{ year_sum('case when excess_usd > 0 then excess_usd else 0 end', 'exporter, importer_iso3, goods') }}
            as in_excess_usd,
        {{ year_count('z', 'exporter, importer_iso3, goods') }} as z_months,
        {{ year_count('case when z >= ' ~ var('z_enter') ~ ' then 1 end', 'exporter, importer_iso3, goods') }}
            as high_z_months
    from excesses

),

drops as (

    select
        exceeded.exporter,
        exceeded.goods,
        exceeded.period,
        {{ exact_sum('greatest(exceeded.baseline_export_usd - exceeded.export_value_usd, 0)') }} as drop_usd
    from exceeded
    inner join {{ ref('countries') }} as countries
        on countries.iso3 = exceeded.importer_iso3
        and countries.role = 'target'
    where exceeded.months = 12
    group by exceeded.exporter, exceeded.goods, exceeded.period

),

onward as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        period,
        {{ month_number('period') }} as month_number,
        {{ exact_sum('greatest(out_excess_usd, 0)', 'out_excess_usd is not null') }} as out_excess_usd,
        {{ exact_sum('chain_upper_usd') }} as chain_upper_usd,
        {{ exact_sum('chain_arrived_usd') }} as chain_arrived_usd,
        max(price_premium_ratio) as price_premium_ratio
    from {{ ref('transit_chains') }}
    group by exporter_bloc, transit_iso3, goods, period

),

went_on as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        period,
        {{ year_count('chain_upper_usd', chain) }} as chain_months,
        {{ year_sum('out_excess_usd', chain) }} as out_excess_usd,
        {{ year_sum('chain_upper_usd', chain) }} as chain_upper_usd,
        {{ year_sum('chain_arrived_usd', chain) }} as chain_arrived_usd,
        price_premium_ratio
    from onward

),

windows as (

    select
        risk.exporter_bloc,
        risk.transit_iso3,
        risk.goods,
        risk.goods_kind,
        risk.period,
        exceeded.export_value_usd,
        exceeded.baseline_export_usd,
        case when ghosts.import_fob_usd is not null then ghosts.export_value_usd end as compared_export_usd,
        ghosts.baseline_export_usd as baseline_compared_export_usd,
        ghosts.import_fob_usd as compared_import_usd,
        ghosts.baseline_import_fob_usd as baseline_import_usd,
        case when ghosts.import_fob_usd is not null then recorded.compared_import_low_usd end as compared_import_low_usd,
        case when ghosts.import_fob_usd is not null then recorded.compared_import_high_usd end as compared_import_high_usd,
        ghosts.ghost_low_usd,
        ghosts.ghost_high_usd,
        coalesce(ghosts.export_value_usd + ghosts.import_fob_usd > 0 and ghosts.baseline_export_usd is not null, false)
            as is_admissible,
        exceeded.in_excess_usd,
        case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.out_excess_usd end as out_excess_usd,
        case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.chain_upper_usd end as chain_upper_usd,
        case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.chain_arrived_usd end as chain_arrived_usd,
        drops.drop_usd,
        case when exceeded.z_months = 12 then exceeded.high_z_months end as high_z_months,
        went_on.price_premium_ratio,
        recorded.covered_usd,
        recorded.recorded_usd,
        reliability.noise_sd as importer_noise_sd,
        recorded.concordance_quality,
        recorded.weighed_usd,
        recorded.settled_usd
    from {{ ref('corridor_risk') }} as risk
    inner join exceeded
        on exceeded.exporter = risk.exporter_bloc
        and exceeded.importer_iso3 = risk.transit_iso3
        and exceeded.goods = risk.goods
        and exceeded.period = risk.period
    inner join recorded
        on recorded.exporter = risk.exporter_bloc
        and recorded.importer_iso3 = risk.transit_iso3
        and recorded.goods = risk.goods
        and recorded.period = risk.period
    left join ghosts
        on ghosts.exporter = risk.exporter_bloc
        and ghosts.importer_iso3 = risk.transit_iso3
        and ghosts.goods = risk.goods
        and ghosts.period = risk.period
    left join drops
        on drops.exporter = risk.exporter_bloc
        and drops.goods = risk.goods
        and drops.period = risk.period
    left join went_on
        on went_on.exporter_bloc = risk.exporter_bloc
        and went_on.transit_iso3 = risk.transit_iso3
        and went_on.goods = risk.goods
        and went_on.period = risk.period
    left join {{ ref('reporter_reliability') }} as reliability
        on reliability.country_iso3 = risk.transit_iso3
        and reliability.role = 'import'
        and reliability.variant = 'noise'

),

compared as (

    select *, {{ compared_columns() }} from windows

),

components as (

    select *, {{ risk_components() }} from compared

),

scored as (

    select
        *,
        {{ risk_scores() }}
    from components

),

routed as (

    select *, {{ risk_route() }} from scored

),

held as (

    select *, {{ is_held('exporter_bloc, transit_iso3, goods') }} as is_unusual from routed

)

select
    exporter_bloc,
    transit_iso3,
    goods,
    period,
    case when is_admissible then {{ risk_class('is_unusual', 'anomaly', 'evidence') }} end as class,
    anomaly,
    evidence,
    anomaly_never_arrived,
    anomaly_went_on,
    route,
    {% for name in var('anomaly_weights') -%} c_{{ name }}, {% endfor %}
    {% for name in var('evidence_weights') -%} e_{{ name }}, {% endfor %}
    {{ risk_inputs() | join(', ') }}
from held
