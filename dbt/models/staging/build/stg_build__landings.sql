with

landings as (

    select * from {{ source('build', 'landings') }} where status = 'loaded'

)

select
    landing_id,
    source as source_name,
    entity,
    vintage,
    fetched_at,
    sha256,
    size_bytes,
    rows_read,
    rows_opened,
    rows_closed
from landings
