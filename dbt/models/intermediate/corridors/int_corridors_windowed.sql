-- What twelve months of a corridor say, each beside what was normal: the inputs of its risk. Windows end in every
-- month after the baseline (`left_out_year` 0); and each year of the baseline is one, held against the rest of it.
--
-- Only windows of twelve months that the exporting side published, with exports that are worth a look (12 times the
-- least value of a cell). Exports and imports are compared in the months in which a gap may be stated, against as many
-- months of a baseline that holds a year of such months at least. A window is admissible where these months hold
-- `compared_share` of the year and of its exports: one month that a country never published hides no year.
{% set baseline = default_window() %}
with

flows as (

    select
        *,
        {{ months_between('period', 'max(period) over ()') }} >= {{ var('late_months_monthly') }} as is_settled
    from {{ ref('int_corridors_answered') }}
    where exporter_kind = 'bloc'

),

baselines as (

    select * from {{ ref('int_baselines_averaged') }}

),

excesses as (

    select * from {{ ref('int_excesses_measured') }} where exporter_kind = 'bloc' and importer_role = 'transit'

),

chains as (

    select *, cast(period as date) as month from {{ ref('int_chains_matched') }}

),

summed as (

    select
        exporter,
        importer_iso3,
        importer_role,
        goods,
        goods_kind,
        period,
        month_number,
        {% set corridor = 'exporter, importer_iso3, goods' -%}
        {{ year_count('export_value_usd', corridor) }} as export_months,
        {{ year_sum('export_value_usd', corridor) }} as export_value_usd,
        {% for side in ['export', 'import', 'import_low', 'import_high'] -%}
        {{ year_sum('compared_' ~ side ~ '_usd', corridor) }} as compared_{{ side }}_usd,
        {% endfor -%}
        {{ year_count('compared_export_usd', corridor) }} as compared_months,
        {{ year_sum('covered_usd', corridor) }} as covered_usd,
        {{ year_sum('recorded_usd', corridor) }} as recorded_usd,
        {{ year_sum('case when export_kg is not null then export_value_usd end', corridor) }} as weighed_usd,
        {{ year_sum('case when is_settled then export_value_usd end', corridor) }} as settled_usd,
        min(concordance_quality) over (
            partition by {{ corridor }} order by month_number nulls last range between 11 preceding and current row
        ) as concordance_quality
    from flows

),

comparable as (

    select
        *,
        coalesce({{ is_comparable('compared_months', 'compared_export_usd', 'export_value_usd') }}, false) as is_comparable
    from summed
    where export_months = 12

),

-- which baseline a window is held against
windows as (

    select *, 0 as left_out_year
    from comparable
    where period > {{ baseline.last }}
    union all
    select *, cast(extract(year from period) as integer) as left_out_year
    from comparable
    where period between {{ baseline.first }} and {{ baseline.last }}
        and extract(month from period) = 12

),

compared as (

    select
        windows.*,
        12 * baselines.mean_export_usd as baseline_export_usd,
        {% for side in {'compared_export': 'compared_export', 'import': 'compared_import',
            'import_low': 'compared_import_low', 'import_high': 'compared_import_high'}.items() -%}
        case
            when windows.is_comparable and baselines.compared_months >= 12
                then windows.compared_months * baselines.mean_{{ side[1] }}_usd
        end as baseline_{{ side[0] }}_usd,
        {% endfor -%}
        windows.is_comparable and windows.compared_export_usd + windows.compared_import_usd > 0
            and baselines.compared_months >= 12 as is_admissible
    from windows
    inner join baselines
        on baselines.exporter = windows.exporter
        and baselines.importer_iso3 = windows.importer_iso3
        and baselines.goods = windows.goods
        and baselines.left_out_year = windows.left_out_year
        and baselines.export_months >= 12

),

-- what the bloc sells to the targets less than it did
drops as (

    select
        exporter,
        goods,
        left_out_year,
        period,
        {{ exact_sum('greatest(baseline_export_usd - export_value_usd, 0)') }} as drop_usd
    from compared
    where importer_role = 'target'
    group by exporter, goods, left_out_year, period

),

persisted as (

    select
        exporter,
        importer_iso3,
        goods,
        left_out_year,
        period,
        {% set corridor = 'exporter, importer_iso3, goods, left_out_year' -%}
        {{ year_count('z', corridor) }} as z_months,
        {{ year_count('case when z >= ' ~ var('z_enter') ~ ' then 1 end', corridor) }} as high_z_months,
        {{ year_sum('case when export_excess_usd > 0 then export_excess_usd else 0 end', corridor) }} as in_excess_usd
    from excesses

),

-- a country's goods for two targets are one outflow: together no more than came in can have gone on
onward as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        left_out_year,
        month as period,
        {{ month_number('month') }} as month_number,
        {{ exact_sum('case when out_excess_usd > 0 then out_excess_usd else 0 end', 'out_excess_usd is not null') }}
            as out_excess_usd,
        {{ exact_sum('chain_upper_usd') }} as chain_upper_usd,
        {{ exact_sum('chain_arrived_usd') }} as chain_arrived_usd
    from chains
    group by exporter_bloc, transit_iso3, goods, left_out_year, month

),

went_on as (

    select
        exporter_bloc,
        transit_iso3,
        goods,
        left_out_year,
        period,
        {% set corridor = 'exporter_bloc, transit_iso3, goods, left_out_year' -%}
        {{ year_count('chain_upper_usd', corridor) }} as chain_months,
        {{ year_sum('out_excess_usd', corridor) }} as out_excess_usd,
        {{ year_sum('chain_upper_usd', corridor) }} as chain_upper_usd,
        {{ year_sum('chain_arrived_usd', corridor) }} as chain_arrived_usd
    from onward

)

select
    compared.exporter as exporter_bloc,
    compared.importer_iso3 as transit_iso3,
    compared.goods,
    compared.goods_kind,
    compared.period,
    compared.left_out_year,
    compared.is_admissible,

    compared.export_value_usd,
    compared.baseline_export_usd,
    case when compared.is_comparable then compared.compared_export_usd end as compared_export_usd,
    compared.baseline_compared_export_usd,
    case when compared.is_comparable then compared.compared_import_usd end as compared_import_usd,
    case when compared.is_comparable then compared.compared_import_low_usd end as compared_import_low_usd,
    case when compared.is_comparable then compared.compared_import_high_usd end as compared_import_high_usd,
    compared.baseline_import_usd,
    compared.baseline_import_low_usd,
    compared.baseline_import_high_usd,

    compared.covered_usd,
    compared.recorded_usd,
    compared.weighed_usd,
    compared.settled_usd,
    compared.concordance_quality,

    drops.drop_usd,
    case when persisted.z_months = 12 then persisted.high_z_months end as high_z_months,
    persisted.in_excess_usd,
    case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.out_excess_usd end as out_excess_usd,
    case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.chain_upper_usd end as chain_upper_usd,
    case when went_on.chain_months >= {{ var('compared_share') }} * 12 then went_on.chain_arrived_usd end as chain_arrived_usd
from compared
left join drops
    on drops.exporter = compared.exporter
    and drops.goods = compared.goods
    and drops.left_out_year = compared.left_out_year
    and drops.period = compared.period
left join persisted
    on persisted.exporter = compared.exporter
    and persisted.importer_iso3 = compared.importer_iso3
    and persisted.goods = compared.goods
    and persisted.left_out_year = compared.left_out_year
    and persisted.period = compared.period
left join went_on
    on went_on.exporter_bloc = compared.exporter
    and went_on.transit_iso3 = compared.importer_iso3
    and went_on.goods = compared.goods
    and went_on.left_out_year = compared.left_out_year
    and went_on.period = compared.period
where compared.importer_role = 'transit'
    and compared.export_value_usd >= 12 * {{ var('min_value_usd') }}
