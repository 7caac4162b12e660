with

countries as (

    select * from {{ source('seeds', 'countries') }}

)

select
    iso3,
    m49,
    role,
    cast(role_from as date) as role_from,
    cast(role_to as date) as role_to,
    cast(eaeu_from as date) as eaeu_from,
    cast(eaeu_to as date) as eaeu_to,
    cast(is_landlocked as boolean) as is_landlocked,
    cast(imports_valued_fob as boolean) as imports_valued_fob,
    cast(capital_latitude as double) as capital_latitude,
    cast(capital_longitude as double) as capital_longitude,
    source
from countries
