with

conversions as (

    select * from {{ source('unsd', 'unsd_conversions') }} where {{ known() }}

)

select
    revision_from,
    code_from,
    revision_to,
    code_to
from conversions
