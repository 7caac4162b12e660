-- The number of an entry is one of its identifiers: both of OFAC's lists use it, and other lists quote it.
-- Dates of birth stand here too, as an identifier that links nothing.
with

identifiers as (

    {{ last_versions(source('ofac', 'ofac_identifiers'), 'list, uid, idUid') }}

),

origins as (

    {{ last_versions(source('ofac', 'ofac_origins'), 'list, uid, originUid, element') }}

),

entries as (

    {{ last_versions(source('ofac', 'ofac_entries'), 'list, uid') }}

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
union all
select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    'uid' as identifier_id,
    'OFAC number' as identifier_type,
    uid as identifier,
    null as country_label,
    gone_at
from entries
