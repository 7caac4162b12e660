with

entries as (

    select * from {{ ref('stg_ofac__entries') }}

),

aliases as (

    select list_name, source_id, {{ joined_text('alias') }} as aliases, count(*) as alias_count
    from {{ ref('stg_ofac__aliases') }}
    group by list_name, source_id

),

programs as (

    select list_name, source_id, {{ joined_text('program') }} as programs
    from {{ ref('stg_ofac__programs') }}
    group by list_name, source_id

),

country_names as (

    select lower(iso_name) as country_name, iso3 from {{ ref('stg_pycountry__countries') }}
    union
    select lower(name) as country_name, iso3 from {{ ref('stg_pycountry__countries') }}
    union
    select lower(code) as country_name, iso3
    from {{ ref('stg_seeds__country_codes') }}
    where publisher = 'ofac' and iso3 is not null

),

addresses as (

    select
        addresses.list_name,
        addresses.source_id,
        cast(addresses.address_id as bigint) as address_number,
        country_names.iso3
    from {{ ref('stg_ofac__addresses') }} as addresses
    inner join country_names on country_names.country_name = lower(addresses.country_name)

),

first_addresses as (

    select list_name, source_id, min(address_number) as address_number
    from addresses
    group by list_name, source_id

),

countries as (

    select list_name, source_id, {{ joined_text('iso3') }} as address_countries
    from (select distinct list_name, source_id, iso3 from addresses) as distinct_addresses
    group by list_name, source_id

),

main_countries as (

    select addresses.list_name, addresses.source_id, min(addresses.iso3) as country_iso3
    from addresses
    inner join first_addresses
        on first_addresses.list_name = addresses.list_name
        and first_addresses.source_id = addresses.source_id
        and first_addresses.address_number = addresses.address_number
    group by addresses.list_name, addresses.source_id

),

listing_dates as (

    select list_name, source_id, listed_on from {{ ref('stg_ofac__identifiers') }}
    union all
    select list_name, source_id, listed_on from {{ ref('stg_ofac__entries') }}
    union all
    select list_name, source_id, listed_on from {{ ref('stg_ofac__comments') }}

),

listings as (

    select list_name, source_id, min(listed_on) as listed_on
    from listing_dates
    where listed_on is not null
    group by list_name, source_id

)

select
    'OFAC_' || upper(entries.list_name) as list_id,
    entries.source_id,
    entries.name,
    entries.kind,
    main_countries.country_iso3,
    countries.address_countries,
    programs.programs,
    aliases.aliases,
    coalesce(aliases.alias_count, 0) as alias_count,
    listings.listed_on
from entries
left join programs
    on programs.list_name = entries.list_name
    and programs.source_id = entries.source_id
left join aliases
    on aliases.list_name = entries.list_name
    and aliases.source_id = entries.source_id
left join main_countries
    on main_countries.list_name = entries.list_name
    and main_countries.source_id = entries.source_id
left join countries
    on countries.list_name = entries.list_name
    and countries.source_id = entries.source_id
left join listings
    on listings.list_name = entries.list_name
    and listings.source_id = entries.source_id
