-- What was normal in a corridor before the war: over the default baseline, and over it without one of its years.
-- Against the latter that very year is judged, by the rule that later judges the present: how often it fires on
-- years when nothing had happened is its rate of false alarms. `left_out_year` 0 leaves nothing out.
{% set baseline = default_window() %}
with

flows as (

    select
        *,
        cast(extract(year from period) as integer) as year,
        {{ asinh_scaled('export_value_usd') }} as export_asinh
    from {{ ref('int_corridors_answered') }}
    where period between {{ baseline.first }} and {{ baseline.last }}

),

left_out as (

    select 0 as left_out_year
    union all
    select distinct year as left_out_year from flows

),

kept as (

    select flows.*, left_out.left_out_year
    from flows
    cross join left_out
    where flows.year <> left_out.left_out_year

),

averages as (

    select
        exporter,
        importer_iso3,
        goods,
        left_out_year,
        count(export_value_usd) as export_months,
        count(import_fob_usd) as import_months,
        count(compared_export_usd) as compared_months,
        {{ exact_sum('export_value_usd') }} / nullif(count(export_value_usd), 0) as mean_export_usd,
        {{ exact_sum('import_fob_usd') }} / nullif(count(import_fob_usd), 0) as mean_import_fob_usd,
        {% for side in ['export', 'import', 'import_low', 'import_high'] -%}
        {{ exact_sum('compared_' ~ side ~ '_usd') }} / nullif(count(compared_export_usd), 0)
            as mean_compared_{{ side }}_usd,
        {% endfor -%}
        {{ exact_sum('export_kg') }} / nullif(count(export_kg), 0) as mean_export_kg,
        percentile_cont(0.5) within group (order by export_asinh) as median_asinh
    from kept
    group by exporter, importer_iso3, goods, left_out_year

),

spreads as (

    select
        kept.exporter,
        kept.importer_iso3,
        kept.goods,
        kept.left_out_year,
        percentile_cont(0.5) within group (order by abs(kept.export_asinh - averages.median_asinh)) as mad_asinh
    from kept
    inner join averages
        on averages.exporter = kept.exporter
        and averages.importer_iso3 = kept.importer_iso3
        and averages.goods = kept.goods
        and averages.left_out_year = kept.left_out_year
    group by kept.exporter, kept.importer_iso3, kept.goods, kept.left_out_year

)

select averages.*, spreads.mad_asinh
from averages
inner join spreads
    on spreads.exporter = averages.exporter
    and spreads.importer_iso3 = averages.importer_iso3
    and spreads.goods = averages.goods
    and spreads.left_out_year = averages.left_out_year
