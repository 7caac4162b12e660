with

bridge_overrides as (

    select * from {{ source('seeds', 'bridge_overrides') }}

)

select
    revision_from,
    code_from,
    revision_to,
    code_to,
    reason,
    source
from bridge_overrides
