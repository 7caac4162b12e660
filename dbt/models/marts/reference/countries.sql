with

countries as (

    select * from {{ ref('stg_seeds__countries') }}

),

names as (

    select * from {{ ref('stg_pycountry__countries') }}

),

own_names as (

    select iso3, min(label) as label
    from {{ ref('stg_seeds__country_codes') }}
    where kind = 'country'
    group by iso3

)

select
    countries.iso3,
    countries.m49,
    coalesce(names.name, own_names.label) as name,
    countries.role,
    countries.role_from,
    countries.role_to,
    countries.eaeu_from is not null and countries.eaeu_to is null as is_eaeu,
    countries.eaeu_from,
    countries.eaeu_to,
    countries.is_landlocked,
    countries.imports_valued_fob,
    countries.capital_latitude,
    countries.capital_longitude,
    countries.source
from countries
left join names on names.iso3 = countries.iso3
left join own_names on own_names.iso3 = countries.iso3
