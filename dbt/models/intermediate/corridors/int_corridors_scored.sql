-- How unusual twelve months of a corridor are, and how well that is documented: the components of METHODS 2.14, their
-- weighted means, and the class that follows. A corridor is unusual by the score of one route, not by the mean of both.
--
-- Goods take one of two routes: they are never imported (gap_shift, ghost), or they are imported and re-exported
-- (chain, re_export, price_premium). Only what was imported can be re-exported: where less than `ghost_min_share` of the
-- added exports was reported as imported, the transit country's own exports show nothing of them, and what depends
-- on those is not known.
--
-- Windows of twelve months end in every month after the default baseline; and each year of the baseline is one, against
-- the rest of it. A calendar year is a window where the two sides meet in no twelve months: a national office that
-- publishes by year alone. Only windows that the exporting side published whole, with exports that are large enough (12
-- times the least value of a cell). A window is admissible where a gap may be stated: see int_ghosts_estimated.
{% set corridor = 'exporter, importer_iso3, goods, baseline_id' %}
{% set chain = 'exporter_bloc, transit_iso3, goods, baseline_id' %}
{% set outflows = ['out_excess_usd', 'chain_upper_usd', 'chain_arrived_usd', 'onward_export_usd', 'baseline_onward_export_usd'] %}
with

all_windows as (

    select
        *,
        coalesce(compared_export_usd + import_fob_usd > 0 and baseline_export_usd is not null, false) as is_admissible,
        {{ last_month("window_kind = 'year'") }} as last_month
    from {{ ref('int_ghosts_estimated') }}
    where exporter_kind = 'bloc'
        and importer_role = 'transit'
        and (baseline_kind = 'left_out' or (baseline_kind = 'default' and is_after_baseline))
        and reported_export_usd >= 12 * {{ var('min_value_usd') }}

),

-- compared month by month: their years would say the same again
compared_by_month as (

    select distinct exporter, importer_iso3, goods
    from all_windows
    where window_kind = 'rolling_12' and baseline_kind = 'default' and is_admissible

),

ghosts as (

    select all_windows.*
    from all_windows
    left join compared_by_month
        on compared_by_month.exporter = all_windows.exporter
        and compared_by_month.importer_iso3 = all_windows.importer_iso3
        and compared_by_month.goods = all_windows.goods
    where all_windows.window_kind = 'rolling_12' or compared_by_month.goods is null

),

excesses as (

    select *, {{ month_number('period') }} as month_number
    from {{ ref('int_excesses_estimated') }}
    where exporter_kind = 'bloc' and baseline_kind <> 'further'

),

chains as (

    select
        freq,
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
        {{ exact_sum('chain_arrived_usd') }} as chain_arrived_usd,
        {{ exact_sum('out_usd') }} as onward_export_usd,
        {{ exact_sum('out_usd - out_excess_usd') }} as baseline_onward_export_usd
    from {{ ref('int_chains_matched') }}
    group by freq, exporter_bloc, transit_iso3, goods, baseline_id, period

),

rolled as (

    select
        exporter,
        importer_iso3,
        importer_role,
        goods,
        baseline_id,
        period,
        12 * baseline_usd as baseline_export_usd,
        {{ year_count('value_usd', corridor) }} = 12 as is_whole,
        {{ year_sum('value_usd', corridor) }} as export_value_usd,
        {{ year_sum('case when excess_usd > 0 then excess_usd else 0 end', corridor) }} as in_excess_usd,
        max(excess_usd) over (
            partition by {{ corridor }} order by month_number nulls last range between 11 preceding and current row
        ) as largest_month_excess_usd,
        {{ year_count('case when ' ~ is_high_month() ~ ' then 1 end', corridor) }} as high_months,
        case when {{ year_count('z', corridor) }} = 12
            then {{ year_count('case when z >= ' ~ var('z_enter') ~ ' then 1 end', corridor) }}
        end as high_z_months
    from excesses
    where freq = 'M'

),

exceeded as (

    select 'rolling_12' as window_kind, * from rolled
    union all
    -- of a year the months as well, where the exporters published them
    select
        'year' as window_kind,
        years.exporter,
        years.importer_iso3,
        years.importer_role,
        years.goods,
        years.baseline_id,
        years.period,
        years.baseline_usd as baseline_export_usd,
        true as is_whole,
        years.value_usd as export_value_usd,
        greatest(years.excess_usd, 0) as in_excess_usd,
        case when rolled.is_whole then rolled.largest_month_excess_usd end as largest_month_excess_usd,
        case when rolled.is_whole then rolled.high_months end as high_months,
        rolled.high_z_months
    from excesses as years
    left join rolled
        on rolled.exporter = years.exporter
        and rolled.importer_iso3 = years.importer_iso3
        and rolled.goods = years.goods
        and rolled.baseline_id = years.baseline_id
        and rolled.period = {{ dbt.dateadd('month', 11, 'years.period') }}
    where years.freq = 'A'

),

-- how far the bloc's exports to the destinations are below their baseline
drops as (

    select
        window_kind,
        exporter,
        goods,
        baseline_id,
        period,
        {{ exact_sum('greatest(baseline_export_usd - export_value_usd, 0)') }} as drop_usd
    from exceeded
    where importer_role = 'target' and is_whole and baseline_export_usd is not null
    group by window_kind, exporter, goods, baseline_id, period

),

onward as (

    select
        'rolling_12' as window_kind,
        exporter_bloc,
        transit_iso3,
        goods,
        baseline_id,
        period,
        {{ year_count('chain_upper_usd', chain) }} >= {{ var('compared_share') }} * 12 as is_known,
        {% for value in outflows -%}
        {{ year_sum(value, chain) }} as {{ value }}{{ ',' if not loop.last }}
        {% endfor %}
    from chains
    where freq = 'M'
    union all
    select
        'year' as window_kind,
        exporter_bloc,
        transit_iso3,
        goods,
        baseline_id,
        period,
        chain_upper_usd is not null as is_known,
        {{ outflows | join(', ') }}
    from chains
    where freq = 'A'

),

-- in a window the value of reports whose weight is an error: their files may err in more (METHODS E12)
misweighed as (

    select
        ghosts.window_kind, ghosts.exporter, ghosts.importer_iso3, ghosts.goods, ghosts.baseline_id, ghosts.period,
        {{ exact_sum('weight_errors.export_value_usd') }} as export_usd,
        {{ exact_sum('weight_errors.import_value_usd') }} as import_usd
    from ghosts
    inner join {{ ref('int_weight_errors_summed') }} as weight_errors
        on weight_errors.freq = ghosts.freq
        and weight_errors.exporter_bloc = ghosts.exporter
        and weight_errors.importer_iso3 = ghosts.importer_iso3
        and weight_errors.goods = ghosts.goods
        and {{ months_between('weight_errors.period', 'ghosts.period') }} between 0 and case ghosts.freq when 'M' then 11 else 0 end
    group by
        ghosts.window_kind, ghosts.exporter, ghosts.importer_iso3, ghosts.goods, ghosts.baseline_id, ghosts.period

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
        ghosts.freq,
        ghosts.window_kind,
        ghosts.period,
        ghosts.last_month,
        ghosts.baseline_id,
        ghosts.left_out_year,
        ghosts.is_admissible,

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
        ghosts.ghost_low_90_usd as all_ghost_low_90_usd,
        ghosts.ghost_high_90_usd as all_ghost_high_90_usd,

        ghosts.both_usd + ghosts.strong_usd as covered_usd,
        ghosts.covered_usd as recorded_usd,
        ghosts.weighed_usd,
        ghosts.settled_usd,
        ghosts.concordance_quality,
        errors.noise_sd as importer_noise_sd,
        coalesce(severities.severity, {{ var('severity_other') }}) as severity,

        drops.drop_usd,
        exceeded.high_z_months,
        exceeded.high_months,
        exceeded.largest_month_excess_usd,
        exceeded.in_excess_usd,
        {% for value in outflows -%}
        case when onward.is_known then onward.{{ value }} end as {{ value }},
        {% endfor -%}
        premiums.price_premium_ratio,
        coalesce(misweighed.export_usd > (1 - {{ var('compared_share') }}) * ghosts.reported_export_usd, false)
            or coalesce(misweighed.import_usd > (1 - {{ var('compared_share') }}) * ghosts.import_fob_usd, false)
            as is_misweighed
    from ghosts
    inner join exceeded
        on exceeded.window_kind = ghosts.window_kind
        and exceeded.exporter = ghosts.exporter
        and exceeded.importer_iso3 = ghosts.importer_iso3
        and exceeded.goods = ghosts.goods
        and exceeded.baseline_id = ghosts.baseline_id
        and exceeded.period = ghosts.period
        and exceeded.baseline_export_usd is not null
    left join drops
        on drops.window_kind = ghosts.window_kind
        and drops.exporter = ghosts.exporter
        and drops.goods = ghosts.goods
        and drops.baseline_id = ghosts.baseline_id
        and drops.period = ghosts.period
    left join onward
        on onward.window_kind = ghosts.window_kind
        and onward.exporter_bloc = ghosts.exporter
        and onward.transit_iso3 = ghosts.importer_iso3
        and onward.goods = ghosts.goods
        and onward.baseline_id = ghosts.baseline_id
        and onward.period = ghosts.period
    left join {{ ref('int_premiums_averaged') }} as premiums
        on premiums.transit_iso3 = onward.transit_iso3
        and premiums.goods = onward.goods
        and premiums.period = ghosts.last_month
    left join misweighed
        on misweighed.window_kind = ghosts.window_kind
        and misweighed.exporter = ghosts.exporter
        and misweighed.importer_iso3 = ghosts.importer_iso3
        and misweighed.goods = ghosts.goods
        and misweighed.baseline_id = ghosts.baseline_id
        and misweighed.period = ghosts.period
    left join errors on errors.country_iso3 = ghosts.importer_iso3
    left join severities on severities.goods = ghosts.goods

),

compared as (

    select
        *,
        {{ compared_columns() }},
        case when is_admissible then all_ghost_low_usd end as ghost_low_usd,
        case when is_admissible then all_ghost_high_usd end as ghost_high_usd,
        case when is_admissible then all_ghost_low_90_usd end as ghost_low_90_usd,
        case when is_admissible then all_ghost_high_90_usd end as ghost_high_90_usd
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

judged as (

    select
        *,
        {{ is_unusual('exporter_bloc, transit_iso3, goods, window_kind, baseline_id') }} as is_unusual,
        {{ doubt_of_persistence('exporter_bloc, transit_iso3, goods, window_kind, baseline_id') }} as doubt_of_persistence
    from routed

),

reasoned as (

    select
        *,
        -- nothing is classed where one side did not report, however large the other's figures are
        case
            when not is_admissible then 'no_admissible_mirror'
            when anomaly is null then 'too_few_components'
            when is_unusual and doubt_of_persistence is not null then doubt_of_persistence
            when is_unusual and is_misweighed then 'unit_error'
            when evidence < {{ var('evidence_least') }} then 'too_little_documented'
        end as reason
    from judged

)

select
    *,
    {{ risk_class() }} as class
from reasoned
