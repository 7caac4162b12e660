-- Of a place of birth ("Moscow, Russia") the last part is the country, if it is one. Citizenship counts as
-- nationality. The nationality of a company's registration is among the identifiers.
with

addresses as (

    {{ last_versions(source('ofac', 'ofac_addresses'), 'list, uid, addressUid') }}

),

origins as (

    {{ last_versions(source('ofac', 'ofac_origins'), 'list, uid, originUid, element') }}

),

identifiers as (

    {{ last_versions(source('ofac', 'ofac_identifiers'), 'list, uid, idUid') }}

),

entries as (

    {{ last_versions(source('ofac', 'ofac_entries'), 'list, uid') }}

),

locations as (

    select
        list, uid, addressUid as location_id, 'address' as link_kind, country as country_label,
        coalesce(city, cityStateZip) as city, gone_at
    from addresses
    union all
    select
        list, uid, originUid as location_id, 'nationality' as link_kind, value as country_label,
        null as city, gone_at
    from origins
    where element in ('nationality', 'citizenship')
    union all
    select
        list, uid, originUid as location_id, 'birth' as link_kind, trim(list_last(string_split(value, ','))),
        case when contains(value, ',') then trim(string_split(value, ',')[1]) end as city, gone_at
    from origins
    where element = 'placeOfBirth'
    union all
    select
        list, uid, idUid as location_id, 'registration' as link_kind, idNumber as country_label,
        null as city, gone_at
    from identifiers
    where idType in ('Nationality of Registration', 'Registration Country')
    union all
    select
        list, uid, 'flag' as location_id, 'flag' as link_kind, vesselFlag as country_label,
        null as city, gone_at
    from entries
    where vesselFlag is not null

)

select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    location_id,
    link_kind,
    country_label,
    cast(null as varchar) as country_code,
    city,
    gone_at
from locations
