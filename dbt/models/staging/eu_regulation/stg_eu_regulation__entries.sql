select
    list_id,
    source_id,
    name,
    'entity' as kind,
    listed_on,
    information as remarks,
    first_seen_at,
    gone_at
from {{ ref('stg_eu_regulation__parties') }}
