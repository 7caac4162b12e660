-- Who is in a bloc: as we count it for every publisher ('*'), and as a publisher counts it itself.
with

counted as (

    select * from {{ ref('int_bloc_members_dated') }}

),

countries as (

    select * from {{ ref('stg_seeds__countries') }} where eaeu_from is not null

),

published as (

    select * from {{ ref('stg_seeds__bloc_members') }} where publisher <> '*'

)

select bloc, iso3, '*' as publisher, member_from, member_to from counted
union all
select
    'EAEU' as bloc, iso3, '*' as publisher,
    eaeu_from as member_from, coalesce(eaeu_to, cast('9999-12-31' as date)) as member_to
from countries
union all
select bloc, iso3, publisher, member_from, member_to from published
