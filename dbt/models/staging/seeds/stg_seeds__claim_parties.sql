with

claim_parties as (

    select * from {{ source('seeds', 'claim_parties') }}

)

select
    claim_id,
    country_iso3,
    name_pattern,
    kind,
    source
from claim_parties
