-- How far exports are above their baseline: int_excesses_estimated, where is_published marks what readers need.
with

excesses as (

    select * from {{ ref('int_excesses_estimated') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    excesses.freq,
    excesses.period,
    excesses.exporter,
    excesses.exporter_kind,
    excesses.importer_iso3,
    excesses.goods,
    excesses.goods_kind,
    excesses.baseline_id,

    excesses.value_usd,
    excesses.baseline_usd,
    excesses.is_one_year_baseline,
    excesses.excess_usd,
    excesses.growth_ratio,
    excesses.z,
    excesses.is_z3,
    excesses.is_ec_criterion,
    excesses.excess_did_usd,
    excesses.reason,

    {{ provenance_columns() }}
from excesses
cross join builds
where {{ is_published('excesses') }}
