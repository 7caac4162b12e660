-- How unusual twelve months of a corridor are, and how well that is documented: the components of METHODS 2.14, their
-- weighted means, and the class that follows. A corridor is unusual by the score of one route, not by the mean of both.
--
-- Goods take one of two routes: they are never imported (gap_shift, ghost), or they are imported and re-exported
-- (chain, re_export, price_premium). Only what was imported can be re-exported: where less than `ghost_min_share` of the
-- added exports was reported as imported, the transit country's own exports show nothing of them, and what depends
-- on those is not known.
--
-- Windows end in every month after the default baseline; and each year of the baseline is one, against the rest of it.
-- Only windows that the exporting side published whole, with exports that are large enough (12 times the least value of a
-- cell). A window is admissible where a gap may be stated: see int_ghosts_estimated.
{% set corridor = 'exporter, importer_iso3, goods, baseline_id' %}
{% set chain = 'exporter_bloc, transit_iso3, goods, baseline_id' %}
with

ghosts as (

    select * from {{ ref('int_ghosts_estimated') }}
    where window_kind = 'rolling_12'
        and exporter_kind = 'bloc'
        and importer_role = 'transit'
        and (baseline_kind = 'left_out' or (baseline_kind = 'default' and is_after_baseline))
        and reported_export_usd >= 12 * {{ var('min_value_usd') }}

),

excesses as (

    select *, {{ month_number('period') }} as month_number
    from {{ ref('int_excesses_estimated') }}
    where freq = 'M' and exporter_kind = 'bloc' and baseline_kind <> 'further'

),

chains as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        baseline_id,
        cast(period as date) as period,
        {{ month_number('period') }} as month_number,
        -- exports to both destinations are one outflow: together no more than was imported can be re-exported
        {{ exact_sum('case when out_excess_usd > 0 then out_excess_usd else 0 end', 'out_excess_usd is not null') }}
            as out_excess_usd,
        {{ exact_sum('chain_upper_usd') }} as chain_upper_usd,
        {{ exact_sum('chain_arrived_usd') }} as chain_arrived_usd
    from {{ ref('int_chains_matched') }}
    group by exporter_bloc, transit_iso3, goods, baseline_id, period

),

exceeded as (

    select
        exporter,
        importer_iso3,
        importer_role,
        goods,
        baseline_id,
        period,
        12 * baseline_usd as baseline_export_usd,
        {{ year_count('value_usd', corridor) }} as months,
        {{ year_sum('value_usd', corridor) }} as export_value_usd,
        {{ year_sum('case when excess_usd > 0 then excess_usd else 0 end', corridor) }} as in_excess_usd,
        {{ year_count('z', corridor) }} as z_months,
        {{ year_count('case when z >= ' ~ var('z_enter') ~ ' then 1 end', corridor) }} as high_z_months
    from excesses

),

-- how far the bloc's exports to the destinations are below their baseline
drops as (

    select
        exporter,
        goods,
        baseline_id,
        period,
        {{ exact_sum('greatest(baseline_export_usd - export_value_usd, 0)') }} as drop_usd
    from exceeded
    where importer_role = 'target' and months = 12 and baseline_export_usd is not null
    group by exporter, goods, baseline_id, period

),

onward as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        baseline_id,
        period,
        {{ year_count('chain_upper_usd', chain) }} >= {{ var('compared_share') }} * 12 as is_known,
        {{ year_sum('out_excess_usd', chain) }} as out_excess_usd,
        {{ year_sum('chain_upper_usd', chain) }} as chain_upper_usd,
        {{ year_sum('chain_arrived_usd', chain) }} as chain_arrived_usd
    from chains

),

errors as (

    select country_iso3, noise_sd from {{ ref('int_reporters_rated') }} where role = 'import' and variant = 'noise'

),

severities as (

    select goods, max(severity) as severity from {{ ref('int_product_groups_composed') }} group by goods
    union all
    select product_group as goods, max(severity) as severity from {{ ref('int_product_groups_composed') }} group by product_group

),

windows as (

    select
        ghosts.exporter as exporter_bloc,
        ghosts.importer_iso3 as transit_iso3,
        ghosts.goods,
        ghosts.goods_kind,
        ghosts.period,
        ghosts.baseline_id,
        ghosts.left_out_year,
        coalesce(
            ghosts.compared_export_usd + ghosts.import_fob_usd > 0 and ghosts.baseline_export_usd is not null, false
        ) as is_admissible,

        ghosts.reported_export_usd as export_value_usd,
        exceeded.baseline_export_usd,
        ghosts.compared_export_usd,
        ghosts.baseline_export_usd as baseline_compared_export_usd,
        ghosts.import_fob_usd as compared_import_usd,
        ghosts.import_fob_low_usd as compared_import_low_usd,
        ghosts.import_fob_high_usd as compared_import_high_usd,
        ghosts.baseline_import_fob_usd as baseline_import_usd,
        ghosts.ghost_low_usd as all_ghost_low_usd,
        ghosts.ghost_high_usd as all_ghost_high_usd,

        ghosts.both_usd + ghosts.strong_usd as covered_usd,
        ghosts.covered_usd as recorded_usd,
        ghosts.weighed_usd,
        ghosts.settled_usd,
        ghosts.concordance_quality,
        errors.noise_sd as importer_noise_sd,
        coalesce(severities.severity, {{ var('severity_other') }}) as severity,

        drops.drop_usd,
        case when exceeded.z_months = 12 then exceeded.high_z_months end as high_z_months,
        exceeded.in_excess_usd,
        {% for value in ['out_excess_usd', 'chain_upper_usd', 'chain_arrived_usd'] -%}
        case when onward.is_known then onward.{{ value }} end as {{ value }},
        {% endfor -%}
        premiums.price_premium_ratio
    from ghosts
    inner join exceeded
        on exceeded.exporter = ghosts.exporter
        and exceeded.importer_iso3 = ghosts.importer_iso3
        and exceeded.goods = ghosts.goods
        and exceeded.baseline_id = ghosts.baseline_id
        and exceeded.period = ghosts.period
        and exceeded.baseline_export_usd is not null
    left join drops
        on drops.exporter = ghosts.exporter
        and drops.goods = ghosts.goods
        and drops.baseline_id = ghosts.baseline_id
        and drops.period = ghosts.period
    left join onward
        on onward.exporter_bloc = ghosts.exporter
        and onward.transit_iso3 = ghosts.importer_iso3
        and onward.goods = ghosts.goods
        and onward.baseline_id = ghosts.baseline_id
        and onward.period = ghosts.period
    left join {{ ref('int_premiums_averaged') }} as premiums
        on premiums.transit_iso3 = onward.transit_iso3
        and premiums.goods = onward.goods
        and premiums.period = onward.period
    left join errors on errors.country_iso3 = ghosts.importer_iso3
    left join severities on severities.goods = ghosts.goods

),

compared as (

    select
        *,
        {{ compared_columns() }},
        case when is_admissible then all_ghost_low_usd end as ghost_low_usd,
        case when is_admissible then all_ghost_high_usd end as ghost_high_usd
    from windows

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

-- of the years of the baseline there is one window each: it is judged alone
held as (

    select
        *,
        case
            when left_out_year > 0 then route_kind is not null
            else {{ is_held('exporter_bloc, transit_iso3, goods, baseline_id') }}
        end as is_unusual
    from routed

)

select
    *,
    -- nothing is classed where one side did not report, however large the other's figures are
    case when is_admissible then {{ risk_class('is_unusual', 'anomaly', 'evidence') }} end as class,
    case
        when not is_admissible then 'no_admissible_mirror'
        when anomaly is null then 'too_few_components'
        when evidence is null then 'too_little_documented'
    end as reason
from held
