-- Each source, when it was last fetched from and last answered, and whether its newest data are older than they may be.
with

publishers as (

    select * from {{ ref('stg_seeds__publishers') }}

),

landings as (

    select
        source_name,
        max(edition) as newest_edition,
        max(case when edition is not null then valid_from end) as edition_at,
        max(fetched_at) as last_landed_at,
        count(*) as files_loaded
    from {{ ref('stg_build__landings') }}
    group by source_name

),

sessions as (

    select
        source_name,
        max(ended_at) as last_fetched_at,
        max(ended_at) filter (where outcome = 'answered') as last_answered_at
    from {{ ref('stg_build__fetch_sessions') }}
    group by source_name

),

last_failures as (

    select sessions.source_name, max(all_sessions.sentence) as sentence
    from sessions
    inner join {{ ref('stg_build__fetch_sessions') }} as all_sessions
        on all_sessions.source_name = sessions.source_name
        and all_sessions.ended_at = sessions.last_fetched_at
        and all_sessions.outcome = 'failed'
    group by sessions.source_name

),

about as (

    select * from {{ ref('about') }}

),

dated as (

    select
        publishers.*,
        sessions.last_fetched_at,
        sessions.last_answered_at,
        landings.last_landed_at,
        landings.newest_edition,
        landings.edition_at,
        coalesce(landings.files_loaded, 0) as files_loaded,
        last_failures.sentence as last_failure,
        -- a service that answers confirms what it has; a file is as old as its edition, and without one as its loading
        coalesce(
            greatest(sessions.last_answered_at, landings.edition_at),
            sessions.last_answered_at, landings.edition_at, landings.last_landed_at
        ) as last_confirmed_at
    from publishers
    left join landings on landings.source_name = publishers.source_name
    left join sessions on sessions.source_name = publishers.source_name
    left join last_failures on last_failures.source_name = publishers.source_name

)

select
    dated.source_name,
    dated.title,
    dated.publisher,
    dated.kind,
    dated.licence,
    dated.homepage,
    dated.last_fetched_at,
    dated.last_fetched_at as last_asked_at,
    dated.last_answered_at,
    dated.last_landed_at,
    dated.newest_edition,
    dated.edition_at as data_as_of,
    dated.files_loaded,
    dated.stale_after_days,
    {{ dbt.datediff('cast(dated.last_confirmed_at as date)', 'cast(about.built_at as date)', 'day') }} > dated.stale_after_days as is_stale,
    dated.last_failure
from dated
cross join about
