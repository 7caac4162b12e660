-- Who is in a bloc of exporters: as we count it for every publisher ('*'), and as a publisher counts it itself.
with

counted as (

    select * from {{ ref('int_bloc_members_dated') }}

),

published as (

    select * from {{ ref('stg_seeds__bloc_members') }} where publisher <> '*'

)

select bloc, iso3, '*' as publisher, member_from, member_to from counted
union all
select bloc, iso3, publisher, member_from, member_to from published
