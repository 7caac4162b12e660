with

identifications as (

    {{ last_versions(source('eu', 'eu_identifications'), 'entityLogicalId, logicalId') }}

)

select
    'EU' as list_id,
    entityLogicalId as source_id,
    logicalId as identifier_id,
    identificationTypeDescription as identifier_type,
    number as identifier,
    nullif(countryDescription, 'UNKNOWN') as country_label,
    nullif(countryIso2Code, '00') as country_code,
    gone_at
from identifications
where number is not null
