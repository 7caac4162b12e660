with

correlations as (

    select * from {{ source('unsd', 'unsd_correlations') }} where {{ known() }}

)

select
    revision_from,
    code_from,
    revision_to,
    code_to,
    relation
from correlations
