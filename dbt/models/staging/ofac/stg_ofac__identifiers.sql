-- Dates of birth are here too, as an identifier that links nothing.
with

identifiers as (

    {{ last_versions(source('ofac', 'ofac_identifiers'), 'list, uid, idUid') }}

),

origins as (

    {{ last_versions(source('ofac', 'ofac_origins'), 'list, uid, originUid, element') }}

)

select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    idUid as identifier_id,
    idType as identifier_type,
    idNumber as identifier,
    idCountry as country_label,
    gone_at
from identifiers
union all
select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    originUid as identifier_id,
    'Date of birth' as identifier_type,
    value as identifier,
    null as country_label,
    gone_at
from origins
where element = 'dateOfBirth'
