-- FollowTheMoney holds more than the simplified CSV, so it is used where an entity is in both.
with

listings as (

    select *, min(_valid_from) over (partition by source_id) as first_seen_at
    from {{ ref('stg_opensanctions__listings') }}
    qualify row_number() over (
        partition by source_id order by gone_at desc nulls first, properties is null, _valid_from desc, export
    ) = 1

),

programs as (

    select source_id, min(listed_on) as listed_on
    from {{ ref('stg_opensanctions__programs') }}
    group by source_id

)

select
    listings.list_id,
    listings.source_id,
    listings.name,
    listings.kind,
    programs.listed_on,
    listings.remarks,
    listings.datasets,
    'Source: OpenSanctions.org, CC BY-NC 4.0, for non-commercial use only' as licence,
    listings.first_seen_at,
    listings.gone_at
from listings
left join programs on programs.source_id = listings.source_id
