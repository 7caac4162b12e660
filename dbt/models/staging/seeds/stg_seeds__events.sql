with

events as (

    select * from {{ source('seeds', 'events') }}

)

select
    event_id,
    cast(event_date as date) as event_date,
    actor,
    scope,
    title,
    source
from events
