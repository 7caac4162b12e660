-- Each small table of decisions, when its rows were last held against their sources, and whether that is due again.
with

seed_checks as (

    select * from {{ ref('stg_seeds__seed_checks') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    seed_checks.seed_name,
    seed_checks.checked_on,
    seed_checks.renewed_after_days,
    seed_checks.checked,
    seed_checks.source as publishers_habit,
    {{ dbt.datediff('seed_checks.checked_on', 'cast(builds.started_at as date)', 'day') }} > seed_checks.renewed_after_days
        as is_overdue
from seed_checks
cross join builds
