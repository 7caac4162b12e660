with

identifier_kinds as (

    select * from {{ source('seeds', 'identifier_kinds') }}

)

select
    publisher,
    identifier_type,
    identifier_kind,
    issuer,
    source
from identifier_kinds
