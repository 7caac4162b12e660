with

correlations as (

    select * from {{ source('unsd', 'unsd_correlations') }} where _valid_to is null

)

select
    revision_from,
    code_from,
    revision_to,
    code_to,
    relation
from correlations
