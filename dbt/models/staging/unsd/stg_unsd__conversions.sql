with

conversions as (

    select * from {{ source('unsd', 'unsd_conversions') }} where _valid_to is null

)

select
    revision_from,
    code_from,
    revision_to,
    code_to
from conversions
