with

source_precedences as (

    select * from {{ source('seeds', 'source_precedences') }}

)

select
    reporter_iso3 as reporter,
    source_name,
    coalesce(cast(period_from as date), date '1900-01-01') as period_from,
    coalesce(cast(period_to as date), date '9999-12-31') as period_to,
    cast(precedence as integer) as precedence,
    reason,
    source
from source_precedences
