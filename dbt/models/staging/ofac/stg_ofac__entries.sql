with

entries as (

    select * from {{ source('ofac', 'ofac_entries') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    coalesce(sdnName, concat_ws(', ', lastName, firstName)) as name,
    case lower(coalesce(sdnType, 'entity'))
        when 'individual' then 'person'
        when 'vessel' then 'vessel'
        when 'aircraft' then 'aircraft'
        else 'entity'
    end as kind,
    title,
    remarks,
    -- the legacy files have their dates here, the XML among its identifiers
    {{ listing_date_in('remarks') }} as listed_on,
    vesselFlag as vessel_flag
from entries
