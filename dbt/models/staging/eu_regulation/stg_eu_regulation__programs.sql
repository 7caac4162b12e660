select
    list_id,
    source_id,
    'Annex ' || annex as program,
    'Regulation (EU) No 833/2014, annex ' || annex || coalesce(', part ' || part, '') as legal_basis,
    listed_on,
    gone_at
from {{ ref('stg_eu_regulation__parties') }}
