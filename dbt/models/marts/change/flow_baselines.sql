-- What was normal before the war: int_baselines_estimated, of the baselines that figures are published against.
with

baselines as (

    select * from {{ ref('int_baselines_estimated') }}
    where baseline_kind <> 'left_out' and series <> 'export_kg'

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    baselines.freq,
    baselines.exporter,
    baselines.exporter_kind,
    baselines.importer_iso3,
    baselines.goods,
    baselines.goods_kind,
    baselines.series,
    baselines.baseline_id,

    cast(baselines.periods as integer) as months,
    baselines.is_one_year,
    baselines.mean as mean_usd,
    baselines.median_y as median_asinh,
    baselines.mad_y as mad_asinh,
    baselines.scale_y as scale_asinh,
    case when baselines.series in ('export', 'import_fob') then baselines.zero_share end as zero_share,

    {{ provenance_columns() }}
from baselines
cross join builds
