with

addresses as (

    {{ last_versions(
        source('uk', 'uk_addresses'),
        'UniqueID, AddressLine1, AddressLine2, AddressLine3, AddressLine4, AddressLine5, AddressLine6, '
        'AddressPostalCode, AddressCountry'
    ) }}

),

details as (

    {{ last_versions(source('uk', 'uk_details'), 'UniqueID, element, value, addition') }}

),

published as (

    select
        UniqueID as source_id,
        'address' as link_kind,
        AddressCountry as country_label,
        AddressLine6 as city, -- the last line before the postal code: a city, or a province
        nullif(concat_ws(
            ', ', AddressLine1, AddressLine2, AddressLine3, AddressLine4, AddressLine5, AddressLine6, AddressPostalCode
        ), '') as address,
        gone_at
    from addresses
    union all
    select
        UniqueID as source_id,
        case element
            when 'Nationality' then 'nationality'
            when 'CurrentBelievedFlagOfShip' then 'flag'
            else 'birth'
        end as link_kind,
        case element when 'TownOfBirth' then addition else value end as country_label,
        case element when 'TownOfBirth' then value end as city,
        null as address,
        gone_at
    from details
    where element in ('Nationality', 'CurrentBelievedFlagOfShip', 'TownOfBirth')

)

select
    'UK' as list_id,
    source_id,
    link_kind,
    country_label,
    cast(null as varchar) as country_code,
    city,
    address,
    {{ gone_with_all() }} as gone_at
from published
group by source_id, link_kind, country_label, city, address
