-- The screened corridors month by month: what both sides report of the coalition's trade with transit countries and
-- destinations, and of the exports of transit countries to destinations. A row of corridor_risk sums twelve of these.
with

series as (

    select * from {{ ref('int_series_summed') }} where freq = 'M' and is_screened

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    series.exporter,
    series.exporter_kind,
    series.importer_iso3,
    series.importer_role,
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
cross join builds
