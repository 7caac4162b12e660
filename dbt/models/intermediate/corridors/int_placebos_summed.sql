-- What the same exporters sold the same importer of goods in the same chapter that no list names, in each period and on
-- average of each baseline: a rise that these share is no rise of listed goods.
with

series as (

    select
        freq, period, exporter, exporter_kind, importer_iso3, goods, export_value_usd,
        {{ chapter_of('goods') }} as chapter
    from {{ ref('int_series_summed') }}
    where goods_kind = 'product' and export_value_usd is not null

),

listed as (

    select distinct goods from {{ ref('int_goods_basketed') }}

),

windows as (

    {{ baseline_windows() }}

),

chapters as (

    select
        series.freq,
        series.period,
        series.exporter,
        series.importer_iso3,
        series.chapter,
        {{ exact_sum('series.export_value_usd') }} as export_value_usd
    from series
    left join listed on listed.goods = series.goods
    where listed.goods is null
    group by series.freq, series.period, series.exporter, series.importer_iso3, series.chapter

),

means as (

    select
        chapters.freq,
        chapters.exporter,
        chapters.importer_iso3,
        chapters.chapter,
        windows.baseline_id,
        {{ exact_sum('chapters.export_value_usd') }} / count(*) as mean_usd
    from chapters
    inner join windows
        on {{ is_within('chapters.freq', 'chapters.period', 'windows.first_month', 'windows.last_month') }}
    group by chapters.freq, chapters.exporter, chapters.importer_iso3, chapters.chapter, windows.baseline_id

)

select
    chapters.freq,
    chapters.period,
    chapters.exporter,
    chapters.importer_iso3,
    chapters.chapter,
    means.baseline_id,
    chapters.export_value_usd,
    means.mean_usd
from chapters
inner join means
    on means.freq = chapters.freq
    and means.exporter = chapters.exporter
    and means.importer_iso3 = chapters.importer_iso3
    and means.chapter = chapters.chapter
