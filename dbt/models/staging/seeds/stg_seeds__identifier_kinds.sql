with

identifier_kinds as (

    select * from {{ source('seeds', 'identifier_kinds') }}

)

select
    publisher,
    identifier_type,
    identifier_kind,
    cast(is_per_country as boolean) as is_per_country,
    source
from identifier_kinds
