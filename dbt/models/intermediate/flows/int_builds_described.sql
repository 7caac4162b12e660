-- What this build was made of and with which parameters: the one row that every mart's provenance comes from.
with

builds as (

    select * from {{ ref('stg_build__builds') }}

),

newest as (

    select max(started_at) as started_at from builds

),

landings as (

    select
        max(landings.valid_from) filter (where publishers.kind = 'trade') as data_as_of,
        max(landings.valid_from) filter (where publishers.kind = 'list') as lists_as_of,
        count(*) as files_loaded
    from {{ ref('stg_build__landings') }} as landings
    left join {{ ref('stg_seeds__publishers') }} as publishers on publishers.source_name = landings.source_name

)

select
    builds.run_id,
    builds.data_set,
    builds.as_of,
    builds.started_at,
    -- the day this build speaks of: AS_OF, or the day it began
    coalesce(cast(builds.as_of as date), cast(builds.started_at as date)) as known_on,
    builds.code_version,
    landings.data_as_of,
    landings.lists_as_of,
    landings.files_loaded,
    '{{ parameters_hash() }}' as parameters_hash
from builds
inner join newest on newest.started_at = builds.started_at
cross join landings
