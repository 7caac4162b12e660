with

programs as (

    select * from {{ source('ofac', 'ofac_programs') }} where _valid_to is null

)

select
    list as list_name,
    uid as source_id,
    program
from programs
