with

builds as (

    select * from {{ source('build', 'builds') }}

)

select
    run_id,
    data_set,
    code_version,
    started_at,
    as_of,
    is_full,
    completed_at
from builds
