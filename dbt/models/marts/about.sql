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
    builds.data_set as dataset,
    builds.data_set = 'sample' as is_simulated,
    case
        when builds.data_set = 'sample'
            then 'SIMULATED trade: no figure here is a fact about any country. Designations and control lists are real.'
        else 'Screening signals from reported trade, not proof of anything.'
    end as notice,
    builds.as_of,
    landings.data_as_of,
    landings.lists_as_of,
    landings.files_loaded,
    builds.started_at as built_at,
    builds.code_version,
    builds.run_id
from builds
inner join newest on newest.started_at = builds.started_at
cross join landings
