with

builds as (

    select * from {{ source('build', 'builds') }}

)

select
    run_id,
    data_set,
    code_version,
    started_at,
    -- the day this build speaks of: the one that was asked for, or the day it began
    {% if env_var('AS_OF', '') %}date '{{ env_var('AS_OF') }}'{% else %}cast(started_at as date){% endif %} as known_on
from builds
