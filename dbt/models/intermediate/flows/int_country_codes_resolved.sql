{{ config(materialized='table', event_time='') }}  -- no flows: it has no period
-- What a publisher's code means. An explicit row wins: Comtrade's 492 is a group, and M49's Monaco.
-- `party` is the ISO code of a country, and for what is none the code behind an underscore.
with

countries as (

    select * from {{ ref('stg_seeds__countries') }}

),

country_codes as (

    select * from {{ ref('stg_seeds__country_codes') }}

),

explicit as (

    select publisher, code, kind, iso3 from country_codes

),

by_m49 as (

    select
        'comtrade' as publisher,
        cast(cast(countries.m49 as integer) as {{ dbt.type_string() }}) as code,
        'country' as kind,
        countries.iso3
    from countries
    left join explicit
        on explicit.publisher = 'comtrade'
        and explicit.code = cast(cast(countries.m49 as integer) as {{ dbt.type_string() }})
    where explicit.code is null

),

-- Eurostat writes ISO's two letters in the bulk files, and names in the downloads
iso_words as (

    select iso2 as code, iso3 from {{ ref('stg_pycountry__countries') }}
    union
    select iso_name as code, iso3 from {{ ref('stg_pycountry__countries') }}
    union
    select name as code, iso3 from {{ ref('stg_pycountry__countries') }}

),

by_iso_word as (

    select
        'eurostat' as publisher,
        iso_words.code,
        'country' as kind,
        iso_words.iso3
    from iso_words
    left join explicit on explicit.publisher = 'eurostat' and explicit.code = iso_words.code
    where explicit.code is null

),

-- users' own tables are read in ISO's letters, and in Comtrade's numbers for what is no country
by_iso3 as (

    select 'own_flows' as publisher, iso3 as code, 'country' as kind, iso3 from countries
    union all
    select 'own_flows' as publisher, code, kind, iso3 from explicit
    where publisher = 'comtrade' and kind <> 'country'

),

resolved as (

    select * from explicit
    union all
    select * from by_iso3
    union all
    select * from by_m49
    union all
    select * from by_iso_word

)

select
    publisher,
    code,
    kind,
    iso3,
    case when kind = 'country' then iso3 else '_' || code end as party,
    kind = 'country' as is_country
from resolved
