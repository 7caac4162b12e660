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
    source,
    cast(checked_on as date) as checked_on
from events
