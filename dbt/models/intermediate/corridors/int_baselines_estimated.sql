-- What was normal: of each corridor's exports, imports, gap, price and weight the mean, the median and the spread over
-- each baseline. Values on the asinh scale, gaps in log points, prices in logarithms; weights have a mean alone.
with

flows as (

    select * from {{ ref('int_series_summed') }}

),

windows as (

    {{ baseline_windows() }}

),

reported as (

    select
        flows.*, extract(year from flows.period) as year, windows.baseline_id, windows.baseline_kind, windows.left_out_year
    from flows
    inner join windows
        on {{ is_in_baseline('flows', 'windows') }}
        and {{ has_baseline('flows', 'windows') }}

),

{% set key = 'freq, exporter, exporter_kind, importer_iso3, goods, goods_kind, baseline_id, baseline_kind, left_out_year' -%}
measured as (

    {% for series, value in {'export': 'export_value_usd', 'import_fob': 'import_fob_usd'}.items() -%}
    select
        {{ key }},
        '{{ series }}' as series,
        {{ value }} as value,
        1 as divisor,
        {{ asinh_scaled(value) }} as y,
        cast(null as double) as size_usd,
        year
    from reported
    where {{ value }} is not null
    union all
    {% endfor -%}
    select
        {{ key }},
        'gap_log' as series,
        cast(null as double) as value,
        1 as divisor,
        {{ gap_log('compared_export_usd', 'compared_import_fob_usd') }} as y,
        greatest(compared_export_usd, compared_import_fob_usd) as size_usd,
        year
    from reported
    where compared_export_usd > 0 and compared_import_fob_usd > 0
    union all
    select
        {{ key }},
        'unit_value' as series,
        export_value_usd as value,
        export_kg as divisor,
        ln(export_value_usd / export_kg) as y,
        cast(null as double) as size_usd,
        year
    from reported
    where export_value_usd > 0 and export_kg > 0
    union all
    select
        {{ key }},
        'export_kg' as series,
        export_kg as value,
        1 as divisor,
        cast(null as double) as y,
        cast(null as double) as size_usd,
        year
    from reported
    where export_kg is not null and is_screened and baseline_kind <> 'further'

),

medians as (

    select
        {{ key }},
        series,
        count(*) as periods,
        min(year) = max(year) as is_one_year,
        {{ exact_sum('value') }} / nullif({{ exact_sum('divisor') }}, 0) as mean,
        percentile_cont(0.5) within group (order by y) as median_y,
        {{ exact_sum('size_usd') }} / count(*) as size_usd,
        count(*) filter (where value = 0) as zeros
    from measured
    group by {{ key }}, series

),

deviations as (

    select
        measured.freq,
        measured.exporter,
        measured.importer_iso3,
        measured.goods,
        measured.series,
        measured.baseline_id,
        percentile_cont(0.5) within group (order by abs(measured.y - medians.median_y)) as mad_y
    from measured
    inner join medians
        on medians.freq = measured.freq
        and medians.exporter = measured.exporter
        and medians.importer_iso3 = measured.importer_iso3
        and medians.goods = measured.goods
        and medians.series = measured.series
        and medians.baseline_id = measured.baseline_id
    group by
        measured.freq, measured.exporter, measured.importer_iso3, measured.goods, measured.series, measured.baseline_id

)

select
    medians.freq,
    medians.exporter,
    medians.exporter_kind,
    medians.importer_iso3,
    medians.goods,
    medians.goods_kind,
    medians.series,
    medians.baseline_id,
    medians.baseline_kind,
    medians.left_out_year,

    medians.periods,
    medians.is_one_year,
    medians.mean,
    medians.median_y,
    deviations.mad_y,
    {{ robust_scale('deviations.mad_y', "case medians.series when 'gap_log' then " ~ gap_floor('medians.size_usd')
        ~ " else " ~ var('z_floor') ~ " end") }} as scale_y,
    medians.zeros / cast(medians.periods as double) as zero_share
from medians
inner join deviations
    on deviations.freq = medians.freq
    and deviations.exporter = medians.exporter
    and deviations.importer_iso3 = medians.importer_iso3
    and deviations.goods = medians.goods
    and deviations.series = medians.series
    and deviations.baseline_id = medians.baseline_id
