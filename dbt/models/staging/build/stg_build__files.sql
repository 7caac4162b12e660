-- Every file that a source recognised, whatever became of it.
with

files as (

    select
        *,
        strptime(coalesce(nullif(valid_from, ''), vintage), '%Y%m%dT%H%M%S.%fZ') as _valid_from
    from {{ source('build', 'landings') }}
    where source <> 'unknown'

)

select
    landing_id,
    source as source_name,
    entity,
    original_name as file,
    status,
    reason,
    nullif(edition, '') as edition,
    fetched_at,
    rows_read,
    rows_not_wanted,
    rows_inserted
from files
where {{ was_known() }}
