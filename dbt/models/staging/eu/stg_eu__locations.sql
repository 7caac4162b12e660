-- The EU has 00 and UNKNOWN for a country it does not give.
with

addresses as (

    {{ last_versions(source('eu', 'eu_addresses'), 'entityLogicalId, logicalId') }}

),

citizenships as (

    {{ last_versions(source('eu', 'eu_citizenships'), 'entityLogicalId, logicalId') }}

),

birthdates as (

    {{ last_versions(source('eu', 'eu_birthdates'), 'entityLogicalId, logicalId') }}

),

places as (

    select entityLogicalId, 'address' as link_kind, logicalId, countryDescription, countryIso2Code, city, gone_at
    from addresses
    union all
    select entityLogicalId, 'nationality', logicalId, countryDescription, countryIso2Code, null, gone_at
    from citizenships
    union all
    select entityLogicalId, 'birth', logicalId, countryDescription, countryIso2Code, city, gone_at
    from birthdates

)

select
    'EU' as list_id,
    entityLogicalId as source_id,
    link_kind,
    logicalId as location_id,
    nullif(countryDescription, 'UNKNOWN') as country_label,
    nullif(countryIso2Code, '00') as country_code,
    city,
    gone_at
from places
where countryIso2Code <> '00' or city is not null
