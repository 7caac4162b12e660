{{ config(materialized='table', event_time='') }}  -- twelve months lie in two years
-- Twelve months of both sides, month after month: exports of twelve months against imports reported in the same
-- twelve, a transit's time later (`monthly_lag`). Only windows in which every month may be compared. Monthly gaps jump
-- with the time that goods are on their way; these do not (METHODS 2.5).
with

series as (

    select *
    from {{ ref('int_series_summed') }}
    where freq = 'M' and goods in ('TOTAL', 'CHPL')

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- each month with the month in which its goods arrive
months as (

    select
        left_months.period,
        left_months.exporter,
        left_months.exporter_kind,
        left_months.importer_iso3,
        left_months.goods,
        left_months.compared_export_usd,
        arrivals.compared_import_fob_usd,
        arrivals.compared_import_fob_low_usd,
        arrivals.compared_import_fob_high_usd,
        left_months.both_usd,
        left_months.weak_usd + left_months.silent_usd as uncompared_usd
    from series as left_months
    inner join series as arrivals
        on arrivals.exporter = left_months.exporter
        and arrivals.importer_iso3 = left_months.importer_iso3
        and arrivals.goods = left_months.goods
        and arrivals.period = {{ dbt.dateadd('month', var('monthly_lag'), 'left_months.period') }}
    where left_months.compared_export_usd is not null
        and arrivals.compared_import_fob_usd is not null

),

{% set window -%}
    over (
        partition by exporter, importer_iso3, goods
        order by period nulls last rows between 11 preceding and current row
    )
{%- endset %}
rolled as (

    select
        period,
        exporter,
        exporter_kind,
        importer_iso3,
        goods,
        count(*) {{ window }} as months,
        min(period) {{ window }} as first_month,
        {% for value in ['compared_export_usd', 'compared_import_fob_usd', 'compared_import_fob_low_usd',
            'compared_import_fob_high_usd', 'both_usd', 'uncompared_usd'] -%}
        cast(sum(cast({{ value }} as decimal(38, 6))) {{ window }} as double) as {{ value }}{{ ',' if not loop.last }}
        {% endfor %}
    from months

)

select
    rolled.exporter,
    rolled.exporter_kind,
    rolled.importer_iso3,
    rolled.goods,
    rolled.period,
    rolled.first_month,

    rolled.compared_export_usd as export_value_usd,
    rolled.compared_import_fob_usd as import_fob_usd,
    {{ gap_usd('rolled.compared_export_usd', 'rolled.compared_import_fob_usd') }} as gap_usd,
    {{ gap_usd('rolled.compared_export_usd', 'rolled.compared_import_fob_high_usd') }} as gap_low_usd,
    {{ gap_usd('rolled.compared_export_usd', 'rolled.compared_import_fob_low_usd') }} as gap_high_usd,
    {{ gap_share('rolled.compared_export_usd', 'rolled.compared_import_fob_usd') }} as gap_share,
    {{ gap_log('rolled.compared_export_usd', 'rolled.compared_import_fob_usd') }} as gap_log,
    {{ is_sign_robust(
        gap_usd('rolled.compared_export_usd', 'rolled.compared_import_fob_high_usd'),
        gap_usd('rolled.compared_export_usd', 'rolled.compared_import_fob_low_usd')
    ) }} as is_sign_robust,
    rolled.both_usd / nullif(rolled.compared_export_usd, 0) as both_reported_share,
    rolled.uncompared_usd,
    {{ var('monthly_lag') }} as lag_months,
    {{ provenance_columns() }}
from rolled
cross join builds
where rolled.months = 12
    and {{ months_between('rolled.first_month', 'rolled.period') }} = 11
