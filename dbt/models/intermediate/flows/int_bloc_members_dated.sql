{{ config(materialized='table', event_time='') }}  -- no flows: it has no period
-- Who is in which bloc of exporters, from when to when: our own count, one for all publishers.
with

members as (

    select bloc, iso3, member_from, member_to
    from {{ ref('stg_seeds__bloc_members') }}
    where publisher = '*'

),

coalition as (

    select
        'COALITION' as bloc,
        iso3,
        coalesce(role_from, cast('1900-01-01' as date)) as member_from,
        coalesce(role_to, cast('9999-12-31' as date)) as member_to
    from {{ ref('stg_seeds__countries') }}
    where role = 'coalition'

)

select bloc, iso3, member_from, member_to from members
union all
select bloc, iso3, member_from, member_to from coalition
