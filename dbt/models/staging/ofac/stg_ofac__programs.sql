with

programs as (

    select * from {{ source('ofac', 'ofac_programs') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    program
from programs
