-- What chains are matched from: what blocs exported to transit countries, and what these exported onward, each beside
-- its baseline. int_chains_matched matches the one with the other.
{%- set lag = var('chain_lag_months') %}
{%- set years = ((lag + 11) / 12) | int %}
with

means as (
    select
        freq,
        exporter,
        importer_iso3,
        goods,
        baseline_id,
        left_out_year,
        {%- for series in ('export', 'import_fob', 'export_kg') %}
        max(case when series = '{{ series }}' then mean end) as mean_{{ series }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_baselines_estimated') }}
    where baseline_kind <> 'further'
    group by freq, exporter, importer_iso3, goods, baseline_id, left_out_year
)

select
    series.freq,
    case series.exporter_kind when 'bloc' then 'in' else 'out' end as direction,
    series.exporter,
    series.importer_iso3,
    series.goods,
    series.goods_kind,
    means.baseline_id,
    means.left_out_year,
    series.period,
    series.export_value_usd as value_usd,
    series.export_value_usd - means.mean_export as excess_usd,
    series.import_fob_usd - means.mean_import_fob as arrived_excess_usd,
    series.export_kg - means.mean_export_kg as excess_kg
from {{ ref('int_series_summed') }} as series
inner join means
    on means.freq = series.freq
    and means.exporter = series.exporter
    and means.importer_iso3 = series.importer_iso3
    and means.goods = series.goods
where series.is_screened
    and means.mean_export is not null
    and (series.exporter_kind = 'country' or (series.exporter_kind = 'bloc' and series.importer_role = 'transit'))
    -- of a year that is left out, that year and what was still under way when it began
    and (
        means.left_out_year = 0
        or 12 * (extract(year from series.period) - means.left_out_year) + extract(month from series.period)
            between 1 - case series.freq when 'A' then {{ 12 * years }} else {{ lag }} end and 12
    )
