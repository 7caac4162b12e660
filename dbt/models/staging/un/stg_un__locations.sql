-- "na" is once used for no nationality; it is not Namibia, whose code it is.
with

places as (

    select REFERENCE_NUMBER, 'address' as link_kind, COUNTRY, CITY, {{ gone_at() }} as gone_at
    from {{ source('un', 'un_addresses') }}
    where {{ was_known() }}
    union all
    select REFERENCE_NUMBER, 'nationality', nullif("VALUE", 'na'), null, {{ gone_at() }}
    from {{ source('un', 'un_nationalities') }}
    where {{ was_known() }}
    union all
    select REFERENCE_NUMBER, 'birth', COUNTRY, CITY, {{ gone_at() }}
    from {{ source('un', 'un_birthplaces') }}
    where {{ was_known() }}

)

select
    'UN' as list_id,
    REFERENCE_NUMBER as source_id,
    link_kind,
    COUNTRY as country_label,
    cast(null as varchar) as country_code,
    CITY as city,
    {{ gone_with_all() }} as gone_at
from places
where COUNTRY is not null or CITY is not null
group by REFERENCE_NUMBER, link_kind, COUNTRY, CITY
