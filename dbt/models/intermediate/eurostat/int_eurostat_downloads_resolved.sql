-- The web downloads with their names read as countries and blocs. A bloc is no country and no member.
with

downloads as (

    select * from {{ ref('stg_eurostat__downloads') }}

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'eurostat'

),

members as (

    select distinct iso3 from {{ ref('stg_seeds__bloc_members') }} where bloc = 'EU27'

)

select
    downloads.period,
    downloads.role,
    reporters.party as reporter,
    reporters.kind as reporter_kind,
    reporters.is_country as reporter_is_country,
    members.iso3 is not null as is_member,
    partners.party as partner,
    partners.kind as partner_kind,
    partners.is_country as partner_is_country,
    downloads.product_code,
    downloads.product_level,
    downloads.value_eur
from downloads
inner join country_codes as reporters on reporters.code = downloads.reporter_label
inner join country_codes as partners on partners.code = downloads.partner_label
left join members on members.iso3 = reporters.iso3
