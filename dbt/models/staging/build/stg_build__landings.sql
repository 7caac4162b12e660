with

landings as (

    select
        *,
        strptime(valid_from, '%Y%m%dT%H%M%S.%fZ') as _valid_from
    from {{ source('build', 'landings') }}
    where status = 'loaded'

)

select
    landing_id,
    source as source_name,
    entity,
    scope,
    nullif(edition, '') as edition,
    vintage,
    _valid_from as valid_from,
    fetched_at,
    sha256,
    size_bytes,
    rows_read,
    rows_inserted,
    rows_expired
from landings
where {{ was_known() }}
