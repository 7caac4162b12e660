{{ config(materialized='table', event_time='') }}  -- no flows: it has no period
-- What this build was made of and with which parameters: the one row that every mart's provenance comes from.
-- Its tables may hold years of an earlier build, the last that was full.
with

builds as (

    select * from {{ ref('stg_build__builds') }}

),

newest as (

    select builds.*
    from builds
    inner join (select max(started_at) as started_at from builds) as last_started
        on last_started.started_at = builds.started_at

),

full_builds as (

    select max(builds.started_at) as full_build_at
    from builds
    inner join newest on coalesce(newest.as_of, cast('9999-12-31' as date)) = coalesce(builds.as_of, cast('9999-12-31' as date))
    where builds.is_full
        and (builds.completed_at is not null or builds.run_id = newest.run_id)

),

landings as (

    select
        -- the publisher's own day; that of loading says nothing of how old figures and lists are
        max(landings.valid_from) filter (where publishers.kind = 'trade' and landings.edition is not null) as data_as_of,
        max(landings.valid_from) filter (where publishers.kind = 'list' and landings.edition is not null) as lists_as_of,
        max(landings.fetched_at) filter (where publishers.kind = 'trade') as data_loaded_at,
        count(*) as files_loaded
    from {{ ref('stg_build__landings') }} as landings
    left join {{ ref('stg_seeds__publishers') }} as publishers on publishers.source_name = landings.source_name

)

select
    newest.run_id,
    newest.data_set,
    newest.as_of,
    newest.started_at,
    full_builds.full_build_at,
    -- the day as of which this build shows the data: AS_OF, or the day it began
    coalesce(cast(newest.as_of as date), cast(newest.started_at as date)) as known_on,
    newest.code_version,
    landings.data_as_of,
    landings.lists_as_of,
    landings.data_loaded_at,
    landings.files_loaded,
    '{{ parameters_hash() }}' as parameters_hash
from newest
cross join landings
cross join full_builds
