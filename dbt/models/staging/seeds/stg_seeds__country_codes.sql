with

country_codes as (

    select * from {{ source('seeds', 'country_codes') }}

)

select
    publisher,
    code,
    kind,
    iso3,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    label,
    source
from country_codes
