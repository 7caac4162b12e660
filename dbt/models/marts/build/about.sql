with

builds as (

    select * from {{ ref('int_builds_described') }}

),

periods as (

    select max({{ last_month("freq = 'A'") }}) as data_until from {{ ref('int_reporting_calendar') }}

)

select
    data_set as dataset,
    data_set = 'sample' as is_simulated,
    case
        when data_set = 'sample'
            then 'SIMULATED trade: no figure here is a fact about any country. Designations and control lists are real.'
        else 'Screening signals from reported trade, not proof of anything.'
    end as notice,
    as_of,
    periods.data_until,
    data_as_of,
    data_loaded_at,
    lists_as_of,
    files_loaded,
    started_at as built_at,
    full_build_at,
    code_version,
    parameters_hash,
    run_id
from builds
cross join periods
