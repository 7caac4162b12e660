-- What was normal: of each corridor's exports, imports, gap and price, the mean, the median and the spread over each
-- window that a change is measured against. Values on the asinh scale, gaps in log points, prices in logarithms.
with

series as (

    select * from {{ ref('int_series_summed') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

windows as (

    {{ baseline_windows() }}

),

known as (

    select
        windows.baseline_id,
        series.freq, series.exporter, series.exporter_kind, series.importer_iso3, series.goods, series.goods_kind,
        series.export_value_usd,
        series.import_fob_usd,
        series.export_kg,
        series.compared_export_usd,
        series.compared_import_fob_usd
    from series
    inner join windows
        on {{ is_within('series.freq', 'series.period', 'windows.first_month', 'windows.last_month') }}
        and (windows.is_of_products or series.goods_kind = 'basket')

),

measured as (

    select
        *, 'export' as series,
        export_value_usd as value_usd,
        1 as divisor,
        {{ asinh_scaled('export_value_usd') }} as y,
        cast(null as double) as size_usd
    from known
    where export_value_usd is not null
    union all
    select
        *, 'import_fob' as series,
        import_fob_usd as value_usd,
        1 as divisor,
        {{ asinh_scaled('import_fob_usd') }} as y,
        cast(null as double) as size_usd
    from known
    where import_fob_usd is not null
    union all
    select
        *, 'gap_log' as series,
        cast(null as double) as value_usd,
        1 as divisor,
        {{ gap_log('compared_export_usd', 'compared_import_fob_usd') }} as y,
        greatest(compared_export_usd, compared_import_fob_usd) as size_usd
    from known
    where compared_export_usd > 0 and compared_import_fob_usd > 0
    union all
    select
        *, 'unit_value' as series,
        export_value_usd as value_usd,
        export_kg as divisor,
        ln(export_value_usd / export_kg) as y,
        cast(null as double) as size_usd
    from known
    where export_value_usd > 0 and export_kg > 0

),

medians as (

    select
        freq, exporter, exporter_kind, importer_iso3, goods, goods_kind, series, baseline_id,
        count(*) as months,
        {{ exact_sum('value_usd') }} / nullif({{ exact_sum('divisor') }}, 0) as mean_usd,
        percentile_cont(0.5) within group (order by y) as median_asinh,
        {{ exact_sum('size_usd') }} / count(*) as size_usd,
        count(*) filter (where value_usd = 0) as zeros
    from measured
    group by freq, exporter, exporter_kind, importer_iso3, goods, goods_kind, series, baseline_id

),

deviations as (

    select
        measured.freq, measured.exporter, measured.importer_iso3, measured.goods, measured.series,
        measured.baseline_id,
        percentile_cont(0.5) within group (order by abs(measured.y - medians.median_asinh)) as mad_asinh
    from measured
    inner join medians
        on medians.freq = measured.freq
        and medians.exporter = measured.exporter
        and medians.importer_iso3 = measured.importer_iso3
        and medians.goods = measured.goods
        and medians.series = measured.series
        and medians.baseline_id = measured.baseline_id
    group by
        measured.freq, measured.exporter, measured.importer_iso3, measured.goods, measured.series,
        measured.baseline_id

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

    cast(medians.months as integer) as months,
    medians.mean_usd,
    medians.median_asinh,
    deviations.mad_asinh,
    {{ robust_scale('deviations.mad_asinh', "case medians.series when 'gap_log' then " ~ gap_floor('medians.size_usd')
        ~ " else " ~ var('z_floor') ~ " end") }} as scale_asinh,
    case when medians.series in ('export', 'import_fob') then medians.zeros / cast(medians.months as double) end
        as zero_share,

    {{ provenance_columns() }}
from medians
inner join deviations
    on deviations.freq = medians.freq
    and deviations.exporter = medians.exporter
    and deviations.importer_iso3 = medians.importer_iso3
    and deviations.goods = medians.goods
    and deviations.series = medians.series
    and deviations.baseline_id = medians.baseline_id
cross join builds
