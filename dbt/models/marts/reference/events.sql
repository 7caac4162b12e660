-- What happened when: the days marked on the time axis of a chart.
with

events as (

    select * from {{ ref('stg_seeds__events') }}

)

select
    event_id,
    event_date,
    actor,
    scope,
    title,
    source,
    checked_on
from events
