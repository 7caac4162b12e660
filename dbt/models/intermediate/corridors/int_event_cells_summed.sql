-- What event studies are estimated from: exports by half-year of every series that its exporter published whole, zeros
-- counted. Listed goods are those of `list` on the day of the build; goods of other lists are in no study.
{% set study = var('event_study') %}
{% set window = default_window() %}
with

members as (

    select * from {{ ref('int_bloc_members_dated') }}

),

countries as (

    select iso3, role from {{ ref('stg_seeds__countries') }}

),

exporters as (

    {% for one in study.studies -%}
    select '{{ one.id }}' as study_id, iso3 from members where bloc in ('{{ one.exporters | join("', '") }}')
    union
    select '{{ one.id }}' as study_id, iso3 from countries where iso3 in ('{{ one.exporters | join("', '") }}')
    {{ 'union' if not loop.last }}
    {% endfor %}

),

importers as (

    {% for one in study.studies -%}
    select '{{ one.id }}' as study_id, iso3 from countries
    where iso3 in ('{{ one.importers | join("', '") }}') or role in ('{{ one.importers | join("', '") }}')
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

product_groups as (

    select goods, count(*) filter (where product_group = '{{ study.list }}') > 0 as is_listed
    from {{ ref('int_product_groups_composed') }}
    group by goods

),

series as (

    select
        series.exporter as exporter_iso3,
        series.importer_iso3,
        series.goods,
        series.period,
        series.export_value_usd,
        cast(
            extract(year from series.period) || case when extract(month from series.period) < 7 then '-01-01' else '-07-01' end
            as date
        ) as half_year,
        coalesce(product_groups.is_listed, false) as is_listed
    from {{ ref('int_series_summed') }} as series
    left join product_groups on product_groups.goods = series.goods
    where series.freq = 'M'
        and series.exporter_kind = 'country'
        and series.goods_kind = 'product'
        and series.period >= {{ window.first }}
        and coalesce(product_groups.is_listed, true)

),

counted as (

    select
        exporter_iso3,
        importer_iso3,
        goods,
        count(export_value_usd) as months,
        max(export_value_usd) as largest_usd
    from series
    group by exporter_iso3, importer_iso3, goods

),

-- a series is whole where it has every month that its exporter published to that country
whole as (

    select
        *,
        months = max(months) over (partition by exporter_iso3, importer_iso3) and largest_usd > 0 as is_whole
    from counted

)

select
    exporters.study_id,
    series.exporter_iso3,
    series.importer_iso3,
    series.goods,
    series.is_listed,
    series.half_year,
    case
        when series.half_year <= {{ window.last }} then 'before'
        when series.half_year >= cast('{{ study.after_from }}' as date) then 'after'
        else 'between'
    end as part,
    extract(year from series.half_year) = extract(year from {{ window.last }}) as is_reference,
    {{ exact_sum('series.export_value_usd') }} as export_value_usd
from series
inner join whole
    on whole.exporter_iso3 = series.exporter_iso3
    and whole.importer_iso3 = series.importer_iso3
    and whole.goods = series.goods
inner join exporters on exporters.iso3 = series.exporter_iso3
inner join importers
    on importers.iso3 = series.importer_iso3
    and importers.study_id = exporters.study_id
where whole.is_whole
    and series.export_value_usd is not null
group by
    exporters.study_id, series.exporter_iso3, series.importer_iso3, series.goods, series.is_listed, series.half_year
