with

bloc_members as (

    select * from {{ source('seeds', 'bloc_members') }}

)

select
    bloc,
    iso3,
    publisher,
    coalesce(cast(member_from as date), date '1900-01-01') as member_from,
    coalesce(cast(member_to as date), date '9999-12-31') as member_to,
    source
from bloc_members
