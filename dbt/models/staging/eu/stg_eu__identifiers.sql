-- The UN's number of an entry that the EU lists after it, and dates of birth, are identifiers too: the one shows
-- who it is, the other who it is not.
with

identifications as (

    {{ last_versions(source('eu', 'eu_identifications'), 'entityLogicalId, logicalId') }}

),

birthdates as (

    {{ last_versions(source('eu', 'eu_birthdates'), 'entityLogicalId, logicalId') }}

),

listings as (

    {{ last_versions(source('eu', 'eu_listings'), 'entityLogicalId, programme') }}

)

select
    'EU' as list_id,
    entityLogicalId as source_id,
    logicalId as identifier_id,
    identificationTypeDescription as identifier_type,
    number as identifier,
    nullif(countryIso2Code, '00') as country_label,
    gone_at
from identifications
where number is not null
union all
select
    'EU' as list_id,
    entityLogicalId as source_id,
    logicalId as identifier_id,
    'Date of birth' as identifier_type,
    coalesce(birthdate, year) as identifier,
    null as country_label,
    gone_at
from birthdates
where coalesce(birthdate, year) is not null
union all
select
    'EU' as list_id,
    entityLogicalId as source_id,
    programme as identifier_id,
    'UN reference' as identifier_type,
    unitedNationId as identifier,
    null as country_label,
    gone_at
from listings
where unitedNationId is not null
