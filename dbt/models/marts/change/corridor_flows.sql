-- What the risk of a corridor is made of, month by month: both books of the blocs with transit and target countries,
-- and what transit countries say they sold to targets. A row of corridor_risk sums twelve of these.
with

series as (

    select * from {{ ref('int_series_summed') }} where freq = 'M'

),

countries as (

    select iso3, role from {{ ref('countries') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    series.exporter,
    series.exporter_kind,
    series.importer_iso3,
    importers.role as importer_role,
    series.goods,
    series.goods_kind,
    series.period,

    series.export_value_usd,
    series.import_fob_usd,
    series.compared_export_usd,
    series.compared_import_fob_usd,
    series.compared_import_fob_low_usd,
    series.compared_import_fob_high_usd,
    series.both_usd,
    series.strong_usd,
    series.medium_usd,
    series.weak_usd,
    series.silent_usd,
    series.export_kg,
    series.import_kg,
    series.concordance_quality,
    series.members,
    {{ provenance_columns() }}
from series
inner join countries as importers on importers.iso3 = series.importer_iso3
left join countries as exporters
    on exporters.iso3 = series.exporter
    and series.exporter_kind = 'country'
cross join builds
where (series.exporter_kind = 'bloc' and importers.role in ('transit', 'target'))
    or (exporters.role = 'transit' and importers.role = 'target')
