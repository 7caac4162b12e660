{{ config(materialized='table', event_time='') }}  -- computed of all years at once
-- Unit values that deviate, and all of the goods of the short lists.
with

unit_values as (

    select * from {{ ref('int_unit_values_judged') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    unit_values.freq,
    unit_values.period,
    unit_values.reporter_iso3,
    unit_values.flow,
    unit_values.partner_iso3,
    unit_values.product_code,
    unit_values.hs_revision,
    unit_values.is_listed,

    unit_values.anomaly,
    unit_values.reason,
    unit_values.is_mirror_mismatch,

    unit_values.value_usd,
    unit_values.net_kg,
    unit_values.unit_value_usd_kg,
    unit_values.median_usd_kg,
    unit_values.reference_cells,
    unit_values.z,
    unit_values.mirror_ratio,
    unit_values.price_premium_target_ratio as price_premium_destination_ratio,
    unit_values.price_premium_target_ratio,

    unit_values.unit_value_usd_unit,
    unit_values.quantity_unit,
    unit_values.quantity_reason,

    {{ provenance_columns() }}
from unit_values
cross join builds
