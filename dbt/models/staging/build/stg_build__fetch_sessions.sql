with

fetch_sessions as (

    select * from {{ source('build', 'fetch_sessions') }}

)

select
    source as source_name,
    started_at,
    ended_at,
    outcome,
    sentence,
    responses,
    landings
from fetch_sessions
where {% if env_var('AS_OF', '') %}ended_at < {{ end_of_as_of() }}{% else %}true{% endif %}
