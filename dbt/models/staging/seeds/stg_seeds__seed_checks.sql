with

seed_checks as (

    select * from {{ source('seeds', 'seed_checks') }}

)

select
    seed_name,
    cast(checked_on as date) as checked_on,
    cast(renewed_after_days as integer) as renewed_after_days,
    checked,
    source
from seed_checks
