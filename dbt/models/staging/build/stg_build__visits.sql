with

visits as (

    select * from {{ source('build', 'visits') }}

)

select
    source as source_name,
    started_at,
    ended_at,
    outcome,
    sentence,
    answers,
    landings
from visits
where {% if env_var('AS_OF', '') %}ended_at < {{ end_of_as_of() }}{% else %}true{% endif %}
