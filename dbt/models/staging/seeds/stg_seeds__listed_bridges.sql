with

listed_bridges as (

    select * from {{ source('seeds', 'listed_bridges') }}

)

select
    revision_from,
    code_from,
    revision_to,
    code_to,
    relation,
    basis,
    source
from listed_bridges
