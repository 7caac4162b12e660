with

list_publishers as (

    select * from {{ source('seeds', 'list_publishers') }}

)

select
    publisher,
    label,
    licence,
    source
from list_publishers
