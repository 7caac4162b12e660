with

publishers as (

    select * from {{ source('seeds', 'publishers') }}

)

select
    source_name,
    title,
    publisher,
    kind,
    licence,
    homepage,
    cast(stale_after_days as integer) as stale_after_days,
    source
from publishers
