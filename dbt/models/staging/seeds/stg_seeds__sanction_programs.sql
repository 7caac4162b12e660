with

sanction_programs as (

    select * from {{ source('seeds', 'sanction_programs') }}

)

select
    publisher,
    program,
    cast(is_russia_related as boolean) as is_russia_related,
    cast(is_belarus_related as boolean) as is_belarus_related,
    label,
    source
from sanction_programs
