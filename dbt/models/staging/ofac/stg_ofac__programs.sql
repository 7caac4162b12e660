with

programs as (

    {{ last_versions(source('ofac', 'ofac_programs'), 'list, uid, program') }}

)

select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    program,
    cast(null as varchar) as legal_basis,
    cast(null as date) as listed_on,
    gone_at
from programs
