{{ config(materialized='table', event_time='') }}  -- a reporter is rated over all years
with

reporters as (

    select * from {{ ref('int_reporters_rated') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    reporters.country_iso3,
    reporters.role,
    reporters.variant,

    reporters.noise_sd as error_sd,
    reporters.noise_sd,
    reporters.bias_log,
    reporters.standard_error,
    reporters.rank,
    reporters.observations,
    reporters.partners,
    reporters.within_20_share,
    reporters.is_pooled,
    case
        when reporters.noise_sd is null then 'no_cell_to_compare'
        when reporters.is_pooled then 'too_few_cells_or_partners'
    end as reason,

    {{ provenance_columns() }}
from reporters
cross join builds
