with

demand_indexes as (

    select * from {{ source('seeds', 'demand_indexes') }}

)

select
    iso3,
    cast(year as integer) as year,
    cast(growth_percent as double) as growth_percent,
    source,
    second_source,
    cast(checked_on as date) as checked_on
from demand_indexes
