-- Several rows may be about one party: one that is there counts before one that is gone, and a later before an earlier.
select
    list_id,
    source_id,
    name,
    kind,
    min(listed_on) over (partition by list_id, source_id, gone_at) as listed_on,
    ends_on,
    nullif(concat_ws('; ', title, remarks), '') as remarks,
    license_requirement,
    license_policy,
    list_name,
    repeats_list_id is not null as is_repeated,
    repeats_list_id,
    min(_valid_from) over (partition by list_id, source_id) as first_seen_at,
    gone_at
from {{ ref('stg_csl__listings') }}
qualify row_number() over (
    partition by list_id, source_id
    order by gone_at desc nulls first, _valid_from desc, publication, listed_on, addresses, part
) = 1
