with

aliases as (

    select * from {{ source('ofac', 'ofac_aliases') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    akaUid as alias_id,
    replace(type, '.', '') as alias_type,
    category as alias_strength,
    coalesce(name, concat_ws(', ', lastName, firstName)) as alias
from aliases
